import type { Algorithm } from "./algorithm.ts";
import { FastestRate } from "./fastest-rate.ts";
import type { ErrorScale } from "./scaled-norm.ts";
import { stabilityLimit } from "./stability-limit.ts";
import type { BoundField } from "./vector-field.ts";

/** Steps are taken to be bounded by stability from this part of its limit on: tolerances of errors keep them a little below it. */
const nearLimit = 0.6;

/**
 * The same as a length times the fastest rate, for methods that tell no limit: `vcabm` takes stiff problems with its orders 1 to 3, whose
 * limits are 2, 2.4 and 1.9, and others with higher ones, in shorter steps; `dprkn6` takes driven oscillations with 1.4.
 */
const nearOther = 1;

/** A hint for people when explicit steps of length `size` at `u[n]` are as long as stability allows the method; else empty. And what finding out cost. */
export function stiffnessHint(f: BoundField, t: number, u: Float64Array, size: number, { tableau, stabilityLimit: told }: Algorithm, scale: ErrorScale): { readonly hint: string; readonly nf: number } {
  const rate = new FastestRate(f, u.length, scale);
  rate.look(t, u, 0);
  const limit = tableau ? stabilityLimit(tableau) : told;
  const isStiff = rate.size * size > (limit === undefined ? nearOther : nearLimit * limit);
  return { hint: isStiff ? "; stability limits their size, not accuracy: the problem is stiff, and an implicit algorithm would take fewer" : "", nf: rate.nf };
}
