import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import type { NoOptions } from "../no-options.ts";
import { symplectic, type SymplecticTableau } from "../symplectic.ts";

const tableau: SymplecticTableau = {
  kicks: [0.1344961992774311, -0.22481980307942082, 0.7563200005156683, 0.33400360328632145],
  drifts: [0.5153528374311229, -0.08578201941297364, 0.4415830236164665, 0.12884615836538418],
};

/**
 * The method of McLachlan and Atela for `"second-order"` fields whose acceleration does not depend on the velocity: order 4 with small error terms, fixed steps of `dt`, symplectic,
 * four evaluations per step.
 *
 * @throws OdeError `INVALID_OPTION` for any option; `MISSING_CAPABILITY` from a solve where the acceleration depends on the velocity.
 * @source McLachlan, Atela, Nonlinearity 5 (1992) 541-562.
 */
export function mcAte4(options: NoOptions = {}): Algorithm {
  readOptions("mcAte4", options, {});
  return symplectic("mcAte4", 4, tableau);
}
