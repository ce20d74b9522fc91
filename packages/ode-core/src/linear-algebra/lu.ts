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
    let i = k + 1;
    for (; i < n - 3; i += 4) eliminateFour(a, n, k, i, inverse);
    for (; i < n; i++) eliminate(a, n, k, i, inverse);
  }
  return true;
}

/** Row `i` less a multiple of row `k`. */
function eliminate(a: Float64Array, n: number, k: number, i: number, inverse: number): void {
  const row = i * n;
  const factor = a[row + k] * inverse;
  a[row + k] = factor;
  if (factor === 0) return;
  const end = (k + 1) * n;
  for (let at = k * n + k + 1, to = row + k + 1; at < end; at++, to++) a[to] -= factor * a[at];
}

/** The same for rows `i` to `i + 3`, reading row `k` once. */
function eliminateFour(a: Float64Array, n: number, k: number, i: number, inverse: number): void {
  const row = k * n;
  const r0 = i * n;
  const r1 = r0 + n;
  const r2 = r1 + n;
  const r3 = r2 + n;
  const p = a[r0 + k] * inverse;
  const q = a[r1 + k] * inverse;
  const r = a[r2 + k] * inverse;
  const s = a[r3 + k] * inverse;
  a[r0 + k] = p;
  a[r1 + k] = q;
  a[r2 + k] = r;
  a[r3 + k] = s;
  if (p === 0 && q === 0 && r === 0 && s === 0) return;
  for (let j = k + 1; j < n; j++) {
    const x = a[row + j];
    a[r0 + j] -= p * x;
    a[r1 + j] -= q * x;
    a[r2 + j] -= r * x;
    a[r3 + j] -= s * x;
  }
}

/** Solves `A x = b` in place, `b[n]` becoming `x`, by the factors of {@link luFactor}. About `2 n^2` operations. */
export function luSolve(lu: Float64Array, n: number, pivots: Int32Array, b: Float64Array): void {
  exchangeEntries(pivots, n, b);
  // Four rows at a time read each entry of b once, and wait for one another less.
  const single = n % 4;
  forwardRows(lu, n, single, b);
  for (let i = single; i < n; i += 4) forwardFour(lu, n, i, b);
  for (let i = n - 4; i >= single; i -= 4) backwardFour(lu, n, i, b);
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

/** `U x = b` in rows `i` to `i + 3`, when those after are solved. */
function backwardFour(lu: Float64Array, n: number, i: number, b: Float64Array): void {
  const r0 = i * n;
  const r1 = r0 + n;
  const r2 = r1 + n;
  const r3 = r2 + n;
  let p = b[i];
  let q = b[i + 1];
  let r = b[i + 2];
  let s = b[i + 3];
  for (let j = i + 4; j < n; j++) {
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
