import { expect, test } from "vitest";
import { FastestRate } from "./fastest-rate.ts";
import type { BoundField } from "./vector-field.ts";

const scale = { reltol: 1e-6, abstol: 1e-6 };

/** `du/dt = A u`. */
const linear = (a: readonly (readonly number[])[]): BoundField => ({ rhs: (_t, u, out) => a.forEach((row, i) => void (out[i] = row.reduce((sum, x, j) => sum + x * u[j], 0))) });

test.each([
  ["decay beside what is slow", [[-1000, 1000, 0], [0, -1, 0], [0, 2, -5]], 1000, 1],
  ["growth", [[30, 1], [0, -2]], 30, -1],
  ["an undamped oscillation", [[0, 1], [-1e4, 0]], 100, 0],
  ["a damped oscillation", [[0, 1], [-1e4, -60]], 100, 0.3],
  ["a fast and a slow oscillation", [[0, 1, 0, 0], [-1e4, -2, 1, 0], [0, 0, 0, 1], [1, 0, -1, 0]], 100, 0.01],
  ["rates that are all the same", [[-7, 0], [0, -7]], 7, 1],
] as const)("%s: modulus and direction of the fastest eigenvalue, also where the state is zero", (_what, a, size, damping) => {
  for (const u of [a.map(() => 0), a.map((_, i) => 1 + i)]) {
    const rate = new FastestRate(linear(a), a.length, scale);
    rate.look(0, Float64Array.from(u), 0);
    expect(Math.abs(rate.size / size - 1)).toBeLessThan(0.01);
    expect(Math.abs(rate.damping - damping)).toBeLessThan(0.02);
    expect(rate.nf).toBeLessThanOrEqual(13);
  }
});

test("rates close together are told to 15 % at the first look, and to 2 % after some", () => {
  // The heat equation on 63 points: eigenvalues -4 sin^2(pi j / 128).
  const n = 63;
  const heat: BoundField = { rhs: (_t, u, out) => void out.forEach((_, i) => (out[i] = (u[i - 1] ?? 0) - 2 * u[i] + (u[i + 1] ?? 0))) };
  const rate = new FastestRate(heat, n, scale);
  const exact = 4 * Math.sin((Math.PI * n) / (2 * (n + 1))) ** 2;
  rate.look(0, new Float64Array(n), 0);
  expect(Math.abs(rate.size / exact - 1)).toBeLessThan(0.15);
  for (let i = 0; i < 30; i++) rate.look(0, new Float64Array(n), 0);
  expect(Math.abs(rate.size / exact - 1)).toBeLessThan(0.02);
});

test("a direction that has died out is seen when its rate rises", () => {
  const rate = new FastestRate({ rhs: (t, u, out) => void out.set([-1000 * u[0], -t * u[1]]) }, 2, scale);
  const u = Float64Array.of(1, 1);
  for (let i = 0; i < 200; i++) rate.look(1, u, 0);
  expect(rate.size).toBeCloseTo(1000, 0);
  rate.look(1e5, u, 0);
  expect(rate.size / 1e5).toBeCloseTo(1, 2);
});

test("without a finite difference there is no rate; an estimate that is low enough ends a look", () => {
  for (const rhs of [(_t: number, _u: Float64Array, out: Float64Array) => void out.fill(3), (_t: number, u: Float64Array, out: Float64Array) => void out.set([Math.sqrt(-Math.abs(u[0])), 1])]) {
    const rate = new FastestRate({ rhs }, 2, scale);
    rate.look(0, Float64Array.of(1, 1), 0);
    expect(rate.size).toBe(0);
  }
  const rate = new FastestRate(linear([[-3, 1], [0, -1]]), 2, scale);
  rate.look(0, Float64Array.of(1, 1), 10);
  expect(rate.nf).toBe(3);
});
