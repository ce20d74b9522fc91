import type { Tableau } from "./algorithm.ts";

/** Spacing of the scan, far below the extent of any wiggle of a stability function near its limit. */
const spacing = 1e-3;

/**
 * The largest `z` such that steps of an explicit Runge-Kutta method damp `du/dt = -lambda u` for all `lambda h <= z`: the
 * extent of its region of stability along the negative real axis. Takes some thousand evaluations of a polynomial.
 */
export function stabilityLimit({ a, b }: Pick<Tableau, "a" | "b">): number {
  const dot = (w: readonly number[], v: readonly number[]): number => w.reduce((sum, x, i) => sum + x * v[i], 0);
  // R(z) = 1 + z b'1 + z^2 b'A 1 + ...
  const powers = [1];
  let v: number[] = b.map(() => 1);
  for (let k = 0; k < b.length; k++) {
    powers.push(dot(b, v));
    v = a.map((row) => dot(row, v));
  }
  const isStable = (z: number): boolean => Math.abs(powers.reduceRight((sum, c) => sum * -z + c, 0)) <= 1;
  let steps = 0;
  while (isStable((steps + 1) * spacing)) steps++;
  return steps * spacing;
}
