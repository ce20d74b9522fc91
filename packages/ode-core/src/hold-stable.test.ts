import { expect, test } from "vitest";
import { bs3, dop853, dp5, euler, heun, holdStable, odeProblem, rodas5P, solve, tsit5, vern7, type Algorithm, type InPlaceRhs, type SolveOptions } from "./index.ts";
import { stabilityLimit, stabilityLimits } from "./stability-limit.ts";

/** The longest kept step but the first few, which begin before the first look. */
function longest(f: InPlaceRhs, u0: number[], end: number, algorithm: Algorithm, options: SolveOptions = {}): number {
  let most = 0;
  const { retcode } = solve(odeProblem(f, u0, [0, end]), algorithm, { ...options, onStep: (_t, h) => void (most = Math.max(most, h)) });
  expect(retcode).toBe("success");
  return most;
}

/** A fast decay to a slow solution. */
const slow: InPlaceRhs = (t, u, _p, out) => void out.set([-1000 * (u[0] - u[1]), Math.cos(t) - u[1]]);
const methods = [tsit5(), dp5(), bs3(), vern7(), dop853()];

test.each(methods)("$name: no step on a slow solution is longer than stable, as those of the plain method are", (algorithm) => {
  const limit = stabilityLimit(algorithm.tableau!) / 1000;
  for (const options of [{ reltol: 1e-4, abstol: 1e-6 }, { reltol: 1e-7, abstol: 1e-9 }, { reltol: 1e-5, abstol: 1e-5, norm: (x: Float64Array) => Math.max(...x.map(Math.abs)) }]) {
    expect(longest(slow, [1, 1], 3, algorithm, options)).toBeGreaterThan(limit);
    const held = longest(slow, [1, 1], 3, holdStable(algorithm), options);
    expect(held).toBeLessThan(0.91 * limit);
    expect(held).toBeGreaterThan(0.8 * limit);
  }
});

test.each(methods)("$name: steps at rest are held by what the Jacobian says", (algorithm) => {
  const oscillator: InPlaceRhs = (_t, u, _p, out) => void out.set([u[1], -100 * u[0] - 0.02 * u[1]]);
  expect(longest(oscillator, [0, 0], 50, algorithm)).toBeGreaterThan(1);
  expect(longest(oscillator, [0, 0], 50, holdStable(algorithm))).toBeLessThan(0.91 * 0.1 * stabilityLimits(algorithm.tableau!)(0.001));
});

test.each([...methods, heun()])("$name: where accuracy asks for shorter steps they are those of the plain method, and all evaluations are counted", (algorithm) => {
  let calls = 0;
  const problem = odeProblem((_t, u, _p, out) => {
    calls++;
    out.set([10 * (u[1] - u[0]), u[0] * (28 - u[2]) - u[1], u[0] * u[1] - (8 / 3) * u[2]]);
  }, [1, 1, 1], [0, 3]);
  for (const options of [{ reltol: 1e-6, abstol: 1e-6 }, { reltol: 1e-6, abstol: 1e-6, norm: (x: Float64Array) => Math.max(...x.map(Math.abs)) }]) {
    const plain = solve(problem, algorithm, options);
    calls = 0;
    const held = solve(problem, holdStable(algorithm), options);
    expect([held.t, held.u]).toEqual([plain.t, plain.u]);
    expect(held.stats.nf).toBe(calls);
    expect(held.stats.nf).toBeGreaterThan(plain.stats.nf);
    // Three in 16 steps, and the first look.
    expect(held.stats.nf - plain.stats.nf).toBeLessThan(3 * (1 + (plain.stats.naccept + plain.stats.nreject) / 16) + 10);
  }
});

test.each([...methods, heun()])("$name: the same motion backwards in time takes the same steps", (algorithm) => {
  const mirrored = (f: InPlaceRhs): InPlaceRhs => (t, u, p, out) => {
    f(-t, u, p, out);
    for (let i = 0; i < out.length; i++) out[i] = -out[i];
  };
  const damped: InPlaceRhs = (_t, u, _p, out) => void out.set([u[1], -100 * u[0] - 2 * u[1]]);
  for (const f of [slow, damped]) {
    const [forwards, backwards] = [solve(odeProblem(f, [1, 1], [0, 3]), holdStable(algorithm), { reltol: 1e-4, abstol: 1e-6 }), solve(odeProblem(mirrored(f), [1, 1], [0, -3]), holdStable(algorithm), { reltol: 1e-4, abstol: 1e-6 })];
    expect(backwards.stats.naccept / forwards.stats.naccept).toBeCloseTo(1, 2);
    expect(backwards.u.at(-1)![0]).toBeCloseTo(forwards.u.at(-1)![0], 5);
  }
});

test("fixed steps are left alone", () => {
  for (const [algorithm, options] of [[euler(), { dt: 0.01 }], [tsit5(), { dt: 0.01, adaptive: false }]] as const) {
    const problem = odeProblem(slow, [1, 1], [0, 0.1]);
    const [plain, held] = [algorithm, holdStable(algorithm)].map((method) => solve(problem, method, options));
    expect([held.u, held.stats]).toEqual([plain.u, plain.stats]);
  }
});

test("needs a tableau", () => {
  expect(() => holdStable(rodas5P())).toThrow('Cannot hold stable as "algorithm" must be an explicit Runge-Kutta method: "rodas5P" has no tableau');
});
