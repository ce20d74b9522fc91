import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import type { NoOptions } from "../no-options.ts";
import { leapfrogs, palindrome, symplectic, type SymplecticTableau } from "../symplectic.ts";

/** Solution A. The paper gives 14 digits; these solve the conditions of order 6 to the last digit of a double. */
const outer = [0.7845136104775573, 0.23557321335935813, -1.177679984178871];
const tableau: SymplecticTableau = leapfrogs(palindrome([...outer, 1.3151863206839112]));

/**
 * Yoshida's method for `"second-order"` fields whose acceleration does not depend on the velocity: order 6, fixed steps of `dt`, symplectic and reversible, seven evaluations per
 * step.
 *
 * @throws OdeError `INVALID_OPTION` for any option; `MISSING_CAPABILITY` from a solve where the acceleration depends on the velocity.
 * @source Yoshida, Phys. Lett. A 150 (1990) 262-268.
 */
export function yoshida6(options: NoOptions = {}): Algorithm {
  readOptions("yoshida6", options, {});
  return symplectic("yoshida6", 6, tableau);
}
