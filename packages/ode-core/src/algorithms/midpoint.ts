import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";
import type { NoOptions } from "../no-options.ts";
import { midpointStepper } from "./generated/midpoint.ts";
import { midpointTableau } from "./tableaus/midpoint.ts";

/**
 * The explicit midpoint rule 2(1): order 2, two evaluations per step, dense output of order 2.
 * For rough answers and fixed steps; its error control compares with an Euler step.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Runge, Math. Ann. 46 (1895) 167-178.
 */
export function midpoint(options: NoOptions = {}): Algorithm {
  readOptions("midpoint", options, {});
  return explicitRk("midpoint", 2, midpointTableau, { stepper: midpointStepper });
}
