import { adamsBashforth } from "../adams-bashforth.ts";
import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import type { NoOptions } from "../no-options.ts";
import { tsit5 } from "./tsit5.ts";

/**
 * Adams-Bashforth of order 4 with variable steps, or fixed ones: one evaluation per step, after three steps of `tsit5`. For steps whose
 * length is given and whose evaluations are dear; with error control `vcabm`, which corrects its steps and chooses its order, takes
 * fewer. Stable on the negative axis to `|h lambda| < 3 / 10`. Dense output of order 4, with a continuous derivative, at no further
 * evaluation. Behind an event or a stop it begins anew.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), section III.5.
 */
export function vcab4(options: NoOptions = {}): Algorithm {
  readOptions("vcab4", options, {});
  return adamsBashforth("vcab4", 4, tsit5());
}
