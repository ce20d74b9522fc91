/**
 * Factorises `a[n * n]`, row-major, in place as `P A = L U` with partial pivoting; `L` has ones on its diagonal.
 * About `2 n^3 / 3` operations, nothing allocated.
 *
 * @param pivots - `pivots[n]`: row k was exchanged with row `pivots[k]` in step k.
 * @returns False when `a` is singular or not finite: the factors are then of no use.
 */
export function luFactor(a: Float64Array, n: number, pivots: Int32Array): boolean {
  for (let k = 0; k < n; k++) {
    const rowK = k * n;
    let best = k;
    let size = Math.abs(a[rowK + k]);
    for (let i = k + 1; i < n; i++) {
      const candidate = Math.abs(a[i * n + k]);
      if (candidate > size) {
        size = candidate;
        best = i;
      }
    }
    pivots[k] = best;
    // Also false for NaN.
    if (!(size > 0 && size < Infinity)) return false;
    if (best !== k) swapRows(a, n, k, best);
    const inverse = 1 / a[rowK + k];
    for (let i = k + 1; i < n; i++) {
      const rowI = i * n;
      if (a[rowI + k] === 0) continue;
      const factor = a[rowI + k] * inverse;
      a[rowI + k] = factor;
      for (let j = k + 1; j < n; j++) a[rowI + j] -= factor * a[rowK + j];
    }
  }
  return true;
}

function swapRows(a: Float64Array, n: number, i: number, j: number): void {
  for (let p = i * n, q = j * n, end = p + n; p < end; p++, q++) {
    const x = a[p];
    a[p] = a[q];
    a[q] = x;
  }
}

/** Solves `A x = b` in place, `b[n]` becoming `x`, by the factors of {@link luFactor}. About `2 n^2` operations. */
export function luSolve(lu: Float64Array, n: number, pivots: Int32Array, b: Float64Array): void {
  for (let k = 0; k < n; k++) {
    const pivot = pivots[k];
    if (pivot !== k) {
      const x = b[k];
      b[k] = b[pivot];
      b[pivot] = x;
    }
  }
  for (let i = 1; i < n; i++) {
    const row = i * n;
    let sum = b[i];
    for (let j = 0; j < i; j++) sum -= lu[row + j] * b[j];
    b[i] = sum;
  }
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    let sum = b[i];
    for (let j = i + 1; j < n; j++) sum -= lu[row + j] * b[j];
    b[i] = sum / lu[row + i];
  }
}
