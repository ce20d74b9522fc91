/** A vector by its entries that are not zero: `x[k]` at index `at[k]`. */
export interface SparseVector {
  readonly at: readonly number[];
  readonly x: readonly number[];
}

/** Bases of the rows `l` with `l A = 0` and of the columns `r` with `A r = 0`; as many of these as of those, none where `A` is not singular. */
export interface NullSpaces {
  readonly left: readonly SparseVector[];
  readonly right: readonly SparseVector[];
}

/** Pivots up to this many units of rounding, times `n`, of what they were computed from are zero. */
const noise = 64;

/**
 * The null spaces of `a[n * n]`, row-major, by elimination with row exchanges, up to rounding. Where rows or columns are zero, unit vectors are among
 * the bases. The scales of rows and columns do not matter. About `3 n^3` operations, `n^2` for a diagonal matrix.
 */
export function nullSpaces(a: Float64Array, n: number): NullSpaces {
  const reduced = a.slice();
  const steps = new Float64Array(n * n);
  for (let i = 0; i < n; i++) steps[i * n + i] = 1;
  // Of the largest terms of each entry.
  const sizes = a.map(Math.abs);
  const pivots: number[] = [];
  for (let column = 0; column < n; column++) {
    const row = pivots.length;
    const best = largestFrom(reduced, n, row, column);
    if (best < 0 || Math.abs(reduced[best * n + column]) <= noise * n * Number.EPSILON * sizes[best * n + column]) continue;
    for (const matrix of [reduced, steps, sizes]) exchange(matrix, n, row, best);
    const inverse = 1 / reduced[row * n + column];
    for (let i = 0; i < n; i++) {
      const factor = reduced[i * n + column] * inverse;
      if (i === row || factor === 0) continue;
      for (const matrix of [reduced, steps]) subtract(matrix, n, i, factor, row);
      for (let k = 0; k < n; k++) sizes[i * n + k] = Math.max(sizes[i * n + k], Math.abs(factor) * sizes[row * n + k]);
      reduced[i * n + column] = 0;
    }
    pivots.push(column);
  }
  const left = Array.from({ length: n - pivots.length }, (_, k) => sparse(steps.subarray((pivots.length + k) * n, (pivots.length + k + 1) * n)));
  const free = Array.from({ length: n }, (_, j) => j).filter((j) => !pivots.includes(j));
  const right = free.map((j) => {
    const column = new Float64Array(n);
    column[j] = 1;
    pivots.forEach((pivot, i) => void (column[pivot] = -reduced[i * n + j] / reduced[i * n + pivot]));
    return sparse(column);
  });
  return { left, right };
}

/** The row from `first` on whose entry in `column` is largest, or -1. */
function largestFrom(a: Float64Array, n: number, first: number, column: number): number {
  let best = first < n ? first : -1;
  for (let i = first + 1; i < n; i++) if (Math.abs(a[i * n + column]) > Math.abs(a[best * n + column])) best = i;
  return best;
}

function exchange(a: Float64Array, n: number, i: number, j: number): void {
  if (i === j) return;
  for (let k = 0; k < n; k++) [a[i * n + k], a[j * n + k]] = [a[j * n + k], a[i * n + k]];
}

/** Row `i` less `factor` times row `from`. */
function subtract(a: Float64Array, n: number, i: number, factor: number, from: number): void {
  for (let k = 0; k < n; k++) a[i * n + k] -= factor * a[from * n + k];
}

function sparse(vector: Float64Array): SparseVector {
  const at = Array.from(vector, (_, i) => i).filter((i) => vector[i] !== 0);
  return { at, x: at.map((i) => vector[i]) };
}
