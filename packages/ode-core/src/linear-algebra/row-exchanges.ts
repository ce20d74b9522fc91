/** Exchanges `count` numbers from index `p` on with those from index `q` on. */
export function swapRuns(a: Float64Array, p: number, q: number, count: number): void {
  for (const end = p + count; p < end; p++, q++) {
    const x = a[p];
    a[p] = a[q];
    a[q] = x;
  }
}

/** Exchanges the entries of `b` as a factorisation exchanged the rows: k with `pivots[k]` in step k. */
export function exchangeEntries(pivots: Int32Array, n: number, b: Float64Array): void {
  for (let k = 0; k < n; k++) {
    const pivot = pivots[k];
    if (pivot !== k) {
      const x = b[k];
      b[k] = b[pivot];
      b[pivot] = x;
    }
  }
}
