import type { Algorithm, Tableau } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";

/** Options of {@link euler}: none. */
export type EulerOptions = Readonly<Record<never, never>>;

/** The linear extension is as accurate as the method: order 1. */
const tableau: Tableau = {
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

/**
 * Explicit Euler: order 1, fixed steps of `dt`, one evaluation per step, linear dense output.
 * A baseline, not a method to choose.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 */
export function euler(options: EulerOptions = {}): Algorithm {
  readOptions("euler", options, {});
  return explicitRk("euler", 1, tableau);
}
