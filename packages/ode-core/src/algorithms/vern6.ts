import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";
import type { NoOptions } from "../no-options.ts";
import { vern6Stepper } from "./generated/vern6.ts";
import { vern6Tableau } from "./tableaus/vern6.ts";

/**
 * Verner's "most efficient" 6(5) pair: order 6 with step-size control, nine stages of which the last is the next step's first
 * (eight evaluations per step), and its own continuous extension of order 6 at three further evaluations per step.
 * For tolerances about 1e-6 to 1e-8.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Verner, Numer. Algorithms 53 (2010) 383-396, doi:10.1007/s11075-009-9290-3.
 */
export function vern6(options: NoOptions = {}): Algorithm {
  readOptions("vern6", options, {});
  return explicitRk("vern6", 6, vern6Tableau, { stepper: vern6Stepper });
}
