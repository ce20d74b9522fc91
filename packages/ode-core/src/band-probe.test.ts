import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { autoTsit5, fbdf, implicitEuler, kenCarp4, odeProblem, radauIIA5, rodas5P, solve, trbdf2, tsit5, vectorField, type Bandwidth, type InPlaceRhs, type VectorFieldOptions } from "./index.ts";
import { jacobianOf } from "./jacobian.ts";

type Slope = (t: number, u: Float64Array, i: number) => number;

/** A field by components, and where it starts. */
interface Grid {
  readonly n: number;
  readonly slope: Slope;
  readonly band: Bandwidth;
  readonly u0: (i: number, n: number) => number;
  /** Whether the slope is linear in `u`, and so its own product with a direction. */
  readonly isLinear?: boolean;
  readonly t0?: number;
}

const tridiagonal = { lower: 1, upper: 1 };
const wave = (i: number, n: number): number => Math.sin((2 * Math.PI * i) / n);
const step = (i: number, n: number): number => (i > n / 4 && i < n / 2 ? 1 : 0);
const edge = (u: Float64Array, i: number): number => u[i] ?? 0;
const minmod = (a: number, b: number): number => (a * b <= 0 ? 0 : Math.sign(a) * Math.min(Math.abs(a), Math.abs(b)));
const limited = (u: Float64Array, i: number): number => edge(u, i) + 0.5 * minmod(edge(u, i + 1) - edge(u, i), edge(u, i) - edge(u, i - 1));
const diffusion = (c: number): Slope => (_t, u, i) => c * (edge(u, i - 1) - 2 * u[i] + edge(u, i + 1));

const kept: Readonly<Record<string, Grid>> = {
  "stiff diffusion": { n: 200, slope: diffusion(4e8), band: tridiagonal, u0: wave, isLinear: true },
  "diffusion of a step": { n: 101, slope: diffusion(1e4), band: tridiagonal, u0: step, isLinear: true },
  "sizes from 1e-12 to 1e12": { n: 60, slope: (_t, u, i) => -1e3 * u[i] + (i > 0 ? 10 ** ((i % 5) * 6 - ((i - 1) % 5) * 6) * u[i - 1] : 0), band: { lower: 1, upper: 0 }, u0: (i) => 10 ** ((i % 5) * 6 - 12), isLinear: true },
  "a chain of reactions from nothing": { n: 40, slope: (_t, u, i) => (i > 0 ? 1e6 * u[i - 1] * u[i - 1] : 0) - 1e4 * u[i] * u[i], band: { lower: 1, upper: 0 }, u0: (i) => (i === 0 ? 1 : 0) },
  "a slope that depends on time": { n: 50, slope: (t, u, i) => diffusion(100 * (1 + Math.sin(30 * t)))(t, u, i) + Math.exp(t) * Math.cos(i * t), band: tridiagonal, u0: wave, t0: 3 },
  "limiters at a constant state": { n: 100, slope: (_t, u, i) => 100 * (limited(u, i - 1) - limited(u, i)), band: { lower: 2, upper: 1 }, u0: () => 1 },
  "limiters at a step": { n: 100, slope: (_t, u, i) => 100 * (limited(u, i - 1) - limited(u, i)), band: { lower: 2, upper: 1 }, u0: step },
  "limiters that divide": { n: 64, slope: (_t, u, i) => ((a, b) => -50 * b * (1 + (b === 0 ? 0 : (a / b + Math.abs(a / b)) / (1 + Math.abs(a / b)))))(edge(u, i + 1) - u[i], u[i] - edge(u, i - 1)), band: tridiagonal, u0: step },
  "upwind of a speed that changes its sign": { n: 80, slope: (_t, u, i) => -50 * (Math.max(u[i], 0) * (u[i] - edge(u, i - 1)) + Math.min(u[i], 0) * (edge(u, i + 1) - u[i])), band: tridiagonal, u0: wave },
  "a kink in every component": { n: 30, slope: (_t, u, i) => Math.max(edge(u, i - 1), u[i]) - Math.abs(u[i] - 1) * 1e3, band: { lower: 1, upper: 0 }, u0: () => 1 },
  "the edge of a domain": { n: 30, slope: (_t, u, i) => edge(u, i - 1) - 10 * Math.sqrt(u[i]), band: { lower: 1, upper: 0 }, u0: (i) => i % 2 },
  "the other edge": { n: 30, slope: (_t, u, i) => edge(u, i - 1) - 10 * Math.sqrt(1 - u[i]), band: { lower: 1, upper: 0 }, u0: () => 1 },
  "a switch at its threshold": { n: 50, slope: (t, u, i) => diffusion(100)(t, u, i) + (u[0] > 1 ? 7 : 0), band: tridiagonal, u0: () => 1 },
  "differences of sums over all": { n: 500, slope: (_t, u, i) => 100 * (u.subarray(0, i + 1).reduce((s, x) => s + x, 0) - u.subarray(0, i).reduce((s, x) => s + x, 0)), band: { lower: 0, upper: 0 }, u0: (i, n) => step(i, n) * 1e6, isLinear: true },
  "a slope without any dependence": { n: 20, slope: (t, _u, i) => Math.sin(t + i), band: { lower: 0, upper: 0 }, u0: wave },
  "one that is not finite": { n: 20, slope: (_t, u, i) => (i === 7 ? NaN : -u[i]), band: { lower: 0, upper: 0 }, u0: wave },
  "one that overflows": { n: 20, slope: (_t, u, i) => -Math.exp(u[i] * 1e3), band: { lower: 0, upper: 0 }, u0: (i) => i % 3 },
  "five components": { n: 5, slope: diffusion(1), band: tridiagonal, u0: wave, isLinear: true },
};

