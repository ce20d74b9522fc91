import { eliminate } from "./eliminate.ts";
import { backwardFour } from "./lu.ts";
import { swapRuns } from "./row-exchanges.ts";

/**
 * Factorises a band matrix in place as a product of row exchanges and eliminations, and `U` with the inverses of its diagonal.
 * Row i holds `2 lower + upper + 1` entries, those of columns `i - lower` to `i + upper` and room for what row exchanges bring.
 * About `2 n lower (lower + upper)` operations, nothing allocated.
 *
 * @param a - `a[n * (2 lower + upper + 1)]`; entries outside of the band and the matrix must be 0.
 * @param pivots - `pivots[n]`: row k was exchanged with row `pivots[k]` in step k.
 * @returns False when `a` is singular or not finite: the factors are then of no use.
 */
export function bandedLuFactor(a: Float64Array, n: number, lower: number, upper: number, pivots: Int32Array): boolean {
  // Entry (i, j) lies at `i * step + j + lower`.
  const step = 2 * lower + upper;
  /** The last column that a row so far reaches. */
  let reach = 0;
  for (let k = 0; k < n; k++) {
    const last = Math.min(k + lower, n - 1);
    const diagonal = k * step + k + lower;
    let best = k;
    let size = Math.abs(a[diagonal]);
    for (let i = k + 1; i <= last; i++) {
      const candidate = Math.abs(a[i * step + k + lower]);
      if (candidate > size) {
        size = candidate;
        best = i;
      }
    }
    pivots[k] = best;
    // Also for NaN.
    if (!(size < Infinity && 1 / size < Infinity)) return false;
    reach = Math.max(reach, Math.min(best + upper, n - 1));
    const count = reach - k;
    if (best !== k) swapRuns(a, diagonal, best * step + k + lower, count + 1);
    const inverse = 1 / a[diagonal];
    a[diagonal] = inverse;
    eliminate(a, step, diagonal, diagonal + step, last - k, count, inverse);
  }
  return true;
}

/** Solves `A x = b` in place, `b[n]` becoming `x`, by the factors of {@link bandedLuFactor}. About `2 n (2 lower + upper)` operations. */
export function bandedLuSolve(lu: Float64Array, n: number, lower: number, upper: number, pivots: Int32Array, b: Float64Array): void {
  const step = 2 * lower + upper;
  for (let k = 0; k < n; k++) {
    const pivot = pivots[k];
    const x = b[pivot];
    if (pivot !== k) {
      b[pivot] = b[k];
      b[k] = x;
    }
    const last = Math.min(k + lower, n - 1);
    for (let i = k + 1; i <= last; i++) b[i] -= lu[i * step + k + lower] * x;
  }
  // Four rows at a time where these are long; the first are left for one by one.
  const single = lower + upper < 8 ? n : n % 4;
  for (let i = n - 4; i >= single; i -= 4) {
    const end = Math.min(n, i + lower + upper + 1);
    // Entries of the later rows beyond the end of the first.
    for (let row = i + 1; row < i + 4; row++) {
      const rowEnd = Math.min(n, row + lower + upper + 1);
      for (let j = end; j < rowEnd; j++) b[row] -= lu[row * step + j + lower] * b[j];
    }
    backwardFour(lu, i * step + lower, step, i, end, b);
  }
  for (let i = single - 1; i >= 0; i--) {
    const diagonal = i * step + i + lower;
    const count = Math.min(lower + upper, n - 1 - i);
    let sum = b[i];
    for (let j = 1; j <= count; j++) sum -= lu[diagonal + j] * b[i + j];
    b[i] = sum * lu[diagonal];
  }
}
