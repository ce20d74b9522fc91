import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { dirk, newtonSpecs, type NewtonOptions } from "../dirk.ts";
import { kvaerno5Tableau } from "./tableaus/kvaerno5.ts";

/**
 * Kvaerno's pair of order 5 with an error estimate of order 4: stiffly accurate, L-stable, for stiff problems where a
 * factorisation is dear beside an evaluation. One factorisation per step, the Jacobian kept while Newton's iteration
 * converges fast. Dense output of order 3: for tight tolerances between steps, for events and for adjoints, which rest on it,
 * `rodas5P` and `radauIIA5` are better choices. Times of `saveAt` that are `tstops`, too, are as accurate as the steps.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Kvaerno, BIT Numer. Math. 44 (2004) 489-502.
 */
export function kvaerno5(options: NewtonOptions = {}): Algorithm {
  const { newtonTolerance } = readOptions("kvaerno5", options, newtonSpecs);
  return dirk("kvaerno5", 5, 5, kvaerno5Tableau, newtonTolerance);
}
