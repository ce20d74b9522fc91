import { spawnSync } from "node:child_process";

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

const program = `
import json, sys, time
import numpy as np
import scipy
from scipy.integrate import solve_ivp

def answer(question):
    scope = {"np": np}
    exec("def f(t, u):\\n" + "\\n".join("    " + line for line in question["python"].split("\\n")), scope)
    solves = []
    for tol in question["tolerances"]:
        least, spent = float("inf"), 0.0
        while spent < 0.5 or least == float("inf"):
            begun = time.process_time()
            solution = solve_ivp(scope["f"], (0, question["end"]), question["u0"], method="RK45", rtol=tol, atol=tol)
            took = time.process_time() - begun
            least, spent = min(least, took), spent + took
        solves.append({"us": least * 1e6, "u": solution.y[:, -1].tolist()})
    return solves

print(json.dumps({"version": scipy.__version__, "python": sys.version.split()[0], "answers": [answer(q) for q in json.load(sys.stdin)]}))
`;

/** SciPy's answers, one list per question; or why there are none. */
export type ScipyAnswer = { readonly version: string; readonly python: string; readonly answers: readonly (readonly ScipySolve[])[] } | { readonly missing: string };

/** Solves by `solve_ivp` with method RK45, a right-hand side in Python and one thread. */
export function askScipy(questions: readonly ScipyQuestion[]): ScipyAnswer {
  const { error, status, stdout, stderr } = spawnSync("python3", ["-c", program], { input: JSON.stringify(questions), encoding: "utf8", env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" } });
  if (error) return { missing: "there is no python3" };
  if (status !== 0) return { missing: stderr.includes("No module named") ? "python3 has no scipy" : stderr.trim().split("\n").at(-1)! };
  return JSON.parse(stdout) as ScipyAnswer;
}
