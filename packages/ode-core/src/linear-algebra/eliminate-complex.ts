/** `eliminate` for complex matrices, real and imaginary parts apart. Two rows at a time read the pivot's row once. `inverseRe` and `inverseIm` are one over the pivot. */
export function eliminateComplex(re: Float64Array, im: Float64Array, step: number, pivot: number, first: number, rows: number, count: number, inverseRe: number, inverseIm: number): void {
  let row = first;
  let left = rows;
  for (; left > 1; left -= 2, row += 2 * step) eliminateTwo(re, im, pivot, row, row + step, count, inverseRe, inverseIm);
  if (left > 0) eliminateOne(re, im, pivot, row, count, inverseRe, inverseIm);
}

function eliminateOne(re: Float64Array, im: Float64Array, pivot: number, row: number, count: number, inverseRe: number, inverseIm: number): void {
  const x = re[row];
  const y = im[row];
  if (x === 0 && y === 0) return;
  const p = x * inverseRe - y * inverseIm;
  const q = x * inverseIm + y * inverseRe;
  re[row] = p;
  im[row] = q;
  for (let j = 1; j <= count; j++) {
    const a = re[pivot + j];
    const b = im[pivot + j];
    re[row + j] -= p * a - q * b;
    im[row + j] -= p * b + q * a;
  }
}

function eliminateTwo(re: Float64Array, im: Float64Array, pivot: number, r0: number, r1: number, count: number, inverseRe: number, inverseIm: number): void {
  const x = re[r0];
  const y = im[r0];
  const z = re[r1];
  const w = im[r1];
  if (x === 0 && y === 0 && z === 0 && w === 0) return;
  const p = x * inverseRe - y * inverseIm;
  const q = x * inverseIm + y * inverseRe;
  const r = z * inverseRe - w * inverseIm;
  const s = z * inverseIm + w * inverseRe;
  re[r0] = p;
  im[r0] = q;
  re[r1] = r;
  im[r1] = s;
  for (let j = 1; j <= count; j++) {
    const a = re[pivot + j];
    const b = im[pivot + j];
    re[r0 + j] -= p * a - q * b;
    im[r0 + j] -= p * b + q * a;
    re[r1 + j] -= r * a - s * b;
    im[r1 + j] -= r * b + s * a;
  }
}