const around = (u: Float64Array, i: number): number => u[(i + u.length) % u.length];
const broken: Readonly<Record<string, Grid>> = {
  "a periodic boundary": { n: 1000, slope: (_t, u, i) => 1e6 * (around(u, i - 1) - 2 * u[i] + around(u, i + 1)), band: tridiagonal, u0: wave, isLinear: true },
  "a periodic boundary of an odd number of points": { n: 33, slope: (_t, u, i) => around(u, i - 1) - 2 * u[i] + around(u, i + 1), band: tridiagonal, u0: () => 0, isLinear: true },
  "a periodic boundary and a step": { n: 100, slope: (_t, u, i) => 1e4 * (around(u, i - 1) - u[i]), band: { lower: 1, upper: 0 }, u0: step, isLinear: true },
  "a periodic boundary against the wind": { n: 100, slope: (_t, u, i) => 1e4 * (around(u, i + 1) - u[i]), band: { lower: 0, upper: 1 }, u0: step, isLinear: true },
  "the Burgers equation on a circle": { n: 128, slope: (_t, u, i) => -64 * u[i] * (around(u, i + 1) - around(u, i - 1)) + 100 * (around(u, i - 1) - 2 * u[i] + around(u, i + 1)), band: tridiagonal, u0: (i, n) => 1 + wave(i, n) },
  "a grid in two dimensions": { n: 400, slope: (t, u, i) => diffusion(1e4)(t, u, i) + 1e4 * (edge(u, i - 20) - 2 * u[i] + edge(u, i + 20)), band: tridiagonal, u0: wave, isLinear: true },
  "a stencil that is wider": { n: 90, slope: (_t, u, i) => edge(u, i - 2) - 4 * edge(u, i - 1) + 6 * u[i] - 4 * edge(u, i + 1) + edge(u, i + 2), band: tridiagonal, u0: wave, isLinear: true },
  "one component that all depend on": { n: 30, slope: (_t, u, i) => u[0] - 2 * u[i], band: { lower: 0, upper: 0 }, u0: wave, isLinear: true },
  "one that depends on all": { n: 30, slope: (_t, u, i) => (i === 29 ? u.reduce((s, x) => s + x, 0) : -u[i]), band: { lower: 0, upper: 0 }, u0: wave, isLinear: true },
  "a total": { n: 64, slope: (t, u, i) => diffusion(1e3)(t, u, i) - u.reduce((s, x) => s + x, 0) / 64, band: tridiagonal, u0: step, isLinear: true },
  "variables of three kinds, one kind after the other": { n: 90, slope: (t, u, i) => diffusion(10)(t, u, i) + around(u, i + 30), band: tridiagonal, u0: wave, isLinear: true },
  "variables of two kinds, one kind after the other": { n: 60, slope: (t, u, i) => diffusion(10)(t, u, i) + (i < 30 ? u[i + 30] : -u[i - 30]), band: tridiagonal, u0: wave, isLinear: true },
};

