import type { Algorithm } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { rosenbrock, rosenbrockSpecs, type RosenbrockOptions } from "../rosenbrock.ts";
import type { RosenbrockTableau } from "../rosenbrock-table.ts";

const gamma = 1 / (2 + Math.SQRT2);
const e = 6 + Math.SQRT2;

/** The paper's `k_1 = U_1 / (gamma h)` and `k_2 = (U_1 + U_2) / (gamma h)`; its third stage likewise loses its products with f. */
export const rosenbrock23Tableau: RosenbrockTableau = {
  gamma,
  a: [[], [1 / (2 * gamma)], [1 / gamma, 1 / gamma]],
  C: [[], [-1 / gamma], [-2 / gamma, -e / gamma]],
  b: [1 / gamma, 1 / gamma, 0],
  bError: [1 / (6 * gamma), (e - 2) / (6 * gamma), 1 / (6 * gamma)],
  c: [0, 1 / 2, 1],
  d: [gamma, 0, -gamma],
  fsal: true,
  dense: [[0, -1 / (gamma * (1 - 2 * gamma)), 0]],
};

/**
 * The Rosenbrock pair of MATLAB's `ode23s`: order 2 with an error estimate of order 3, L-stable, for stiff problems at
 * tolerances of 1e-3 and looser, also with a mass matrix, singular ones included, where its estimate for the algebraic variables is of order 2 and
 * asks for many more steps than those of `rodas4` and `rodas5P`. Per step two evaluations (two more for the
 * time derivative unless `autonomous`), one Jacobian and one factorisation. Dense output of order 2.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Shampine, Reichelt, SIAM J. Sci. Comput. 18 (1997) 1-22.
 */
export function rosenbrock23(options: RosenbrockOptions = {}): Algorithm {
  const { autonomous } = readOptions("rosenbrock23", options, rosenbrockSpecs);
  return rosenbrock("rosenbrock23", 2, 3, rosenbrock23Tableau, autonomous);
}
