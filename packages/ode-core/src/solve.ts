import type { Algorithm } from "./algorithm.ts";
import { integrate } from "./integrate.ts";
import { linearize, type LinearizeOptions } from "./linearize.ts";
import type { OdeProblem } from "./problem.ts";
import type { Linearization } from "./sensitivity.ts";
import type { OdeSolution, SolveOptions } from "./solution.ts";

/** `solve` with `sensealg` is {@link linearize}. */
export function solve(problem: OdeProblem, algorithm: Algorithm, options: LinearizeOptions): Linearization;
/**
 * Integrates `problem` from `t0` to `t1`, forwards or backwards. A solve that fails numerically throws nothing:
 * it returns what it has, with a `retcode` other than `"success"` and a `message` that says where it stopped.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option, among them a missing `dt` with a method of fixed steps, `SHAPE_MISMATCH` for absolute
 * tolerances of another length than the state, `MISSING_CAPABILITY` when the vector field lacks what `algorithm` needs, `INVALID_ARGUMENT` for
 * what is no algorithm, or one that the state does not suit; and what the right-hand side throws.
 */
export function solve(problem: OdeProblem, algorithm: Algorithm, options?: SolveOptions & { readonly sensealg?: undefined }): OdeSolution;
export function solve(problem: OdeProblem, algorithm: Algorithm, options: SolveOptions | LinearizeOptions = {}): OdeSolution | Linearization {
  if (options === null || !("sensealg" in options)) return integrate(problem, algorithm, options);
  const { sensealg, ...rest } = options as Partial<LinearizeOptions>;
  return sensealg ? linearize(problem, algorithm, { ...rest, sensealg }) : integrate(problem, algorithm, rest);
}
