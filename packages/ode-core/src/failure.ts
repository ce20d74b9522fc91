import type { BoundField } from "./vector-field.ts";

/** The message of a solve that did not reach its end. */
export const stopped = (t: number, why: string): string => `Stopped at t = ${t}: ${why}`;

/** Index of the first entry that is NaN or infinite, or -1. */
export function firstNonFinite(x: Float64Array): number {
  for (let i = 0; i < x.length; i++) if (!Number.isFinite(x[i])) return i;
  return -1;
}

/** Says which component of `f(t, u[n])` is not finite. */
export function nonFiniteSlope(f: BoundField, t: number, u: Float64Array): string {
  const slope = new Float64Array(u.length);
  f.rhs(t, u, slope);
  const bad = firstNonFinite(slope);
  return `component ${bad} of the right-hand side is ${slope[bad]} at the initial state`;
}
