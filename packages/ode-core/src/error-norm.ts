/**
 * Root mean square of `error[i] / (abstol + reltol max(|u[i]|, |next[i]|))`: at most 1 when a step is good enough.
 * Not finite when a state or an error is not.
 */
export function errorNorm(error: Float64Array, u: Float64Array, next: Float64Array, abstol: number, reltol: number): number {
  const n = error.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const size = Math.max(Math.abs(u[i]), Math.abs(next[i]));
    // An infinite state would hide any error behind an infinite scale.
    if (!(size < Infinity)) return NaN;
    // With abstol = 0, a component that is and stays zero has no scale and needs none.
    if (error[i] === 0) continue;
    const e = error[i] / (abstol + reltol * size);
    sum += e * e;
  }
  return Math.sqrt(sum / n);
}
