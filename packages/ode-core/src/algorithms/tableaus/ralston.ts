import type { Tableau } from "../../algorithm.ts";
import { polynomialExtension } from "../../polynomial-extension.ts";

const b = [0.25, 0.75];

/**
 * Coefficients of Ralston's method of order 2, with the least bound on its error, with the embedded Euler step and the extension of order 2 that needs no further stage.
 *
 * @source Ralston, Math. Comp. 16 (1962) 431-437.
 */
export const ralstonTableau: Tableau = {
  a: [
    [],
    [2 / 3],
  ],
  b,
  c: [0, 2 / 3],
  bError: [-0.75, 0.75],
  dense: polynomialExtension({
    order: 2,
    b,
    q: [
      [0.75],
      [-0.75],
    ],
  }),
};
