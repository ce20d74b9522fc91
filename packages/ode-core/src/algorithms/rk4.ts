import type { Algorithm, Tableau } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";

/** Options of {@link rk4}: none. */
export type Rk4Options = Readonly<Record<never, never>>;

const b = [1 / 6, 1 / 3, 1 / 3, 1 / 6];

/**
 * The extension is the cubic Hermite interpolant through both end states and slopes, order 3. Its one extra stage is the
 * slope at the end of the step, which the stepper carries over as the next step's first stage. With
 * `u1 - u0 = h sum_i b_i k_i` the cubic's weights are `s b_i` plus `theta (1 - theta)^2` on the first slope and
 * `theta^2 (theta - 1)` on the last, where `s = theta^2 (3 - 2 theta)`.
 */
const tableau: Tableau = {
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

/**
 * The classical Runge-Kutta method: order 4, fixed steps of `dt`, four evaluations per step (also with dense output,
 * of order 3).
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Kutta, Z. Math. Phys. 46 (1901) 435-453.
 */
export function rk4(options: Rk4Options = {}): Algorithm {
  readOptions("rk4", options, {});
  return explicitRk("rk4", 4, tableau);
}
