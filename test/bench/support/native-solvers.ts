import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
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

/** A compiled reference solver. */
export type NativeSolver = "dopri5" | "dop853" | "rodas";

/** The compiled reference solvers, running in a process of their own. */
export interface NativeSolvers {
  solve(solver: NativeSolver, problem: string, tol: number, repeats: number): Promise<NativeResult>;
  close(): void;
}

/** Builds `../native/*.c` with `cc` into a folder of its own; returns the program, `undefined` where there is no C compiler. */
export function buildNative(flags: readonly string[] = ["-O2"]): string | undefined {
  const sources = fileURLToPath(new URL("../native", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "fluxion-native-"));
  const program = join(folder, "server");
  const files = readdirSync(sources).filter((name) => name.endsWith(".c")).map((name) => join(sources, name));
  const built = spawnSync("cc", [...flags, "-o", program, ...files, "-lm"], { stdio: "pipe", encoding: "utf8" });
  if (!built.error && built.status === 0) return program;
  removeNative(program);
  if (built.error) return undefined;
  throw new Error(`Cannot build the compiled references: ${built.stderr}`);
}

/** Removes what {@link buildNative} made. */
export const removeNative = (program: string): void => rmSync(dirname(program), { recursive: true });

/** Starts a program of {@link buildNative}. */
export function startNative(program: string): NativeSolvers {
  const child = spawn(program);
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    solve: (solver, problem, tol, repeats) => ask(child, answers, `${solver} ${problem} ${tol} ${repeats}\n`),
    close: () => void child.stdin.end(),
  };
}

async function ask(child: ChildProcessWithoutNullStreams, answers: AsyncIterator<string>, question: string): Promise<NativeResult> {
  child.stdin.write(question);
  const { value, done } = await answers.next();
  if (done) throw new Error(`The compiled references ended at: ${question}`);
  const [cpuUs, nfev, , , ...u] = value.split(" ").map(Number);
  return { cpuUs, nfev, u };
}
