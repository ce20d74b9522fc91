import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import type { NoOptions } from "../no-options.ts";
import { leapfrogs, symplectic, type SymplecticTableau } from "../symplectic.ts";

const tableau: SymplecticTableau = leapfrogs([1]);

/**
 * Velocity Verlet (Störmer, leapfrog) for `"second-order"` fields whose acceleration does not depend on the velocity: order 2, fixed steps of `dt`, symplectic and reversible, one
 * evaluation per step.
 *
 * @throws OdeError `INVALID_OPTION` for any option; `MISSING_CAPABILITY` from a solve where the acceleration depends on the velocity.
 * @source Verlet, Phys. Rev. 159 (1967) 98-103; Swope, Andersen, Berens, Wilson, J. Chem. Phys. 76 (1982) 637-649.
 */
export function velocityVerlet(options: NoOptions = {}): Algorithm {
  readOptions("velocityVerlet", options, {});
  return symplectic("velocityVerlet", 2, tableau);
}
