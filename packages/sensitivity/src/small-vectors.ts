// For a few numbers loops are faster than methods of typed arrays.

export function scale(factor: number, x: Float64Array, out: Float64Array): void {
  for (let j = 0; j < out.length; j++) out[j] = factor * x[j];
}

export function accumulate(factor: number, x: Float64Array, out: Float64Array): void {
  for (let j = 0; j < out.length; j++) out[j] += factor * x[j];
}

export function isZero(x: Float64Array): boolean {
  for (let j = 0; j < x.length; j++) if (x[j] !== 0) return false;
  return true;
}
