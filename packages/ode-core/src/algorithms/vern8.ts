import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";
import type { NoOptions } from "../no-options.ts";
import { vern8Stepper } from "./generated/vern8.ts";
import { vern8Tableau } from "./tableaus/vern8.ts";

/**
 * Verner's "most efficient" 8(7) pair: order 8 with step-size control, thirteen evaluations per step, and its own continuous
 * extension of order 8 at eight further evaluations per step, one of which the next step uses. For tolerances about 1e-8 to 1e-12.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Verner, Numer. Algorithms 53 (2010) 383-396, doi:10.1007/s11075-009-9290-3.
 */
export function vern8(options: NoOptions = {}): Algorithm {
  readOptions("vern8", options, {});
  return explicitRk("vern8", 8, vern8Tableau, { stepper: vern8Stepper });
}
