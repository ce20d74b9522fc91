import { expect, test } from "vitest";
import { dop853, fbdf, implicitEuler, radauIIA5, rodas5P, solve, tsit5, vcabm } from "./index.ts";
import { euclideanInitialStep, initialStep } from "./initial-step.ts";
import { odeProblem } from "./problem.ts";
import type { InPlaceRhs } from "./vector-field.ts";

const first = (rhs: InPlaceRhs, tspan: [number, number], { tol = 1e-6, dtmax = Infinity, u0 = [1] } = {}): number => {
  const problem = odeProblem(rhs, u0, tspan);
  return initialStep({ problem, f: problem.f.bind(problem.p), order: 5, abstol: tol, reltol: tol, dtmax }, new Float64Array(u0.length));
};
const decay = (rate: number): InPlaceRhs => (_t, u, _p, out) => void (out[0] = -rate * u[0]);

test("follows the formula on linear decay, and the time scale of the problem", () => {
  // |f| / scale = 5e5 and |f'| / scale alike, so that h1 = (0.01 / 5e5)^(1/5), unless 100 h0 = 1 is less.
  expect(first(decay(1), [0, 10])).toBeCloseTo((0.01 / 5e5) ** 0.2, 10);
  expect(first(decay(1000), [0, 10])).toBeCloseTo(1e-3, 12);
});

test("is positive backwards too, within dtmax and the span", () => {
  expect(first(decay(1), [10, 0])).toBeCloseTo(first(decay(1), [0, 10]), 12);
  expect(first(decay(1), [0, 10], { dtmax: 1e-5 })).toBe(1e-5);
  expect(first(decay(1), [0, 1e-7])).toBe(1e-7);
});

test("copes with zero slopes, zero states, zero scales and slopes that are not finite", () => {
  expect(first((_t, _u, _p, out) => void (out[0] = 0), [0, 10])).toBeGreaterThan(0);
  expect(first((t, _u, _p, out) => void (out[0] = t), [0, 10], { u0: [0] })).toBeGreaterThan(0);
  expect(first((_t, _u, _p, out) => void (out[0] = NaN), [0, 10])).toBeNaN();
  const beyond = first((t, _u, _p, out) => void (out[0] = t > 0 ? Infinity : 1), [0, 10]);
  expect(beyond).toBeGreaterThan(0);
  expect(beyond).toBeLessThan(1);
});

test("hands over the slope at the start; by sums of squares, n equal components shorten the step by n^(1 / 2k)", () => {
  const problem = odeProblem((_t, u, _p, out) => void out.set(u.map((x) => -x)), [1, 1, 1, 1], [0, 10]);
  const context = { problem, f: problem.f.bind(problem.p), order: 5, abstol: 1e-6, reltol: 1e-6, dtmax: Infinity };
  const slope = new Float64Array(4);
  const mean = initialStep(context, slope);
  expect([...slope]).toEqual([-1, -1, -1, -1]);
  expect(mean).toBeCloseTo((0.01 / 5e5) ** 0.2, 12);
  expect(euclideanInitialStep(context, slope)).toBeCloseTo((0.01 / 1e6) ** 0.2, 12);
});

test("is no shorter than the time can tell: where it begins at zero, at large times and over long spans", () => {
  const warming = odeProblem((_t, u, _p, out) => void (out[0] = -1e-5 * (u[0] - 20) + 1e-6), [0], [1.7e12, 1.7e12 + 86400e3]);
  const backwards = odeProblem((_t, u, _p, out) => void (out[0] = -1e-20 * u[0]), [1], [1e20, 0]);
  for (const algorithm of [tsit5(), dop853(), vcabm(), rodas5P(), fbdf(), radauIIA5(), implicitEuler()]) {
    for (const problem of [warming, backwards]) expect(solve(problem, algorithm).retcode).toBe("success");
  }
});

test("of a method of order 1 is a length, not the square of one", () => {
  const follower = odeProblem((t, u, _p, out) => void (out[0] = -100 * (u[0] - Math.cos(t))), [0], [10, 11]);
  expect(solve(follower, implicitEuler()).retcode).toBe("success");
});
