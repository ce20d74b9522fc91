/**
 * The error norm for absolute tolerances per component and for a norm of the user's: writes
 * `error[i] / (abstol[i] + reltol max(|u[i]|, |next[i]|))` into `scaled[n]` and measures that, by default by the root mean square.
 * Not finite when a state or an error is not. `scaled` may be `error`.
 */
export function ownNorm(
  error: Float64Array,
  u: Float64Array,
  next: Float64Array,
  abstols: Float64Array,
  reltol: number,
  norm: ((scaled: Float64Array) => number) | undefined,
  scaled: Float64Array,
): number {
  const n = scaled.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const size = Math.max(Math.abs(u[i]), Math.abs(next[i]));
    // An infinite state would hide any error behind an infinite scale.
    if (!(size < Infinity)) return NaN;
    // With abstol = 0, a component that is and stays zero has no scale and needs none.
    const e = error[i] === 0 ? 0 : error[i] / (abstols[i] + reltol * size);
    scaled[i] = e;
    sum += e * e;
  }
  return norm ? norm(scaled) : Math.sqrt(sum / n);
}
