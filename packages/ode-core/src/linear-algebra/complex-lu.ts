import { eliminateComplex } from "./eliminate-complex.ts";
import type { MatrixLayout } from "./matrix-layout.ts";

/** Where the entries of a matrix and its factors lie: see {@link MatrixLayout}. */
type Place = Pick<MatrixLayout, "n" | "lower" | "upper" | "rowStep" | "shift">;

/**
 * Factorises a complex matrix, real and imaginary parts apart, in place as a product of row exchanges and eliminations, and `U` with the inverses of its
 * diagonal, with partial pivoting by `|re| + |im|`. About `8 n^3 / 3` operations, `8 n lower (lower + upper)` for a band; nothing allocated.
 *
 * @param place - As `factorLayout` has it; entries outside of a band and the matrix must be 0.
 * @param pivots - `pivots[n]`: row k was exchanged with row `pivots[k]` in step k.
 * @returns False when it is singular or not finite: the factors are then of no use.
 */
export function complexLuFactor(re: Float64Array, im: Float64Array, { n, lower, upper, rowStep, shift }: Place, pivots: Int32Array): boolean {
  /** The last column that a row so far reaches. */
  let reach = 0;
  for (let k = 0; k < n; k++) {
    const last = Math.min(k + lower, n - 1);
    const diagonal = k * rowStep + k + shift;
    let best = k;
    let size = Math.abs(re[diagonal]) + Math.abs(im[diagonal]);
    for (let i = k + 1, at = diagonal + rowStep; i <= last; i++, at += rowStep) {
      const candidate = Math.abs(re[at]) + Math.abs(im[at]);
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
    if (best !== k) swap(re, im, diagonal, best * rowStep + k + shift, count + 1);
    // 1 / pivot, scaled against overflow of the squares.
    const x = re[diagonal] / size;
    const y = im[diagonal] / size;
    const square = (x * x + y * y) * size;
    const inverseRe = x / square;
    const inverseIm = -y / square;
    re[diagonal] = inverseRe;
    im[diagonal] = inverseIm;
    eliminateComplex(re, im, rowStep, diagonal, diagonal + rowStep, last - k, count, inverseRe, inverseIm);
  }
  return true;
}

function swap(re: Float64Array, im: Float64Array, p: number, q: number, count: number): void {
  for (const end = p + count; p < end; p++, q++) {
    const x = re[p];
    const y = im[p];
    re[p] = re[q];
    im[p] = im[q];
    re[q] = x;
    im[q] = y;
  }
}

/** Solves `A x = b` in place, `b[n]` of parts `bRe` and `bIm` becoming `x`, by the factors of {@link complexLuFactor}. About `8 n^2` operations, `8 n (2 lower + upper)` for a band. */
export function complexLuSolve(re: Float64Array, im: Float64Array, { n, lower, upper, rowStep, shift }: Place, pivots: Int32Array, bRe: Float64Array, bIm: Float64Array): void {
  for (let k = 0; k < n; k++) {
    const pivot = pivots[k];
    const x = bRe[pivot];
    const y = bIm[pivot];
    if (pivot !== k) {
      bRe[pivot] = bRe[k];
      bIm[pivot] = bIm[k];
      bRe[k] = x;
      bIm[k] = y;
    }
    const last = Math.min(k + lower, n - 1);
    for (let i = k + 1, at = i * rowStep + k + shift; i <= last; i++, at += rowStep) {
      bRe[i] -= re[at] * x - im[at] * y;
      bIm[i] -= re[at] * y + im[at] * x;
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    const diagonal = i * rowStep + i + shift;
    const end = Math.min(i + lower + upper, n - 1);
    let sumRe = bRe[i];
    let sumIm = bIm[i];
    for (let j = i + 1, at = diagonal + 1; j <= end; j++, at++) {
      sumRe -= re[at] * bRe[j] - im[at] * bIm[j];
      sumIm -= re[at] * bIm[j] + im[at] * bRe[j];
    }
    const x = re[diagonal];
    const y = im[diagonal];
    bRe[i] = sumRe * x - sumIm * y;
    bIm[i] = sumRe * y + sumIm * x;
  }
}
