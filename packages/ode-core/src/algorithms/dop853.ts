import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { PidController } from "../controller.ts";
import { explicitRk } from "../explicit-rk.ts";
import { euclideanInitialStep } from "../initial-step.ts";
import type { NoOptions } from "../no-options.ts";
import { dop853Stepper } from "./generated/dop853.ts";
import { dop853Tableau } from "./tableaus/dop853.ts";

/**
 * Dormand-Prince of order 8 with the step-size control of Hairer's DOP853, which weighs error estimates of orders 5 and 3: twelve
 * evaluations per step (eleven when rejected), and a continuous extension of order 7 at three further evaluations per step.
 * The choice for smooth problems at tolerances below 1e-6.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), sections II.5 and II.10.
 */
export function dop853(options: NoOptions = {}): Algorithm {
  readOptions("dop853", options, {});
  return explicitRk("dop853", 8, dop853Tableau, {
    stepper: dop853Stepper,
    controller: () => new PidController({ beta1: 1 / 8, beta2: 0, qmin: 0.333, qmax: 6, growAfterReject: false }),
    initialStep: euclideanInitialStep,
  });
}
