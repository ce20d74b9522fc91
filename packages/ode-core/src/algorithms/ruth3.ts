import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import type { NoOptions } from "../no-options.ts";
import { symplectic, type SymplecticTableau } from "../symplectic.ts";

const tableau: SymplecticTableau = { kicks: [7 / 24, 3 / 4, -1 / 24], drifts: [2 / 3, -2 / 3, 1] };

/**
 * Ruth's method for `"second-order"` fields whose acceleration does not depend on the velocity: order 3, fixed steps of `dt`, symplectic, three evaluations per step.
 *
 * @throws OdeError `INVALID_OPTION` for any option; `MISSING_CAPABILITY` from a solve where the acceleration depends on the velocity.
 * @source Ruth, IEEE Trans. Nucl. Sci. 30 (1983) 2669-2671.
 */
export function ruth3(options: NoOptions = {}): Algorithm {
  readOptions("ruth3", options, {});
  return symplectic("ruth3", 3, tableau);
}
