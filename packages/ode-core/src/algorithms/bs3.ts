import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";
import type { NoOptions } from "../no-options.ts";
import { bs3Stepper } from "./generated/bs3.ts";
import { bs3Tableau } from "./tableaus/bs3.ts";

/**
 * Bogacki-Shampine 3(2): order 3 with step-size control, four stages of which the last is the next step's first (three
 * evaluations per step), dense output of order 3 at no further evaluation. For tolerances of 1e-3 and above.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Bogacki, Shampine, Appl. Math. Lett. 2 (1989) 321-325.
 */
export function bs3(options: NoOptions = {}): Algorithm {
  readOptions("bs3", options, {});
  return explicitRk("bs3", 3, bs3Tableau, { stepper: bs3Stepper });
}
