import { eliminate } from "./eliminate.ts";
import { exchangeEntries, swapRuns } from "./row-exchanges.ts";

/**
 * Factorises `a[n * n]`, row-major, in place as `P A = L U` with partial pivoting; `L` has ones on its diagonal, in whose place stand
 * the inverses of the diagonal of `U`, as a division is dear. About `2 n^3 / 3` operations, nothing allocated.
 *
 * @param pivots - `pivots[n]`: row k was exchanged with row `pivots[k]` in step k.
 * @returns False when `a` is singular or not finite: the factors are then of no use.
 */
export function luFactor(a: Float64Array, n: number, pivots: Int32Array): boolean {
  for (let k = 0, rowK = 0; k < n; k++, rowK += n) {
    let best = k;
    let size = Math.abs(a[rowK + k]);
    for (let i = k + 1, at = rowK + n + k; i < n; i++, at += n) {
      const candidate = Math.abs(a[at]);
      if (candidate > size) {
        size = candidate;
        best = i;
      }
    }
    pivots[k] = best;
    const inverse = 1 / a[best * n + k];
    // Also for NaN.
    if (!(size < Infinity && Math.abs(inverse) < Infinity)) return false;
    if (best !== k) swapRuns(a, rowK, best * n, n);
    a[rowK + k] = inverse;
    eliminate(a, n, rowK + k, rowK + n + k, n - 1 - k, n - 1 - k, inverse);
  }
  return true;
}

/** Solves `A x = b` in place, `b[n]` becoming `x`, by the factors of {@link luFactor}. About `2 n^2` operations. */
export function luSolve(lu: Float64Array, n: number, pivots: Int32Array, b: Float64Array): void {
  exchangeEntries(pivots, n, b);
  // Four rows at a time read each entry of b once, and wait for one another less.
  const single = n % 4;
  forwardRows(lu, n, single, b);
  for (let i = single; i < n; i += 4) forwardFour(lu, n, i, b);
  for (let i = n - 4; i >= single; i -= 4) backwardFour(lu, i * n, n, i, n, b);
  backwardRows(lu, n, single, b);
}

/** `L x = b` in the first `count` rows, one by one. */
function forwardRows(lu: Float64Array, n: number, count: number, b: Float64Array): void {
  for (let i = 1, row = n; i < count; i++, row += n) {
    let sum = b[i];
    for (let j = 0; j < i; j++) sum -= lu[row + j] * b[j];
    b[i] = sum;
  }
}

/** `U x = b` in the first `count` rows, when the others are solved. */
function backwardRows(lu: Float64Array, n: number, count: number, b: Float64Array): void {
  for (let i = count - 1, row = i * n; i >= 0; i--, row -= n) {
    let sum = b[i];
    for (let j = i + 1; j < n; j++) sum -= lu[row + j] * b[j];
    b[i] = sum * lu[row + i];
  }
}

/** `L x = b` in rows `i` to `i + 3`, when those before are solved. */
function forwardFour(lu: Float64Array, n: number, i: number, b: Float64Array): void {
  const r0 = i * n;
  const r1 = r0 + n;
  const r2 = r1 + n;
  const r3 = r2 + n;
  let p = b[i];
  let q = b[i + 1];
  let r = b[i + 2];
  let s = b[i + 3];
  for (let j = 0; j < i; j++) {
    const x = b[j];
    p -= lu[r0 + j] * x;
    q -= lu[r1 + j] * x;
    r -= lu[r2 + j] * x;
    s -= lu[r3 + j] * x;
  }
  q -= lu[r1 + i] * p;
  r -= lu[r2 + i] * p + lu[r2 + i + 1] * q;
  s -= lu[r3 + i] * p + lu[r3 + i + 1] * q + lu[r3 + i + 2] * r;
  b[i] = p;
  b[i + 1] = q;
  b[i + 2] = r;
  b[i + 3] = s;
}

/**
 * `U x = b` in rows `i` to `i + 3`, when those after are solved. Entry `(i, j)` lies at `r0 + j`, those of the next rows `step` further on.
 *
 * @param end - Columns from here on have no entries in these rows, or were dealt with.
 */
export function backwardFour(lu: Float64Array, r0: number, step: number, i: number, end: number, b: Float64Array): void {
  const r1 = r0 + step;
  const r2 = r1 + step;
  const r3 = r2 + step;
  let p = b[i];
  let q = b[i + 1];
  let r = b[i + 2];
  let s = b[i + 3];
  for (let j = i + 4; j < end; j++) {
    const x = b[j];
    p -= lu[r0 + j] * x;
    q -= lu[r1 + j] * x;
    r -= lu[r2 + j] * x;
    s -= lu[r3 + j] * x;
  }
  s *= lu[r3 + i + 3];
  r = (r - lu[r2 + i + 3] * s) * lu[r2 + i + 2];
  q = (q - lu[r1 + i + 3] * s - lu[r1 + i + 2] * r) * lu[r1 + i + 1];
  p = (p - lu[r0 + i + 3] * s - lu[r0 + i + 2] * r - lu[r0 + i + 1] * q) * lu[r0 + i];
  b[i] = p;
  b[i + 1] = q;
  b[i + 2] = r;
  b[i + 3] = s;
}
