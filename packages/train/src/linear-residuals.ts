import { Matrix, QrDecomposition, SingularValueDecomposition } from "ml-matrix";

/** Residuals to first order, `r + J h`, by their QR decomposition: `|r + J h|^2 = |c + R h|^2 + d^2`. So all that follows costs no more for many residuals than for few. */
export interface LinearResiduals {
  /** How many residuals there are. */
  readonly count: number;
  /** Upper triangle, `[m, m]`. */
  readonly R: Matrix;
  /** `[m]`. */
  readonly c: Float64Array;
  /** Norms of the columns of J, `[m]`. */
  readonly norms: Float64Array;
  /** `J' r`, `[m]`. */
  readonly gradient: Float64Array;
}

/** @param residuals - `[N]`. @param jacobian - `[N * m]`, row by row. */
export function linearResiduals(residuals: ArrayLike<number>, jacobian: Float64Array): LinearResiduals {
  const count = residuals.length;
  const m = jacobian.length / count;
  // With r as the last column, R has c = Q' r as its last one.
  const both = new Matrix(count, m + 1);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < m; j++) both.set(i, j, jacobian[i * m + j]);
    both.set(i, m, residuals[i]);
  }
  const triangle = new QrDecomposition(both).upperTriangularMatrix;
  const R = triangle.subMatrix(0, m - 1, 0, m - 1);
  const c = Float64Array.from({ length: m }, (_, i) => triangle.get(i, m));
  const columns = Array.from({ length: m }, (_, j) => R.getColumn(j));
  return { count, R, c, norms: Float64Array.from(columns, (column) => Math.hypot(...column)), gradient: Float64Array.from(columns, (column) => dot(column, c)) };
}

/** `R D^-1 = U diag(s) V'` of the columns of some parameters. */
export interface Spectrum {
  readonly free: readonly number[];
  readonly scale: Float64Array;
  readonly s: ArrayLike<number>;
  readonly U: Matrix;
  readonly V: Matrix;
  /** How many of the singular values are more than rounding. */
  readonly rank: number;
}

/** @param free - Which parameters, at least one. @param scale - D, by parameter. */
export function spectrumOf({ count, R }: LinearResiduals, free: readonly number[], scale: Float64Array): Spectrum {
  const columns = new Matrix(R.rows, free.length);
  free.forEach((j, k) => columns.setColumn(k, R.getColumn(j).map((x) => x / scale[j])));
  const { diagonal: s, leftSingularVectors: U, rightSingularVectors: V } = new SingularValueDecomposition(columns);
  return { free, scale, s, U, V, rank: s.filter((x) => x > s[0] * count * Number.EPSILON).length };
}

/**
 * The change h of the free parameters, by parameter and 0 for others, with the least `|c + R h|^2 + mu |D h|^2`; of all such changes the shortest.
 *
 * @source Levenberg, A method for the solution of certain non-linear problems in least squares (1944); Marquardt, An algorithm for least-squares estimation of nonlinear parameters (1963).
 */
export function dampedStep({ free, scale, s, U, V, rank }: Spectrum, c: ArrayLike<number>, mu: number): Float64Array {
  const y = Array.from(s, (x, k) => (mu > 0 ? -x / (x * x + mu) : k < rank ? -1 / x : 0) * dot(U.getColumn(k), c));
  const h = new Float64Array(scale.length);
  free.forEach((j, i) => (h[j] = dot(V.getRow(i), y) / scale[j]));
  return h;
}

/** By how much half the sum of squares falls when the free parameters change as the linear residuals would have it: `|P r|^2 / 2`, with the projection P on the columns of J. */
export function attainableReduction({ U, rank }: Spectrum, c: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < rank; k++) sum += dot(U.getColumn(k), c) ** 2;
  return sum / 2;
}

/** By how much half the sum of squares of the linear residuals falls by the change h: `-g'h - |J h|^2 / 2`. */
export function reductionBy({ R, gradient }: LinearResiduals, h: Float64Array): number {
  let squares = 0;
  for (let i = 0; i < R.rows; i++) squares += dot(R.getRow(i), h) ** 2;
  return -dot(gradient, h) - squares / 2;
}

/**
 * `variance (J' J)^-1` of the free parameters, NaN for others. What the residuals do not tell is infinite: the variance of a parameter that takes part in
 * a direction without a slope, whose covariances with others are NaN.
 */
export function covarianceOf({ V, s, rank, free, scale }: Spectrum, variance: number): Matrix {
  const m = scale.length;
  const covariance = Matrix.zeros(m, m).fill(NaN);
  const rows = free.map((_, i) => V.getRow(i));
  const isUnknown = rows.map((row) => row.some((x, k) => k >= rank && Math.abs(x) > Math.sqrt(Number.EPSILON)));
  free.forEach((i, a) =>
    free.forEach((j, b) => {
      let sum = 0;
      for (let k = 0; k < rank; k++) sum += (rows[a][k] / s[k]) * (rows[b][k] / s[k]);
      covariance.set(i, j, isUnknown[a] || isUnknown[b] ? (a === b ? Infinity : NaN) : (variance * sum) / (scale[i] * scale[j]));
    }),
  );
  return covariance;
}

/** Lengths at which a column is measured, not 0. */
export const nonZero = (norms: Float64Array): Float64Array => norms.map((x) => x || 1);

/** `x' y`. */
export function dot(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
