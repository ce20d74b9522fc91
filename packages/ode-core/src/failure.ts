import type { BoundField } from "./vector-field.ts";

/** The message of a solve that did not reach its end. */
export const stopped = (t: number, why: string): string => `Stopped at t = ${t}: ${why}`;

/** Index of the first entry that is NaN or infinite, or -1. */
export function firstNonFinite(x: Float64Array): number {
  for (let i = 0; i < x.length; i++) if (!Number.isFinite(x[i])) return i;
  return -1;
}

/** What is looked at, in lengths of the failed step: differences reach further than it. */
const ahead = [1, 2, 4, 8, 16, 32, 64];

/**
 * Says which component of the right-hand side is not finite at `u[n]`, or at the end of Euler steps of `length` and somewhat more from there, up to the time `end`;
 * empty when all are finite, or it throws. `nf` is how often it was evaluated for that.
 */
export function nonFiniteSlope(f: BoundField, t: number, u: Float64Array, length: number, end: number): { readonly what: string; readonly nf: number } {
  // What is not written stays NaN, or 0.
  const [slope, point, beyond] = [new Float64Array(u.length).fill(NaN), new Float64Array(u.length), new Float64Array(u.length)];
  const found = (time: number, x: Float64Array): string => {
    const bad = firstNonFinite(x);
    return bad < 0 ? "" : `component ${bad} of the right-hand side is ${x[bad]} at t = ${time}`;
  };
  let what = "";
  let nf = 0;
  try {
    nf++;
    f.rhs(t, u, slope);
    what = found(t, slope);
    if (what !== "") {
      nf++;
      f.rhs(t, u, beyond);
      const unwritten = slope.findIndex((x, i) => Number.isNaN(x) && beyond[i] === 0);
      if (unwritten >= 0) what = `component ${unwritten} of the right-hand side is not written at t = ${t}`;
    }
    for (let k = 0; what === "" && k < ahead.length && Number.isFinite(length); k++) {
      const h = Math.sign(length) * Math.min(ahead[k] * Math.abs(length), Math.abs(end - t));
      for (let i = 0; i < u.length; i++) point[i] = u[i] + h * slope[i];
      nf++;
      f.rhs(t + h, point, beyond);
      what = found(t + h, beyond);
    }
  } catch {
    // The solve has an end of its own to tell of.
  }
  return { what, nf };
}