const rhsOf = ({ n, slope }: Grid): InPlaceRhs => (t, u, _p, out) => {
  for (let i = 0; i < n; i++) out[i] = slope(t, u, i);
};
const stateOf = ({ n, u0 }: Grid): Float64Array => Float64Array.from({ length: n }, (_, i) => u0(i, n));
const byProduct = (grid: Grid): Partial<VectorFieldOptions> => ({ jvp: (t, _u, p, du, _dp, out) => rhsOf(grid)(t, du, p, out) });

/** Evaluations of the first Jacobian and of another one. */
function evaluations(grid: Grid, u: Float64Array, options: Partial<VectorFieldOptions> = {}, abstol = 1e-9): readonly [first: number, second: number] {
  const evaluator = jacobianOf(vectorField(rhsOf(grid), { dim: grid.n, ...options }).bind(new Float64Array(0)), grid.n, { reltol: 1e-6, abstol, bandwidth: grid.band });
  const out = new Float64Array(evaluator.size);
  evaluator.evaluate(grid.t0 ?? 0, u, out);
  const first = evaluator.nf;
  evaluator.evaluate(grid.t0 ?? 0, u, out);
  return [first, evaluator.nf - first];
}

describe("the promise of a band", () => {
  test.each(Object.entries(kept))("is believed where it holds: %s", (_name, grid) => {
    const u = stateOf(grid);
    for (const abstol of [1e-9, 0, 1e-3]) {
      const [first, second] = evaluations(grid, u, {}, abstol);
      // More only where the first two looks left a doubt.
      expect(first - second).toBeGreaterThanOrEqual(2);
      expect(first - second).toBeLessThanOrEqual(4);
    }
    if (grid.isLinear) expect(evaluations(grid, u, byProduct(grid))).toEqual([0, 0]);
  });

  test("is believed of random fields that keep it, at random states", () => {
    const number = fc.oneof(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.constantFrom(0, 1, -1, 1e-9, 1e9));
    fc.assert(fc.property(fc.array(number, { minLength: 8, maxLength: 40 }), fc.nat(2), fc.nat(2), fc.integer({ min: -8, max: 8 }), (u, lower, upper, power) => {
      const slope: Slope = (_t, x, i) => {
        let sum = 0;
        for (let k = i - lower; k <= i + upper; k++) sum += 10 ** power * Math.sin(k * k + i) * edge(x, k) * Math.max(edge(x, k), edge(x, i));
        return sum;
      };
      evaluations({ n: u.length, slope, band: { lower, upper }, u0: () => 0 }, Float64Array.from(u));
    }));
  });

  test.each(Object.entries(broken))("is refused where it does not hold: %s", (_name, grid) => {
    const wrong = expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringMatching(/^Cannot use bandwidth \{ lower: \d+, upper: \d+ \} as component \d+ of the right-hand side must depend on components \d+ to \d+ only: it depends on others, too$/) as string });
    const u = stateOf(grid);
    for (const abstol of [1e-9, 0]) expect(() => evaluations(grid, u, {}, abstol)).toThrow(wrong);
    if (grid.isLinear) expect(() => evaluations(grid, u, byProduct(grid))).toThrow(wrong);
    for (const algorithm of [rodas5P(), fbdf(), trbdf2(), kenCarp4(), radauIIA5(), implicitEuler()]) {
      expect(() => solve(odeProblem(vectorField(rhsOf(grid), { dim: grid.n, bandwidth: grid.band }), u, [0, 1]), algorithm)).toThrow(wrong);
    }
  });

  test("costs two evaluations of a solve", () => {
    const grid = kept["stiff diffusion"];
    const counted = { calls: 0 };
    const rhs: InPlaceRhs = (t, u, p, out) => (counted.calls++, rhsOf(grid)(t, u, p, out));
    const problem = odeProblem(vectorField(rhs, { dim: grid.n, bandwidth: grid.band }), stateOf(grid), [0, 1e-3]);
    for (const algorithm of [rodas5P(), fbdf(), radauIIA5(), autoTsit5(rodas5P())]) {
      counted.calls = 0;
      const { retcode, stats } = solve(problem, algorithm);
      expect([retcode, stats.nf]).toEqual(["success", counted.calls]);
    }
    // A method without Jacobians does not look.
    const wave1000 = broken["a periodic boundary of an odd number of points"];
    expect(solve(odeProblem(vectorField(rhsOf(wave1000), { dim: wave1000.n, bandwidth: wave1000.band }), stateOf(wave1000), [0, 1]), tsit5()).retcode).toBe("success");
  });
});
