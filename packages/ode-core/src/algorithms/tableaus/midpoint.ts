import type { Tableau } from "../../algorithm.ts";
import { polynomialExtension } from "../../polynomial-extension.ts";

const b = [0, 1];

/**
 * Coefficients of the explicit midpoint rule, with the embedded Euler step and the extension of order 2 that needs no further stage.
 *
 * @source Runge, Math. Ann. 46 (1895) 167-178.
 */
export const midpointTableau: Tableau = {
  a: [
    [],
    [1 / 2],
  ],
  b,
  c: [0, 1 / 2],
  bError: [-1, 1],
  dense: polynomialExtension({
    order: 2,
    b,
    q: [
      [1],
      [-1],
    ],
  }),
};
