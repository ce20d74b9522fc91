import { spawn, spawnSync, type ChildProcessWithoutNullStreams, type SpawnSyncReturns } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** One answer of the compiled solvers. */
export interface NativeResult {
  /** CPU time per solve in microseconds. */
  readonly cpuUs: number;
  readonly nfev: number;
  readonly u: readonly number[];
}

/** A compiled reference solver. Those of CVODE are there where SUNDIALS is installed. */
export type NativeSolver = "dopri5" | "dop853" | "rodas" | "cvode_adams" | "cvode_bdf";

/** The compiled reference solvers, running in a process of their own. */
export interface NativeSolvers {
  /** The version of SUNDIALS, or why its solvers are not there. */
  readonly sundials: { readonly version: string } | { readonly missing: string };
  solve(solver: NativeSolver, problem: string, tol: number, repeats: number): Promise<NativeResult>;
  close(): void;
}

/** Builds `../native/*.c` with `cc`, with SUNDIALS where it is installed, and starts them; `undefined` where there is no C compiler. */
export function startNative(flags: readonly string[] = ["-O2"]): NativeSolvers | undefined {
  const sources = fileURLToPath(new URL("../native", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "fluxion-native-"));
  const binary = join(folder, "server");
  const cc = (...args: string[]): SpawnSyncReturns<string> => spawnSync("cc", [...flags, "-o", binary, ...args], { stdio: "pipe", encoding: "utf8" });
  const files = readdirSync(sources).filter((name) => name.endsWith(".c")).map((name) => join(sources, name));
  const withSundials = cc("-DWITH_SUNDIALS", ...files, join(sources, "sundials/cvode.c"), "-lsundials_cvode", "-lsundials_nvecserial", "-lm");
  if (withSundials.error) {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  if (withSundials.status !== 0) {
    const built = cc(...files, "-lm");
    if (built.status !== 0) throw new Error(`Cannot build the compiled references: ${built.stderr}`);
  }
  const version = spawnSync(binary, ["version"], { encoding: "utf8" }).stdout.trim();
  const child = spawn(binary);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    sundials: version === "" ? { missing: whyNot(withSundials.stderr) } : { version },
    solve: (solver, problem, tol, repeats) => ask(child, answers, `${solver} ${problem} ${tol} ${repeats}\n`),
    close: () => {
      child.stdin.end();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The first complaint of the compiler. */
function whyNot(stderr: string): string {
  const complaint = stderr.split("\n").find((line) => /error|cannot find|undefined/.test(line)) ?? "";
  return complaint.includes("cvode/cvode.h") ? "SUNDIALS is not installed" : `SUNDIALS cannot be built with: ${complaint.trim()}`;
}

async function ask(child: ChildProcessWithoutNullStreams, answers: AsyncIterator<string>, question: string): Promise<NativeResult> {
  child.stdin.write(question);
  const { value, done } = await answers.next();
  if (done) throw new Error(`The compiled references ended at: ${question}`);
  const [cpuUs, nfev, , , ...u] = value.split(" ").map(Number);
  return { cpuUs, nfev, u };
}
