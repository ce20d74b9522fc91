import { describe, expect, test } from "vitest";
import { odeProblem, solve, vcab3, vcab4, vcab5, vectorField, type Stepper } from "./index.ts";

const context = { reltol: 1e-6, abstol: 1e-9 };
const weights = { 3: [23 / 12, -16 / 12, 5 / 12], 4: [55 / 24, -59 / 24, 37 / 24, -9 / 24], 5: [1901 / 720, -2774 / 720, 2616 / 720, -1274 / 720, 251 / 720] };
const methods = [[vcab3(), 3, 3, 6 / 11], [vcab4(), 4, 6, 3 / 10], [vcab5(), 5, 6, 90 / 551]] as const;

describe.each(methods)("$name", (algorithm, order, startCost, interval) => {
  const stepper = (rhs: (t: number, u: Float64Array, p: Float64Array, out: Float64Array) => void): Stepper =>
    algorithm.stepper(vectorField(rhs, { dim: 1 }).bind(new Float64Array(0)), 1, context);

  test("equal steps are those of the textbooks' formula", () => {
    const rhs = (t: number, u: Float64Array, _p: Float64Array, out: Float64Array): void => void (out[0] = Math.sin(u[0]) - t);
    const [ours, out, slope] = [stepper(rhs), new Float64Array(1), new Float64Array(1)];
    const h = 0.05;
    let u = Float64Array.of(0.4);
    const slopes: number[] = [];
    let largest = 0;
    for (let i = 0; i < 12; i++) {
      rhs(i * h, u, u, slope);
      slopes.unshift(slope[0]);
      ours.step(i * h, h, u, out);
      ours.accept!();
      if (i >= order - 1) largest = Math.max(largest, Math.abs(out[0] - u[0] - h * weights[order].reduce((sum, w, j) => sum + w * slopes[j], 0)));
      u = out.slice();
    }
    expect(largest).toBeLessThan(1e-15);
  });

  test(`unequal steps integrate polynomials of degree ${order - 1} to rounding, with those of degree ${order - 2} for the estimate`, () => {
    for (const degree of [order - 2, order - 1, order]) {
      const ours = stepper((t, _u, _p, out) => void (out[0] = (degree + 1) * t ** degree));
      const [u, out, error] = [new Float64Array(1), new Float64Array(1), new Float64Array(1)];
      let t = 0.5;
      const lengths = [0.1, 0.13, 0.04, 0.2, 0.11, 0.05, 0.3, 0.02, 0.1];
      lengths.forEach((h, i) => {
        u[0] = t ** (degree + 1);
        ours.step(t, h, u, out);
        if (i >= order - 1) {
          const misses = Math.abs(out[0] - (t + h) ** (degree + 1));
          ours.error!(error);
          if (degree < order) expect(misses).toBeLessThan(1e-13);
          else expect(misses).toBeGreaterThan(1e-11);
          if (degree < order - 1) expect(Math.abs(error[0])).toBeLessThan(1e-13);
          else expect(Math.abs(error[0])).toBeGreaterThan(1e-11);
        }
        ours.accept!();
        t += h;
      });
    }
  });

  test("takes one evaluation per step, and those of the first steps", () => {
    const f = vectorField((t, u, _p, du) => void (du[0] = t < 1 ? -u[0] : 20 * Math.cos(10 * t)), { dim: 1 });
    const fixed = solve(odeProblem(f, [1], [0, 1]), algorithm, { adaptive: false, dt: 0.01 }).stats;
    expect([fixed.naccept, fixed.nf]).toEqual([100, 1 + 100 + (order - 1) * startCost]);
    const { stats } = solve(odeProblem(f, [1], [0, 2]), algorithm, { reltol: 1e-5, abstol: 1e-5 });
    expect(stats.nreject).toBeGreaterThan(3);
    // One of the two for the length of the first step is the first slope.
    expect(stats.nf).toBeLessThanOrEqual(2 + stats.naccept + stats.nreject + 2 * (order - 1) * startCost);
  });

  test("begins anew behind a stop, where the right-hand side may have a kink: fixed steps keep their order", () => {
    const f = vectorField((t, u, _p, du) => void (du[0] = Math.max(0, t - 1) - u[0]), { dim: 1 });
    const exact = Math.exp(-2) + Math.exp(-1);
    const run = (tstops: number[], dt: number): [error: number, begun: number] => {
      const { u, stats } = solve(odeProblem(f, [1], [0, 2]), algorithm, { adaptive: false, dt, tstops });
      return [Math.abs(u.at(-1)![0] - exact), stats.nf - stats.naccept];
    };
    const start = (order - 1) * startCost;
    const [[, once], [coarse, twice], [fine]] = [run([], 0.02), run([1], 0.02), run([1], 0.01)];
    expect([once, twice]).toEqual([1 + start, 1 + 2 * start]);
    expect(Math.log2(coarse / fine)).toBeGreaterThan(order - 0.3);
    expect(run([], 0.02)[0]).toBeGreaterThan(5 * coarse);
    expect(run([1.0003], 0.02)[1]).toBe(1 + 2 * start);
  });

  // Values of SciPy: DOP853 between the kinks, which its events found, at rtol 1e-13.
  test.each([
    ["a controller that saturates", [3, 0], 20, [2.91987908, -0.40030218], (u: Float64Array): number => -Math.max(-1, Math.min(1, 5 * u[0]))],
    ["a mass that falls on a spring", [1, 0], 3, [0.99794948, 0.20057695], (u: Float64Array): number => -9.81 + 1e3 * Math.max(0, -u[0])],
  ] as const)("sees the kinks of the right-hand side of %s, where slopes of before tell nothing", (_name, u0, end, expected, acceleration) => {
    const f = vectorField((_t, u, _p, du) => du.set([u[1], acceleration(u)]), { dim: 2 });
    const { u, retcode } = solve(odeProblem(f, u0, [0, end]), algorithm);
    expect(retcode).toBe("success");
    expected.forEach((x, i) => expect(Math.abs(u.at(-1)![i] - x)).toBeLessThan(2e-3));
  });

  test("is stable on the negative axis as far as theory says", () => {
    expect(algorithm.stabilityLimit).toBeCloseTo(interval, 15);
    const f = vectorField((_t, u, _p, du) => void (du[0] = -u[0]), { dim: 1 });
    const [inside, outside] = [0.98, 1.02].map((part) => Math.abs(solve(odeProblem(f, [1], [0, 1000]), algorithm, { adaptive: false, dt: part * interval, dense: false }).u.at(-1)![0]));
    expect(inside).toBeLessThan(1e-6);
    expect(outside).toBeGreaterThan(1);
  });

  test("dense output has a continuous derivative, that of the right-hand side at the ends of steps", () => {
    const f = vectorField((t, u, _p, du) => du.set([-t * u[1], t * u[0]]), { dim: 2 });
    const { t, u, derivative } = solve(odeProblem(f, [1, 0], [0, 4]), algorithm, { reltol: 1e-5, abstol: 1e-5 });
    for (let i = 1; i < t.length - 1; i++) {
      const slope = [-t[i] * u[i][1], t[i] * u[i][0]];
      for (const side of [-1, 1]) derivative(t[i] + side * 1e-9).forEach((x, j) => expect(Math.abs(x - slope[j])).toBeLessThan(1e-6));
    }
  });
});
