import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";
import type { NoOptions } from "../no-options.ts";
import { ralstonStepper } from "./generated/ralston.ts";
import { ralstonTableau } from "./tableaus/ralston.ts";

/**
 * Ralston's method 2(1): of the two-stage methods of order 2 the one with the least error bound; dense output of order 2.
 * For rough answers and fixed steps; its error control compares with an Euler step.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Ralston, Math. Comp. 16 (1962) 431-437.
 */
export function ralston(options: NoOptions = {}): Algorithm {
  readOptions("ralston", options, {});
  return explicitRk("ralston", 2, ralstonTableau, { stepper: ralstonStepper });
}
