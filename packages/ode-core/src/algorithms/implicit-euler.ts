import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { dirk, newtonSpecs, type DirkTableau, type NewtonOptions } from "../dirk.ts";

const tableau: DirkTableau = { gamma: 1, a: [[], [0]], b: [0, 1], bError: [-1 / 2, 1 / 2], explicitFirst: true };

/**
 * Implicit Euler with step-size control: order 1, L-stable, for very stiff problems where little accuracy will do. One
 * factorisation per step, the Jacobian kept while Newton's iteration converges fast. Dense output of order 1.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Hairer, Wanner, Solving Ordinary Differential Equations II (1996), section IV.3.
 */
export function implicitEuler(options: NewtonOptions = {}): Algorithm {
  const { newtonTolerance } = readOptions("implicitEuler", options, newtonSpecs);
  return dirk("implicitEuler", 1, 2, tableau, newtonTolerance);
}
