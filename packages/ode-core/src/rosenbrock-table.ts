import { innerPoint } from "./inner-residual.ts";

/**
 * Coefficients of a Rosenbrock method with `s = b.length` stages in the form that needs no products with the Jacobian:
 * `(M / (gamma h) - J) U_i = f(t + c_i h, u + sum_j a_ij U_j) + M sum_j (C_ij / h) U_j + d_i h f_t` and `u1 = u + sum_i b_i U_i`.
 *
 * @source Hairer, Wanner, Solving Ordinary Differential Equations II (1996), section IV.7.
 */
export interface RosenbrockTableau {
  readonly gamma: number;
  /** Row i has i entries, like those of `C`. */
  readonly a: readonly (readonly number[])[];
  readonly C: readonly (readonly number[])[];
  readonly b: readonly number[];
  /** The error estimate is `sum_i bError_i U_i`. */
  readonly bError: readonly number[];
  readonly c: readonly number[];
  readonly d: readonly number[];
  /** The last stage's right-hand side is `f(t + h, u1)`. */
  readonly fsal?: boolean;
  /** Dense output `(1 - x) u + x (u1 + (1 - x) (V_1 + x (V_2 + x V_3)))` at `x = theta` with `V_k = sum_i dense_ki U_i`. */
  readonly dense: readonly (readonly number[])[];
}

/** The coefficients of a Rosenbrock method as steps read them: weights of the stages in groups of four, filled up with zeros. */
export interface RosenbrockTable {
  readonly gamma: number;
  readonly stages: number;
  /** Stages that fit: a multiple of four. */
  readonly stride: number;
  readonly a: readonly Float64Array[];
  readonly C: readonly Float64Array[];
  readonly b: Float64Array;
  readonly bError: Float64Array;
  readonly dense: readonly Float64Array[];
  /** What the stages add to state and slope of dense output at the point where it is checked; the slope is that by `theta`. */
  readonly inner: { readonly state: Float64Array; readonly slope: Float64Array };
  readonly c: Float64Array;
  readonly d: Float64Array;
  /** The first weight of the error that is not 0. */
  readonly errorFrom: number;
  /** The new state is that of the last stage plus its `U`, as in stiffly accurate methods. */
  readonly endsNext: boolean;
  readonly fsal: boolean;
}

/** The coefficients as steps read them. */
export function tableOf({ gamma, a, C, b, bError, c, d, fsal = false, dense }: RosenbrockTableau): RosenbrockTable {
  const fours = (length: number): number => 4 * Math.ceil(length / 4);
  const weights = (row: readonly number[]): Float64Array => {
    const out = new Float64Array(fours(row.length));
    out.set(row);
    return out;
  };
  const rows = (table: readonly (readonly number[])[]): Float64Array[] => table.map(weights);
  const last = a[a.length - 1];
  const theta = innerPoint;
  const atInner = (factor: (k: number) => number): number[] => b.map((_, i) => dense.reduce((sum, row, k) => sum + factor(k) * (row[i] ?? 0), 0));
  return {
    gamma,
    stages: b.length,
    stride: fours(b.length),
    a: rows(a),
    C: rows(C),
    b: weights(b),
    bError: weights(bError),
    dense: rows(dense),
    inner: { state: weights(atInner((k) => theta * (1 - theta) * theta ** k)), slope: weights(atInner((k) => (1 - 2 * theta) * theta ** k + (1 - theta) * k * theta ** k)) },
    c: Float64Array.from(c),
    d: Float64Array.from(d),
    errorFrom: bError.findIndex((x) => x !== 0),
    endsNext: b.every((x, k) => x === (last[k] ?? 1)),
    fsal,
  };
}
