import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";
import type { NoOptions } from "../no-options.ts";
import { vern7Stepper } from "./generated/vern7.ts";
import { vern7Tableau } from "./tableaus/vern7.ts";

/**
 * Verner's "most efficient" 7(6) pair: order 7 with step-size control, ten evaluations per step, and its own continuous
 * extension of order 7 at six further evaluations per step, one of which the next step uses. As published, the extension meets
 * the conditions of order 7 to 3e-7 only. For tolerances about 1e-7 to 1e-10.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Verner, Numer. Algorithms 53 (2010) 383-396, doi:10.1007/s11075-009-9290-3.
 */
export function vern7(options: NoOptions = {}): Algorithm {
  readOptions("vern7", options, {});
  return explicitRk("vern7", 7, vern7Tableau, { stepper: vern7Stepper });
}
