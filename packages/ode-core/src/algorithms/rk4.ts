import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";
import type { NoOptions } from "../no-options.ts";
import { rk4Stepper } from "./generated/rk4.ts";
import { rk4Tableau } from "./tableaus/rk4.ts";

/**
 * The classical Runge-Kutta method: order 4, fixed steps of `dt`, four evaluations per step (also with dense output,
 * of order 3).
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Kutta, Z. Math. Phys. 46 (1901) 435-453.
 */
export function rk4(options: NoOptions = {}): Algorithm {
  readOptions("rk4", options, {});
  return explicitRk("rk4", 4, rk4Tableau, { stepper: rk4Stepper });
}
