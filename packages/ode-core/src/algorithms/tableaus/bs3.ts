import type { Tableau } from "../../algorithm.ts";
import { polynomialExtension } from "../../polynomial-extension.ts";

const b = [2 / 9, 1 / 3, 4 / 9, 0];

/**
 * Coefficients of the Bogacki-Shampine 3(2) pair; its extension is the cubic through both end states and slopes.
 *
 * @source Bogacki, Shampine, Appl. Math. Lett. 2 (1989) 321-325.
 */
export const bs3Tableau: Tableau = {
  a: [
    [],
    [1 / 2],
    [0, 0.75],
    b.slice(0, -1),
  ],
  b,
  c: [0, 1 / 2, 0.75, 1],
  bError: [-5 / 72, 1 / 12, 1 / 9, -0.125],
  fsal: true,
  dense: polynomialExtension({
    order: 3,
    b,
    q: [
      [1 / 2, -5 / 18],
      [0, 1 / 3],
      [0, 4 / 9],
      [-1 / 2, -1 / 2],
    ],
  }),
};
