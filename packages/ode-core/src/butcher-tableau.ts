/**
 * Coefficients of a step of an explicit Runge-Kutta method with `s = b.length` stages; row i of `a` has i entries:
 * `k_i = f(t + c_i h, u + h sum_j a_ij k_j)`, `u1 = u + h sum_i b_i k_i`.
 */
export interface ButcherTableau {
  readonly a: readonly (readonly number[])[];
  readonly b: readonly number[];
  readonly c: readonly number[];
}
