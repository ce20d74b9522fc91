import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { dirk, newtonSpecs, type DirkTableau, type NewtonOptions } from "../dirk.ts";

const gamma = 1 - Math.SQRT2 / 2;
const w = Math.SQRT2 / 4;
/** Coefficients of {@link trbdf2}. */
export const trbdf2Tableau: DirkTableau = {
  gamma,
  a: [[], [gamma], [w, w]],
  b: [w, w, gamma],
  bError: [(Math.SQRT2 - 1) / 3, -1 / 3, (2 - Math.SQRT2) / 3],
  explicitFirst: true,
};

/**
 * TR-BDF2 as a Runge-Kutta pair: order 2 with an error estimate of order 3, L-stable, for stiff problems at loose tolerances.
 * One factorisation per step, the Jacobian kept while Newton's iteration converges fast. Dense output of order 2.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Hosea, Shampine, Appl. Numer. Math. 20 (1996) 21-37.
 */
export function trbdf2(options: NewtonOptions = {}): Algorithm {
  const { newtonTolerance } = readOptions("trbdf2", options, newtonSpecs);
  return dirk("trbdf2", 2, 3, trbdf2Tableau, newtonTolerance);
}
