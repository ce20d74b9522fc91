import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";
import type { NoOptions } from "../no-options.ts";
import { eulerStepper } from "./generated/euler.ts";
import { eulerTableau } from "./tableaus/euler.ts";

/**
 * Explicit Euler: order 1, fixed steps of `dt`, one evaluation per step, linear dense output.
 * A baseline, not a method to choose.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 */
export function euler(options: NoOptions = {}): Algorithm {
  readOptions("euler", options, {});
  return explicitRk("euler", 1, eulerTableau, { stepper: eulerStepper });
}
