/**
 * Subtracts multiples of a pivot's row from `rows` rows below it, so that their entries in its column vanish; in their places are the factors then. Rows are `step` numbers apart. Four
 * at a time read the pivot's row once.
 *
 * @param pivot - Where the pivot lies; `count` entries follow in its row.
 * @param first - Where the entry in its column of the first of the rows lies.
 * @param inverse - One over the pivot.
 */
export function eliminate(a: Float64Array, step: number, pivot: number, first: number, rows: number, count: number, inverse: number): void {
  let row = first;
  let left = rows;
  for (; left > 3; left -= 4, row += 4 * step) eliminateFour(a, step, pivot, row, count, inverse);
  for (; left > 0; left--, row += step) eliminateOne(a, pivot, row, count, inverse);
}

function eliminateOne(a: Float64Array, pivot: number, row: number, count: number, inverse: number): void {
  const factor = a[row] * inverse;
  a[row] = factor;
  if (factor === 0) return;
  for (let j = 1; j <= count; j++) a[row + j] -= factor * a[pivot + j];
}

function eliminateFour(a: Float64Array, step: number, pivot: number, r0: number, count: number, inverse: number): void {
  const r1 = r0 + step;
  const r2 = r1 + step;
  const r3 = r2 + step;
  const p = a[r0] * inverse;
  const q = a[r1] * inverse;
  const r = a[r2] * inverse;
  const s = a[r3] * inverse;
  a[r0] = p;
  a[r1] = q;
  a[r2] = r;
  a[r3] = s;
  if (p === 0 && q === 0 && r === 0 && s === 0) return;
  for (let j = 1; j <= count; j++) {
    const x = a[pivot + j];
    a[r0 + j] -= p * x;
    a[r1 + j] -= q * x;
    a[r2 + j] -= r * x;
    a[r3 + j] -= s * x;
  }
}
