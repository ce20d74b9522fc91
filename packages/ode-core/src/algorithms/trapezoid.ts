import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { dirk, newtonSpecs, type DirkTableau, type NewtonOptions } from "../dirk.ts";

const tableau: DirkTableau = { gamma: 1 / 2, a: [[], [1 / 2]], b: [1 / 2, 1 / 2], explicitFirst: true };

/**
 * The trapezoidal rule: order 2, A-stable but not L-stable, fixed steps of `dt`. One factorisation per step, the Jacobian
 * kept while Newton's iteration converges fast. Dense output of order 2.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Crank, Nicolson, Proc. Cambridge Philos. Soc. 43 (1947) 50-67.
 */
export function trapezoid(options: NewtonOptions = {}): Algorithm {
  const { newtonTolerance } = readOptions("trapezoid", options, newtonSpecs);
  return dirk("trapezoid", 2, 0, tableau, newtonTolerance);
}
