import type { Algorithm } from "../algorithm.ts";
import { bdf } from "../bdf.ts";
import { readOptions } from "../config.ts";
import type { NoOptions } from "../no-options.ts";

/**
 * Backward differentiation formulas of order 1 to 5 in fixed-leading-coefficient form, with variable steps and order, as in
 * DASSL, IDA and CVODE: for large stiff systems and expensive right-hand sides, also with a mass matrix, singular ones
 * included. One to two evaluations per step; a Jacobian serves some 30 steps and a factorisation about 7. The orders above 2
 * are not A-stable: for stiff systems that oscillate take `rodas5P`. Dense output by the polynomial through the last states, of
 * the order of the step. After an event it begins anew with order 1.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Jackson, Sacks-Davis, ACM Trans. Math. Softw. 6 (1980) 295-318; Hindmarsh et al., ACM Trans. Math. Softw. 31 (2005) 363-396.
 */
export function fbdf(options: NoOptions = {}): Algorithm {
  readOptions("fbdf", options, {});
  return bdf("fbdf", 5);
}
