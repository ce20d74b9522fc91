import type { Tableau } from "./algorithm.ts";
import { FastestRate } from "./fastest-rate.ts";
import type { ErrorScale } from "./scaled-norm.ts";
import { stabilityLimit } from "./stability-limit.ts";
import type { BoundField } from "./vector-field.ts";

/** Steps are taken to be bounded by stability from this part of its limit on: tolerances of errors keep them a little below it. */
const nearLimit = 0.6;

/** A hint for people when explicit steps of length `size` at `u[n]` are as long as stability allows the method; else empty. And what finding out cost. */
export function stiffnessHint(f: BoundField, t: number, u: Float64Array, size: number, tableau: Tableau | undefined, scale: ErrorScale): { readonly hint: string; readonly nf: number } {
  const rate = new FastestRate(f, u.length, scale);
  rate.look(t, u, 0);
  const isStiff = rate.size * size > (tableau ? nearLimit * stabilityLimit(tableau) : 1);
  return { hint: isStiff ? "; stability limits their size, not accuracy: the problem is stiff, and an implicit algorithm would take fewer" : "", nf: rate.nf };
}
