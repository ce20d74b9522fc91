import { errorNorm } from "./error-norm.ts";
import { ownNorm } from "./own-norm.ts";

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

/** The size of `error[n]` in a step from `u[n]` to `next[n]`, at most 1 when it is good enough. May overwrite `error`. */
export function scaledNorm(error: Float64Array, u: Float64Array, next: Float64Array, { reltol, abstol, abstols, norm }: ErrorScale): number {
  return abstols ? ownNorm(error, u, next, abstols, reltol, norm, error) : errorNorm(error, u, next, abstol, reltol);
}
