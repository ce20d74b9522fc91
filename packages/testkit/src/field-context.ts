import type { VectorField } from "@fluxion/ode-core";
import { expect } from "vitest";

/** A vector field, where it is tested, and what to expect there. */
export interface FieldContext {
  readonly field: VectorField;
  readonly t: number;
  readonly u: Float64Array;
  readonly p: Float64Array;
  readonly tolerance: number;
  /** How many times the rounding errors of float64 are allowed. */
  readonly rounding: number;
  /** Of differences. */
  readonly step: number;
}

/** Written beyond the end of a buffer, to see that it is left alone. */
const guard = 12345.678;

/** A view of `length` numbers with guards on both sides. */
export function guarded(length: number): { view: Float64Array; intact: () => boolean } {
  const whole = new Float64Array(length + 2).fill(guard);
  return { view: whole.subarray(1, length + 1).fill(NaN), intact: () => whole[0] === guard && whole[length + 1] === guard };
}

export const wave = (length: number, seed: number): Float64Array => Float64Array.from({ length }, (_, i) => Math.sin(1.7 * i + seed));
export const dot = (x: Float64Array, y: Float64Array): number => x.reduce((sum, v, i) => sum + v * y[i], 0);

/** `f_u du + f_p dp` by fourth-order differences along the direction. */
export function directional({ field, t, u, p, step }: FieldContext, du: Float64Array, dp: Float64Array): Float64Array {
  const size = Math.max(1, ...u.map(Math.abs), ...p.map(Math.abs));
  const h = step / size;
  const at = (s: number): Float64Array => {
    const out = new Float64Array(u.length);
    field.bind(p.map((x, i) => x + s * dp[i])).rhs(t, u.map((x, i) => x + s * du[i]), out);
    return out;
  };
  const [a, b, c, d] = [at(h), at(-h), at(2 * h), at(-2 * h)];
  return a.map((x, i) => (8 * (x - b[i]) - (c[i] - d[i])) / (12 * h));
}

/** Entries agree to `tolerance` times the largest expected one. */
export function expectClose(got: Float64Array, expected: Float64Array, tolerance: number): void {
  const scale = Math.max(1e-3, ...expected.map(Math.abs));
  got.forEach((x, i) => expect(Math.abs(x - expected[i]) / scale).toBeLessThan(tolerance));
}

/** `count` states near `u`. */
export const near = (u: Float64Array, count: number): Float64Array[] => Array.from({ length: count }, (_, k) => u.map((x, i) => x + 0.01 * Math.sin(k + 2.3 * i)));
