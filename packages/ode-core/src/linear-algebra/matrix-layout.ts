import type { StepperContext } from "../algorithm.ts";
import { inverse } from "./permute.ts";

/** Where the entries of Jacobians and mass matrices lie: entry `(i, j)` at `i * rowStep + j + shift`, row after row, of components in order. */
export interface MatrixLayout {
  readonly n: number;
  readonly banded: boolean;
  /** Entries are at most this far below and above the diagonal: `n - 1` when dense. */
  readonly lower: number;
  readonly upper: number;
  readonly rowStep: number;
  readonly shift: number;
  /** Numbers stored. */
  readonly size: number;
  /** Columns that lie this far apart, or further, meet no common row. */
  readonly columnStep: number;
  /** Which component stands where, `[n]`, when not in their own order. */
  readonly order: Int32Array | undefined;
}

/**
 * The layout for states of length `n`: the band of the vector field, widened to that of the mass matrix, or dense without one and
 * where a band would be no saving.
 */
export function matrixLayout(n: number, { bandwidth, massMatrix }: StepperContext): MatrixLayout {
  if (bandwidth) {
    let { lower, upper } = bandwidth;
    const { order } = bandwidth;
    const place = order && massMatrix && inverse(order);
    massMatrix?.forEach((x, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      const below = place ? place[i] - place[j] : i - j;
      if (x !== 0) [lower, upper] = [Math.max(lower, below), Math.max(upper, -below)];
    });
    const width = lower + upper + 1;
    // As wide are the rows of the factors.
    if (width + lower < n) return { n, banded: true, lower, upper, rowStep: width - 1, shift: lower, size: n * width, columnStep: width, order };
  }
  return { n, banded: false, lower: n - 1, upper: n - 1, rowStep: n, shift: 0, size: n * n, columnStep: n, order: undefined };
}

/** That of the factors of such a matrix: row exchanges add another `lower` entries to each row of a band. */
export function factorLayout(layout: MatrixLayout): MatrixLayout {
  const { n, banded, lower, rowStep, size } = layout;
  return banded ? { ...layout, rowStep: rowStep + lower, size: size + n * lower } : layout;
}

/** How many of `n` components are no quadratures and no tangents: they come first. */
export const coreSize = (n: number, { quadratures = 0, tangents = 0 }: StepperContext): number => (n - quadratures) / (1 + tangents);

/** What concerns those of `context`, the first `n`. */
export function coreContext(n: number, context: StepperContext): StepperContext {
  const { quadratures: _quadratures, tangents: _tangents, abstols, ...shared } = context;
  return { ...shared, ...(abstols ? { abstols: abstols.subarray(0, n) } : {}) };
}

/** Copies a dense row-major `matrix[n * n]` of components in their own order into `out` as `layout` has it; what lies outside of a band is left out. */
export function store({ n, lower, upper, rowStep, shift, order }: MatrixLayout, matrix: Float64Array, out: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const end = Math.min(n - 1, i + upper);
    for (let j = Math.max(0, i - lower); j <= end; j++) out[i * rowStep + j + shift] = order ? matrix[order[i] * n + order[j]] : matrix[i * n + j];
  }
}

/** `out[n] = matrix x[n]` for a matrix that lies as `layout` has it, and vectors in their own order. */
export function multiply({ n, lower, upper, rowStep, shift, order }: MatrixLayout, matrix: Float64Array, x: Float64Array, out: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const end = Math.min(n - 1, i + upper);
    let at = i * rowStep + Math.max(0, i - lower) + shift;
    let sum = 0;
    if (order) for (let j = Math.max(0, i - lower); j <= end; j++, at++) sum += matrix[at] * x[order[j]];
    else for (let j = Math.max(0, i - lower); j <= end; j++, at++) sum += matrix[at] * x[j];
    out[order ? order[i] : i] = sum;
  }
}
