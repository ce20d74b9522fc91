import { adamsBashforth } from "../adams-bashforth.ts";
import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import type { NoOptions } from "../no-options.ts";
import { bs3 } from "./bs3.ts";

/**
 * Adams-Bashforth of order 3 with variable steps, or fixed ones: one evaluation per step, after two steps of `bs3`. For steps whose
 * length is given and whose evaluations are dear; with error control `vcabm`, which corrects its steps and chooses its order, takes
 * fewer. Stable on the negative axis to `|h lambda| < 6 / 11`. Dense output of order 3, with a continuous derivative, at no further
 * evaluation. Behind an event or a stop it begins anew.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), section III.5.
 */
export function vcab3(options: NoOptions = {}): Algorithm {
  readOptions("vcab3", options, {});
  return adamsBashforth("vcab3", 3, bs3());
}
