import { adams } from "../adams.ts";
import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import type { NoOptions } from "../no-options.ts";

/**
 * Adams-Bashforth-Moulton of orders 1 to 12 with variable steps and order, predicted, evaluated, corrected and evaluated again
 * as in Shampine and Gordon's code DE (DDEABM, `ode113`): two evaluations per kept step, one per rejected one. For smooth
 * problems whose right-hand side is expensive, at tolerances of 1e-6 and below. Dense output of the order of the step, with
 * a continuous derivative, at no further evaluation. After an event it begins anew with order 1.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Shampine, Gordon, Computer Solution of Ordinary Differential Equations: The Initial Value Problem (1975).
 */
export function vcabm(options: NoOptions = {}): Algorithm {
  readOptions("vcabm", options, {});
  return adams("vcabm", 12);
}
