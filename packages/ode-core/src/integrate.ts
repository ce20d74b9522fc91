import type { Algorithm } from "./algorithm.ts";
import { init } from "./init.ts";
import type { OdeProblem } from "./problem.ts";
import type { OdeSolution, SolveOptions } from "./solution.ts";

/** Integrates `problem`: `solve` without its `sensealg`, which builds on this. Throws what `solve` throws. */
export function integrate(problem: OdeProblem, algorithm: Algorithm, options?: SolveOptions): OdeSolution {
  const integrator = init(problem, algorithm, options);
  try {
    integrator.run();
  } catch (error) {
    integrator.stop();
    throw error;
  }
  return integrator.solution();
}
