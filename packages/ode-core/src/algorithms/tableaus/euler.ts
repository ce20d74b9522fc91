import type { Tableau } from "../../algorithm.ts";

/** Coefficients of the explicit Euler method. The linear extension is as accurate as the method: order 1. */
export const eulerTableau: Tableau = {
  a: [[]],
  b: [1],
  c: [0],
  dense: {
    order: 1,
    a: [],
    c: [],
    weights: (theta, out) => {
      out[0] = theta;
    },
    weightsDerivative: (_theta, out) => {
      out[0] = 1;
    },
  },
};
