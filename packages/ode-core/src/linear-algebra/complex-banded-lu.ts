import { eliminateComplex } from "./eliminate-complex.ts";

/**
 * Factorises a complex band matrix, real and imaginary parts apart, laid out and factorised as that of `bandedLuFactor`, with partial
 * pivoting by `|re| + |im|`. About `8 n lower (lower + upper)` operations, nothing allocated.
 *
 * @returns False when it is singular or not finite: the factors are then of no use.
 */
export function complexBandedLuFactor(re: Float64Array, im: Float64Array, n: number, lower: number, upper: number, pivots: Int32Array): boolean {
  const step = 2 * lower + upper;
  let reach = 0;
  for (let k = 0; k < n; k++) {
    const last = Math.min(k + lower, n - 1);
    const diagonal = k * step + k + lower;
    let best = k;
    let size = Math.abs(re[diagonal]) + Math.abs(im[diagonal]);
    for (let i = k + 1; i <= last; i++) {
      const at = i * step + k + lower;
      const candidate = Math.abs(re[at]) + Math.abs(im[at]);
      if (candidate > size) {
        size = candidate;
        best = i;
      }
    }
    pivots[k] = best;
    if (!(size < Infinity && 1 / size < Infinity)) return false;
    reach = Math.max(reach, Math.min(best + upper, n - 1));
    const count = reach - k;
    if (best !== k) swap(re, im, diagonal, best * step + k + lower, count + 1);
    // 1 / pivot, scaled against overflow of the squares.
    const x = re[diagonal] / size;
    const y = im[diagonal] / size;
    const square = (x * x + y * y) * size;
    const inverseRe = x / square;
    const inverseIm = -y / square;
    re[diagonal] = inverseRe;
    im[diagonal] = inverseIm;
    eliminateComplex(re, im, step, diagonal, diagonal + step, last - k, count, inverseRe, inverseIm);
  }
  return true;
}

function swap(re: Float64Array, im: Float64Array, p: number, q: number, count: number): void {
  for (let k = 0; k < count; k++) {
    const x = re[p + k];
    const y = im[p + k];
    re[p + k] = re[q + k];
    im[p + k] = im[q + k];
    re[q + k] = x;
    im[q + k] = y;
  }
}

/** Solves `A x = b` in place, `b[n]` of parts `bRe` and `bIm` becoming `x`, by the factors of {@link complexBandedLuFactor}. */
export function complexBandedLuSolve(re: Float64Array, im: Float64Array, n: number, lower: number, upper: number, pivots: Int32Array, bRe: Float64Array, bIm: Float64Array): void {
  const step = 2 * lower + upper;
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
    for (let i = k + 1; i <= last; i++) {
      const at = i * step + k + lower;
      bRe[i] -= re[at] * x - im[at] * y;
      bIm[i] -= re[at] * y + im[at] * x;
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    const diagonal = i * step + i + lower;
    const count = Math.min(lower + upper, n - 1 - i);
    let sumRe = bRe[i];
    let sumIm = bIm[i];
    for (let j = 1; j <= count; j++) {
      sumRe -= re[diagonal + j] * bRe[i + j] - im[diagonal + j] * bIm[i + j];
      sumIm -= re[diagonal + j] * bIm[i + j] + im[diagonal + j] * bRe[i + j];
    }
    const x = re[diagonal];
    const y = im[diagonal];
    bRe[i] = sumRe * x - sumIm * y;
    bIm[i] = sumRe * y + sumIm * x;
  }
}
