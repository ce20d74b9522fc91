import type { Tableau } from "../../algorithm.ts";
import { polynomialExtension } from "../../polynomial-extension.ts";

const b = [1 / 2, 1 / 2];

/**
 * Coefficients of Heun's method of order 2, with the embedded Euler step and the extension of order 2 that needs no further stage.
 *
 * @source Heun, Z. Math. Phys. 45 (1900) 23-38.
 */
export const heunTableau: Tableau = {
  a: [
    [],
    [1],
  ],
  b,
  c: [0, 1],
  bError: [-1 / 2, 1 / 2],
  dense: polynomialExtension({
    order: 2,
    b,
    q: [
      [1 / 2],
      [-1 / 2],
    ],
  }),
};
