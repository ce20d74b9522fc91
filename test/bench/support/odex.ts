import { createRequire } from "node:module";

/** The parts of a solver of npm's odex that the benchmark uses; its own types are sources that do not pass ours. */
interface OdexSolver {
  relativeTolerance: number;
  absoluteTolerance: number;
  maxSteps: number;
  solve(f: (t: number, u: number[]) => number[], t0: number, u0: readonly number[], t1: number): { readonly y: readonly number[]; readonly outcome: number };
}

const { Solver } = createRequire(import.meta.url)("odex") as { readonly Solver: new (n: number) => OdexSolver };

/** The state at `end` by odex. */
export function solveOdex(f: (t: number, u: number[]) => number[], u0: readonly number[], end: number, tol: number): readonly number[] {
  const solver = new Solver(u0.length);
  solver.relativeTolerance = tol;
  solver.absoluteTolerance = tol;
  solver.maxSteps = 1e6;
  return solver.solve(f, 0, u0, end).y;
}
