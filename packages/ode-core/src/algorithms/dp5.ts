import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { PidController } from "../controller.ts";
import { explicitRk } from "../explicit-rk.ts";
import { euclideanInitialStep } from "../initial-step.ts";
import type { NoOptions } from "../no-options.ts";
import { dp5Stepper } from "./generated/dp5.ts";
import { dp5Tableau } from "./tableaus/dp5.ts";

/**
 * Dormand-Prince 5(4): order 5 with the step-size control of Hairer's DOPRI5, seven stages of which the last is the next step's
 * first (six evaluations per step), and a continuous extension of order 4 at no further evaluation. Takes the steps of DOPRI5,
 * to compare with other software; `tsit5` is as cheap and a little more accurate.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Dormand, Prince, J. Comput. Appl. Math. 6 (1980) 19-26; Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), sections II.4 to II.6.
 */
export function dp5(options: NoOptions = {}): Algorithm {
  readOptions("dp5", options, {});
  return explicitRk("dp5", 5, dp5Tableau, {
    stepper: dp5Stepper,
    controller: () => new PidController({ beta1: 0.2 - 0.75 * 0.04, beta2: 0.04, growAfterReject: false }),
    initialStep: euclideanInitialStep,
  });
}
