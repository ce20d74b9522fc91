import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";
import type { NoOptions } from "../no-options.ts";
import { tsit5Stepper } from "./generated/tsit5.ts";
import { tsit5Tableau } from "./tableaus/tsit5.ts";

/**
 * Tsitouras 5(4): order 5 with step-size control, seven stages of which the last is the next step's first (six evaluations
 * per step), and its own continuous extension of order 4 at no further evaluation. The default choice for non-stiff problems.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Tsitouras, Comput. Math. Appl. 62 (2011) 770-775, doi:10.1016/j.camwa.2011.06.002.
 */
export function tsit5(options: NoOptions = {}): Algorithm {
  readOptions("tsit5", options, {});
  return explicitRk("tsit5", 5, tsit5Tableau, { stepper: tsit5Stepper });
}
