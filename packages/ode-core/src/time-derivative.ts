import type { BoundField } from "./vector-field.ts";

/** Balances the truncation error of second-order differences against rounding. */
export const increment: number = Math.cbrt(Number.EPSILON);

/**
 * Writes `f_t(t, u)` into `out[n]`, by differences within `[t, t + h]`; `slope[n]` is `f(t, u)`. Two evaluations.
 *
 * @param low - Room for `f`, as is `high`.
 */
export function timeDerivative(f: BoundField, t: number, h: number, u: Float64Array, slope: Float64Array, low: Float64Array, high: Float64Array, out: Float64Array): void {
  // One-sided into the step, as f may not be defined before its start, and of second order.
  const length = Math.max(increment * Math.abs(h), 16 * Number.EPSILON * Math.abs(t));
  const first = t + (h < 0 ? -length : length);
  const a = first - t;
  const second = first + a;
  f.rhs(first, u, low);
  f.rhs(second, u, high);
  const scale = 1 / (2 * a);
  for (let i = 0; i < out.length; i++) out[i] = scale * (4 * (low[i] - slope[i]) - (high[i] - slope[i]));
}
