import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import type { NoOptions } from "../no-options.ts";
import { symplectic, type SymplecticTableau } from "../symplectic.ts";

const tableau: SymplecticTableau = { kicks: [1], drifts: [1] };

/**
 * Symplectic Euler for `"second-order"` fields whose acceleration does not depend on the velocity: order 1, fixed steps of `dt`, one evaluation per step: the velocity first, then
 * the position by the new velocity. A baseline; `velocityVerlet` costs the same.
 *
 * @throws OdeError `INVALID_OPTION` for any option; `MISSING_CAPABILITY` from a solve where the acceleration depends on the velocity.
 * @source de Vogelaere, Report 4, Dept. of Mathematics, Univ. of Notre Dame (1956).
 */
export function symplecticEuler(options: NoOptions = {}): Algorithm {
  readOptions("symplecticEuler", options, {});
  return symplectic("symplecticEuler", 1, tableau);
}
