import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** One solve by SciPy's RK45. */
export interface ScipySolve {
  /** CPU time in us, the least of some. */
  readonly us: number;
  readonly u: readonly number[];
}

/** What to solve, over [0, end], at each of the tolerances. */
export interface ScipyQuestion {
  /** The body of `def f(t, u):`. */
  readonly python: string;
  readonly u0: readonly number[];
  readonly end: number;
  readonly tolerances: readonly number[];
}

const program = fileURLToPath(new URL("../peers/scipy_rk45.py", import.meta.url));

/** SciPy's answers, one list per question; or why there are none. */
export type ScipyAnswer = { readonly version: string; readonly python: string; readonly answers: readonly (readonly ScipySolve[])[] } | { readonly missing: string };

/** Solves by `solve_ivp` with method RK45, a right-hand side in Python and one thread, in the Python named by FLUXION_PYTHON, or `python3`. */
export function askScipy(questions: readonly ScipyQuestion[]): ScipyAnswer {
  const { error, status, stdout, stderr } = spawnSync(process.env["FLUXION_PYTHON"] ?? "python3", [program], { input: JSON.stringify(questions), encoding: "utf8", env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" } });
  if (error) return { missing: "there is no Python" };
  if (status !== 0) return { missing: stderr.includes("No module named") ? "Python has no scipy" : stderr.trim().split("\n").at(-1)! };
  return JSON.parse(stdout) as ScipyAnswer;
}
