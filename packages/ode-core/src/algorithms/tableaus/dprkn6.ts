/**
 * Coefficients of the Runge-Kutta-Nystrom triple 6(4) of Dormand and Prince for `d2q/dt2 = a(t, q)`:
 * `k_i = a(t + c_i h, q + c_i h v + h^2 sum_j a_ij k_j)`, `q1 = q + h v + h^2 sum_i b_i k_i`, `v1 = v + h sum_i d_i k_i`.
 * The last row of `a` is `b`, so that the last stage is the first of the next step.
 *
 * @source Dormand, Prince, Comput. Math. Appl. 13 (1987) 937-949.
 */
export const dprkn6Tableau: {
  /** Row i has i entries. */
  readonly a: readonly (readonly number[])[];
  readonly d: readonly number[];
  readonly c: readonly number[];
  /** `b - bhat` and `d - dhat`, for the error estimate. */
  readonly bError: readonly number[];
  readonly dError: readonly number[];
  /** Dense output `q + h v x + (h x)^2 sum_i k_i (dense_i0 + dense_i1 x + ...)` at `x = theta`, with its derivative for the velocity. */
  readonly dense: readonly (readonly number[])[];
} = {
  a: [
    [],
    [0.008358715283968025],
    [0.011144953711957367, 0.022289907423914734],
    [0.1454747428010918, -0.22986064052264749, 0.3090349872029675],
    [-0.20766826295078997, 0.6863667842925143, -0.19954927787234925, 0.12585075653062489],
    [0.07811016144349478, 0, 0.2882917411897668, 0.12242553717457041, 0.011172560192168035],
  ],
  d: [0.07811016144349478, 0, 0.3888434787059826, 0.3713207579288423, 0.11172560192168035, 0.05],
  c: [0, 0.12929590313670442, 0.25859180627340883, 0.67029708261548, 0.9, 1],
  bError: [-0.9807490989269235, 2.406751371924452, -1.559600370364267, 0.12242553717457041, 0.011172560192168035, 0],
  dError: [0.023504273504273504, 0, -0.07242330719764424, 0.17543989844952962, -0.2765208647561589, 0.15],
  dense: [
    [0.5, -1.245014245014245, 1.5161443494776827, -0.9066951566951567, 0.21367521367521367],
    [],
    [0, 1.9859371988705032, -3.577652872294921, 2.5384011164109506, -0.6583937017967658],
    [0, -1.8559358276926614, 5.547586751052329, -5.164133553908094, 1.5949081677229964],
    [0, 2.178649237472767, -6.926987319144182, 7.273336685101391, -2.513826043237808],
    [0, -1.0636363636363637, 3.440909090909091, -3.7409090909090907, 1.3636363636363635],
  ],
};
