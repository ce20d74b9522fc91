/** How a solve measures errors. */
export interface ErrorScale {
  readonly reltol: number;
  readonly abstol: number;
  /** Absolute tolerances `[n]`, when they differ or `norm` needs them; `abstol` is then the smallest. */
  readonly abstols?: Float64Array | undefined;
  /** The user's norm of scaled errors, in the place of the root mean square. */
  readonly norm?: ((scaled: Float64Array) => number) | undefined;
}

/** The absolute tolerance of each of `n` components. */
export const abstolsOf = ({ abstol, abstols }: ErrorScale, n: number): Float64Array => abstols ?? new Float64Array(n).fill(abstol);

/**
 * The size of `error[n]` in a step from `u[n]` to `next[n]`, at most 1 when it is good enough: the root mean square, or the user's norm, of
 * `error[i] / (abstol[i] + reltol max(|u[i]|, |next[i]|))`. Not finite when a state or an error is not.
 * May overwrite `error`.
 */
export function scaledNorm(error: Float64Array, u: Float64Array, next: Float64Array, { reltol, abstol, abstols, norm }: ErrorScale): number {
  return abstols ? listedNorm(error, u, next, abstols, reltol, norm) : plainNorm(error, u, next, abstol, reltol);
}

/** As most solves have it, with nothing to write: in four fifths of the time of {@link listedNorm}. */
function plainNorm(error: Float64Array, u: Float64Array, next: Float64Array, abstol: number, reltol: number): number {
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

function listedNorm(error: Float64Array, u: Float64Array, next: Float64Array, abstols: Float64Array, reltol: number, norm: ErrorScale["norm"]): number {
  const n = error.length;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const size = Math.max(Math.abs(u[i]), Math.abs(next[i]));
    if (!(size < Infinity)) return NaN;
    const e = error[i] === 0 ? 0 : error[i] / (abstols[i] + reltol * size);
    error[i] = e;
    sum += e * e;
  }
  return norm ? norm(error) : Math.sqrt(sum / n);
}
