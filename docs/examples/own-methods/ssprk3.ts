import { explicitRk, polynomialExtension, readOptions, type Algorithm, type NoOptions, type Tableau } from "@fluxion/ode-core";

const b = [1 / 6, 1 / 6, 2 / 3];

// One for all solves, so that what is prepared for it is prepared once.
const tableau: Tableau = {
  a: [[], [1], [1 / 4, 1 / 4]],
  b,
  c: [0, 1, 1 / 2],
  dense: polynomialExtension({ order: 2, b, q: [[5 / 6], [-1 / 6], [-2 / 3]] }),
};

/**
 * The strong-stability-preserving method of order 3, for conservation laws: fixed steps of `dt`, three evaluations per step. No step makes a
 * norm larger that no Euler step of the same length does; nor does dense output, the parabola with both ends and the slope at the start.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Shu, Osher, J. Comput. Phys. 77 (1988) 439-471; dense output: Ketcheson, Loczi, Jangabylova, Kusmanov, J. Sci. Comput. 71 (2017) 944-958.
 */
export function ssprk3(options: NoOptions = {}): Algorithm {
  readOptions("ssprk3", options, {});
  return explicitRk("ssprk3", 3, tableau);
}
