import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { dirk, newtonSpecs, type NewtonOptions } from "../dirk.ts";
import { kenCarp4Tableau } from "./tableaus/ken-carp4.ts";

/**
 * The implicit part of Kennedy and Carpenter's pair ARK4(3)6L[2]SA: order 4 with an error estimate of order 3, stiffly accurate,
 * L-stable, for stiff problems at loose tolerances where a factorisation is dear beside an evaluation; for errors below 1e-5
 * `kvaerno5` takes fewer of both. One factorisation per step, the Jacobian kept while Newton's iteration converges fast. Dense
 * output of order 3.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Kennedy, Carpenter, Appl. Numer. Math. 44 (2003) 139-181.
 */
export function kenCarp4(options: NewtonOptions = {}): Algorithm {
  const { newtonTolerance } = readOptions("kenCarp4", options, newtonSpecs);
  return dirk("kenCarp4", 4, 4, kenCarp4Tableau, newtonTolerance);
}
