import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";
import type { NoOptions } from "../no-options.ts";
import { vern9Stepper } from "./generated/vern9.ts";
import { vern9Tableau } from "./tableaus/vern9.ts";

/**
 * Verner's "most efficient" 9(8) pair: order 9 with step-size control, sixteen evaluations per step, and its own continuous
 * extension of order 9 at ten further evaluations per step, one of which the next step uses. For tolerances of 1e-9 and below.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Verner, Numer. Algorithms 53 (2010) 383-396, doi:10.1007/s11075-009-9290-3.
 */
export function vern9(options: NoOptions = {}): Algorithm {
  readOptions("vern9", options, {});
  return explicitRk("vern9", 9, vern9Tableau, { stepper: vern9Stepper });
}
