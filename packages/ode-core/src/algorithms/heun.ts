import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";
import type { NoOptions } from "../no-options.ts";
import { heunStepper } from "./generated/heun.ts";
import { heunTableau } from "./tableaus/heun.ts";

/**
 * Heun's method 2(1), the explicit trapezoidal rule: order 2, two evaluations per step, dense output of order 2.
 * For rough answers and fixed steps; its error control compares with an Euler step.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Heun, Z. Math. Phys. 45 (1900) 23-38.
 */
export function heun(options: NoOptions = {}): Algorithm {
  readOptions("heun", options, {});
  return explicitRk("heun", 2, heunTableau, { stepper: heunStepper });
}
