import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { defaultController } from "../controller.ts";
import { Dprkn6Stepper } from "../dprkn6-stepper.ts";
import type { NoOptions } from "../no-options.ts";

/**
 * The Runge-Kutta-Nystrom triple 6(4) of Dormand and Prince for `"second-order"` fields whose acceleration does not depend on the
 * velocity: order 6 with step-size control at five evaluations per step, and a continuous extension of order 6 for positions and
 * 5 for velocities at no further evaluation. For orbits and other conservative motion: it takes three quarters of the
 * evaluations of `vern6` for the same error, which counts where a force is dear; with a cheap one `vern7` is faster. Where the acceleration depends on the velocity, as by friction, magnetic forces
 * and in most Lagrangian models, a solve throws `MISSING_CAPABILITY` when it meets that at steps 1, 2, 4, 8 and so on.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Dormand, Prince, Comput. Math. Appl. 13 (1987) 937-949.
 */
export function dprkn6(options: NoOptions = {}): Algorithm {
  readOptions("dprkn6", options, {});
  return { name: "dprkn6", order: 6, structure: "second-order", controller: () => defaultController(5), stepper: (f, n) => new Dprkn6Stepper(f, n) };
}
