import type { Tableau } from "./algorithm.ts";
import { stabilityLimit } from "./stability-limit.ts";
import type { BoundField } from "./vector-field.ts";

/** Evaluations per call of {@link stiffnessHint}. */
export const stiffnessCost = 12;

/** Steps are taken to be bounded by stability from this part of its limit on: tolerances of errors keep them a little below it. */
const nearLimit = 0.6;

/** A hint for people when explicit steps of length `size` at `u[n]` are as long as stability allows the method; else empty. */
export function stiffnessHint(f: BoundField, t: number, u: Float64Array, size: number, tableau: Tableau | undefined): string {
  return fastestRate(f, t, u) * size > (tableau ? nearLimit * stabilityLimit(tableau) : 1) ? "; stability limits their size, not accuracy: the problem is stiff, and an implicit algorithm would take fewer" : "";
}

/** An estimate of the fastest rate of `f` at `u[n]`, the largest |eigenvalue| of its Jacobian: power iteration on differences. */
function fastestRate(f: BoundField, t: number, u: Float64Array): number {
  const n = u.length;
  const [f0, f1] = [new Float64Array(n), new Float64Array(n)];
  const moved = u.slice();
  const size = Math.sqrt(Number.EPSILON) * Math.max(1e-6, Math.sqrt(u.reduce((sum, x) => sum + x * x, 0)));
  f.rhs(t, u, f0);
  let direction = f0.slice();
  let rate = 0;
  for (let i = 1; i < stiffnessCost; i++) {
    const length = Math.sqrt(direction.reduce((sum, x) => sum + x * x, 0));
    if (!(length > 0 && length < Infinity)) return rate;
    for (let j = 0; j < n; j++) moved[j] = u[j] + (size / length) * direction[j];
    f.rhs(t, moved, f1);
    direction = direction.map((_, j) => (f1[j] - f0[j]) / size);
    rate = Math.sqrt(direction.reduce((sum, x) => sum + x * x, 0));
  }
  return rate;
}
