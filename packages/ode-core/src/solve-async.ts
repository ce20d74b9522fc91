import type { Algorithm } from "./algorithm.ts";
import { init } from "./init.ts";
import type { OdeProblem } from "./problem.ts";
import type { OdeSolution, SolveOptions } from "./solution.ts";

// Every host has these; the package knows none of them by its types.
declare const performance: { now(): number };
declare const setTimeout: (run: () => void, milliseconds: number) => unknown;

/** Other work waits so long at most, in milliseconds: but for a step that takes longer. */
const slice = 20;
/** Steps between two looks at the clock. */
const together = 32;

/**
 * `solve`, with turns for timers, clicks and drawing: a page stays alive, and an `AbortSignal` of a button or of `AbortSignal.timeout` ends the solve. The
 * solution has the same bits.
 *
 * Cost: that of `solve`, and the turns of others, for which browsers wait 4 ms in each 20.
 *
 * @throws OdeError as `solve` does: the promise is rejected.
 */
export async function solveAsync(problem: OdeProblem, algorithm: Algorithm, options?: SolveOptions & { readonly sensealg?: never }): Promise<OdeSolution> {
  const integrator = init(problem, algorithm, options);
  try {
    while (!integrator.done) {
      const end = performance.now() + slice;
      while (!integrator.done && performance.now() < end) for (let i = 0; i < together && integrator.step(); i++);
      if (!integrator.done) await new Promise<void>((resolve) => setTimeout(resolve, 0));
    }
  } catch (error) {
    integrator.stop();
    throw error;
  }
  return integrator.solution();
}
