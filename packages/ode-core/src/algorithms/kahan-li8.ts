import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import type { NoOptions } from "../no-options.ts";
import { leapfrogs, palindrome, symplectic, type SymplecticTableau } from "../symplectic.ts";

const tableau: SymplecticTableau = leapfrogs(palindrome([
  0.13020248308889007, 0.5611629817751084, -0.38947496264484727, 0.1588419065551556, -0.39590389413323757,
  0.1845396409783157, 0.25837438768632204, 0.2950117236093103, -0.6055085338300346,
]));

/**
 * The composition of Kahan and Li for `"second-order"` fields whose acceleration does not depend on the velocity: order 8, fixed steps of `dt`, symplectic and reversible, 17
 * evaluations per step. The choice where energy is to be kept to rounding over very many periods.
 *
 * @throws OdeError `INVALID_OPTION` for any option; `MISSING_CAPABILITY` from a solve where the acceleration depends on the velocity.
 * @source Kahan, Li, Math. Comp. 66 (1997) 1089-1099.
 */
export function kahanLi8(options: NoOptions = {}): Algorithm {
  readOptions("kahanLi8", options, {});
  return symplectic("kahanLi8", 8, tableau);
}
