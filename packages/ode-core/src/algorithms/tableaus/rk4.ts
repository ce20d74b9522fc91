import type { Tableau } from "../../algorithm.ts";

const b = [1 / 6, 1 / 3, 1 / 3, 1 / 6];

/**
 * Coefficients of the classical Runge-Kutta method.
 * The extension is the cubic Hermite interpolant through both end states and slopes, order 3. Its one extra stage is the
 * slope at the end of the step, which the stepper carries over as the next step's first stage. With
 * `u1 - u0 = h sum_i b_i k_i` the cubic's weights are `s b_i` plus `theta (1 - theta)^2` on the first slope and
 * `theta^2 (theta - 1)` on the last, where `s = theta^2 (3 - 2 theta)`.
 *
 * @source Kutta, Z. Math. Phys. 46 (1901) 435-453.
 */
export const rk4Tableau: Tableau = {
  a: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]],
  b,
  c: [0, 1 / 2, 1 / 2, 1],
  dense: {
    order: 3,
    a: [b],
    c: [1],
    weights: (theta, out) => {
      const s = theta * theta * (3 - 2 * theta);
      for (let i = 0; i < 4; i++) out[i] = s * b[i];
      out[0] += theta * (1 - theta) * (1 - theta);
      out[4] = theta * theta * (theta - 1);
    },
    weightsDerivative: (theta, out) => {
      const s = 6 * theta * (1 - theta);
      for (let i = 0; i < 4; i++) out[i] = s * b[i];
      out[0] += (1 - theta) * (1 - 3 * theta);
      out[4] = theta * (3 * theta - 2);
    },
  },
};
