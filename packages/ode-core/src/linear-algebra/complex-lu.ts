import { eliminateComplex } from "./eliminate-complex.ts";

/**
 * Factorises a complex `a[n * n]`, row-major with real and imaginary parts apart, in place as `P A = L U` with partial
 * pivoting by `|re| + |im|`; `L` has ones on its diagonal, in whose place stand the inverses of the diagonal of `U`. About `8 n^3 / 3`
 * operations, nothing allocated.
 *
 * @param pivots - `pivots[n]`: row k was exchanged with row `pivots[k]` in step k.
 * @returns False when `a` is singular or not finite: the factors are then of no use.
 */
export function complexLuFactor(re: Float64Array, im: Float64Array, n: number, pivots: Int32Array): boolean {
  for (let k = 0; k < n; k++) {
    const rowK = k * n;
    let best = k;
    let size = Math.abs(re[rowK + k]) + Math.abs(im[rowK + k]);
    for (let i = k + 1; i < n; i++) {
      const candidate = Math.abs(re[i * n + k]) + Math.abs(im[i * n + k]);
      if (candidate > size) {
        size = candidate;
        best = i;
      }
    }
    pivots[k] = best;
    // Also for NaN.
    if (!(size < Infinity && 1 / size < Infinity)) return false;
    if (best !== k) swapRows(re, im, n, k, best);
    // 1 / pivot, scaled against overflow of the squares.
    const x = re[rowK + k] / size;
    const y = im[rowK + k] / size;
    const square = (x * x + y * y) * size;
    const inverseRe = x / square;
    const inverseIm = -y / square;
    re[rowK + k] = inverseRe;
    im[rowK + k] = inverseIm;
    eliminateComplex(re, im, n, rowK + k, rowK + n + k, n - 1 - k, n - 1 - k, inverseRe, inverseIm);
  }
  return true;
}

function swapRows(re: Float64Array, im: Float64Array, n: number, i: number, j: number): void {
  for (let p = i * n, q = j * n, end = p + n; p < end; p++, q++) {
    const x = re[p];
    const y = im[p];
    re[p] = re[q];
    im[p] = im[q];
    re[q] = x;
    im[q] = y;
  }
}

/**
 * Solves `A x = b` in place, `b[n]` of parts `bRe` and `bIm` becoming `x`, by the factors of {@link complexLuFactor}.
 * About `8 n^2` operations.
 */
export function complexLuSolve(re: Float64Array, im: Float64Array, n: number, pivots: Int32Array, bRe: Float64Array, bIm: Float64Array): void {
  for (let k = 0; k < n; k++) {
    const pivot = pivots[k];
    if (pivot !== k) {
      const x = bRe[k];
      const y = bIm[k];
      bRe[k] = bRe[pivot];
      bIm[k] = bIm[pivot];
      bRe[pivot] = x;
      bIm[pivot] = y;
    }
  }
  for (let i = 1; i < n; i++) {
    let sumRe = bRe[i];
    let sumIm = bIm[i];
    for (let j = 0, at = i * n; j < i; j++, at++) {
      sumRe -= re[at] * bRe[j] - im[at] * bIm[j];
      sumIm -= re[at] * bIm[j] + im[at] * bRe[j];
    }
    bRe[i] = sumRe;
    bIm[i] = sumIm;
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    let sumRe = bRe[i];
    let sumIm = bIm[i];
    for (let j = i + 1, at = row + j; j < n; j++, at++) {
      sumRe -= re[at] * bRe[j] - im[at] * bIm[j];
      sumIm -= re[at] * bIm[j] + im[at] * bRe[j];
    }
    const x = re[row + i];
    const y = im[row + i];
    bRe[i] = sumRe * x - sumIm * y;
    bIm[i] = sumRe * y + sumIm * x;
  }
}
