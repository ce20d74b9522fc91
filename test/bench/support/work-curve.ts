import { solve, type Algorithm, type OdeProblem } from "@fluxion/ode-core";
import { measure } from "../harness.ts";

/** Errors at the end and times of one solve, at falling tolerances. */
export interface WorkCurve {
  readonly solver: string;
  readonly error: readonly number[];
  readonly us: readonly number[];
}

/** The same with evaluations of the right-hand side. */
export interface CountedCurve extends WorkCurve {
  readonly nfev: readonly number[];
}

/** CPU time in ms for one point of a curve. */
export const budget = { budget: 300 };

/** The curve of `algorithm` through `solve`; `scale` is `abstol / reltol`. */
export function solveCurve(problem: OdeProblem, algorithm: Algorithm, tolerances: readonly number[], errorOf: (u: Float64Array) => number, scale = 1): CountedCurve {
  const options = tolerances.map((tol) => ({ reltol: tol, abstol: scale * tol, saveAt: [problem.tspan[1]], dense: false, maxIters: 1e6 }));
  // Errors come last, as the method of the exact solution would be compiled together with the measured one.
  const us = options.map((one) => 1000 * measure(() => void solve(problem, algorithm, one), budget));
  const solutions = options.map((one) => solve(problem, algorithm, one));
  return { solver: algorithm.name, error: solutions.map(({ u }) => errorOf(u[0])), us, nfev: solutions.map(({ stats }) => stats.nf) };
}

/** The work that a curve has for an error of `target`, by interpolation between the points around it; NaN outside of them. */
export function atError(error: readonly number[], work: readonly number[], target: number): number {
  for (let i = 1; i < error.length; i++) if (error[i] <= target && error[i - 1] >= target) return onLine(error, work, i, target);
  return NaN;
}

/** The same, by the first or last two points outside of them. NaN for fewer than two. */
export function extrapolated(error: readonly number[], work: readonly number[], target: number): number {
  if (error.length < 2) return NaN;
  const after = error.findIndex((e, i) => i > 0 && e <= target);
  return onLine(error, work, after < 0 ? error.length - 1 : after, target);
}

/** On the line through points `i - 1` and `i` in logarithms. */
function onLine(error: readonly number[], work: readonly number[], i: number, target: number): number {
  return work[i] * (work[i - 1] / work[i]) ** (Math.log(target / error[i]) / Math.log(error[i - 1] / error[i]));
}
