import { expect, test } from "vitest";
import type { Tableau } from "./algorithm.ts";
import { dp5, euler, midpoint, odeProblem, rk4, solve, tsit5, vern7, type Algorithm } from "./index.ts";
import { stabilityLimit, stabilityLimits } from "./stability-limit.ts";

const limitOf = (algorithm: Algorithm): number => stabilityLimit(algorithm.tableau as Tableau);

test("textbook limits: 2 for orders 1 and 2, the root of R(-z) = 1 for rk4, 3.3 for the pair of Dormand and Prince", () => {
  const root = 2.785293563405282;
  for (const [algorithm, limit] of [[euler(), 2], [midpoint(), 2], [rk4(), root], [dp5(), 3.3066]] as const) {
    expect(limitOf(algorithm)).toBeGreaterThan(limit - 2e-3);
    expect(limitOf(algorithm)).toBeLessThanOrEqual(limit + 1e-4);
  }
});

test.each([tsit5(), vern7()])("$name: 1,000 steps just below the limit decay, just above they grow", (algorithm) => {
  const decay = odeProblem((_t, u, _p, out) => void (out[0] = -u[0]), [1], [0, 1]);
  const end = (size: number): number => Math.abs(solve({ ...decay, tspan: [0, 1000 * size] }, algorithm, { dt: size, adaptive: false, dense: false }).u.at(-1)![0]);
  const limit = limitOf(algorithm);
  expect(end(limit - 0.01)).toBeLessThan(1);
  expect(end(limit + 0.01)).toBeGreaterThan(1);
});

test("limits of oscillations: 2.828 for rk4, where undamped ones do not grow; none for euler, but for slack; the shorter one between two directions", () => {
  expect(stabilityLimits(rk4().tableau!)(0)).toBeCloseTo(Math.sqrt(8), 1);
  // |1 + iy|^2 = 1 + y^2 <= 1.001^2.
  expect(stabilityLimits(euler().tableau!)(0)).toBeCloseTo(0.0447, 2);
  for (const algorithm of [tsit5(), vern7()]) {
    const limits = stabilityLimits(algorithm.tableau!);
    expect(limits(1)).toBe(limitOf(algorithm));
    expect(limits(-1)).toBe(limits(0));
    expect(limits(1e-9)).toBe(Math.min(limits(0), limits(1 / 64)));
  }
});
