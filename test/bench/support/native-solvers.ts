import { spawn, spawnSync, type ChildProcessWithoutNullStreams, type SpawnSyncReturns } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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

/** What {@link buildNative} made. */
export interface NativeProgram {
  readonly path: string;
  /** The version of SUNDIALS in it, or why there is none. */
  readonly sundials: NativeSolvers["sundials"];
}

/** Builds `../native/*.c` with `cc` into a folder of its own, with SUNDIALS where it is installed; `undefined` where there is no C compiler. */
export function buildNative(flags: readonly string[] = ["-O2"]): NativeProgram | undefined {
  const sources = fileURLToPath(new URL("../native", import.meta.url));
  const path = join(mkdtempSync(join(tmpdir(), "fluxion-native-")), "server");
  const cc = (...args: string[]): SpawnSyncReturns<string> => spawnSync("cc", [...flags, "-o", path, ...args], { stdio: "pipe", encoding: "utf8" });
  const files = readdirSync(sources).filter((name) => name.endsWith(".c")).map((name) => join(sources, name));
  const withSundials = cc("-DWITH_SUNDIALS", ...files, join(sources, "sundials/cvode.c"), "-lsundials_cvode", "-lsundials_nvecserial", "-lm");
  const built = withSundials.status === 0 ? withSundials : cc(...files, "-lm");
  if (built.status === 0) {
    const version = spawnSync(path, ["version"], { encoding: "utf8" }).stdout.trim();
    return { path, sundials: version === "" ? { missing: whyNot(withSundials.stderr) } : { version } };
  }
  rmSync(dirname(path), { recursive: true });
  if (built.error) return undefined;
  throw new Error(`Cannot build the compiled references: ${built.stderr}`);
}

/** Removes what {@link buildNative} made. */
export const removeNative = ({ path }: NativeProgram): void => rmSync(dirname(path), { recursive: true });

/** Starts a program of {@link buildNative}. */
export function startNative({ path, sundials }: NativeProgram): NativeSolvers {
  const child = spawn(path);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    sundials,
    solve: (solver, problem, tol, repeats) => ask(child, answers, `${solver} ${problem} ${tol} ${repeats}\n`),
    close: () => void child.stdin.end(),
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
