import { expect, test } from "vitest";
import { adamsWeights } from "./adams-interpolant.ts";
import { odeProblem, solve, vcabm, vectorField } from "./index.ts";

const weights = (theta: number, span: readonly number[]): Float64Array => {
  const g = new Float64Array(span.length);
  adamsWeights(theta, Float64Array.from(span), g, new Float64Array(span.length + 1));
  return g;
};

test("with equal steps the weights are those of the textbooks' formulas in backward differences", () => {
  const expected = [1, 1 / 2, 5 / 12, 3 / 8, 251 / 720, 95 / 288, 19087 / 60480, 5257 / 17280, 1070017 / 3628800, 25713 / 89600, 26842253 / 95800320, 4777223 / 17418240, 703604254357 / 2615348736000];
  weights(1, expected.map((_, i) => i + 1)).forEach((g, i) => expect(Math.abs(g - expected[i])).toBeLessThan(1e-15));
});

test("with unequal steps they are the integrals of the Newton polynomials, up to any part of the step", () => {
  const span = [0.3, 0.5, 1.4, 1.5, 2.2];
  const polynomial = (i: number, s: number): number => span.slice(0, i).reduce((product, x) => product * (1 - (span[0] / x) * (1 - s)), 1);
  for (const theta of [0.05, 0.4, 1, 1.2]) {
    weights(theta, span).forEach((g, i) => {
      // Simpson's rule with 200 panels is exact to 1e-10 for a polynomial of degree 4.
      const m = 200;
      let sum = 0;
      for (let j = 0; j <= m; j++) sum += (j === 0 || j === m ? 1 : j % 2 === 1 ? 4 : 2) * polynomial(i, (j / m) * theta);
      expect(Math.abs(g - (sum * theta) / (3 * m))).toBeLessThan(1e-10);
    });
  }
});

test("dense output has a continuous derivative, that of the right-hand side at the ends of steps", () => {
  const f = vectorField((t, u, _p, du) => du.set([-t * u[1], t * u[0]]), { dim: 2 });
  const { t, u, at, derivative } = solve(odeProblem(f, [1, 0], [0, 4]), vcabm(), { reltol: 1e-6, abstol: 1e-6 });
  for (let i = 1; i < t.length - 1; i++) {
    const slope = Float64Array.of(-t[i] * u[i][1], t[i] * u[i][0]);
    for (const side of [-1, 1]) {
      const near = derivative(t[i] + side * 1e-9);
      slope.forEach((x, j) => expect(Math.abs(near[j] - x)).toBeLessThan(1e-6));
    }
    expect(at(t[i])).toEqual(u[i]);
  }
});

test("takes two evaluations per kept step and one per rejected one, and two for the first step's length", () => {
  const f = vectorField((t, u, _p, du) => void (du[0] = t < 1 ? -u[0] : 20 * Math.cos(10 * t)), { dim: 1 });
  for (const dense of [false, true]) {
    const { stats } = solve(odeProblem(f, [1], [0, 2]), vcabm(), { dense });
    expect(stats.nreject).toBeGreaterThan(3);
    expect(stats.nf).toBe(2 * stats.naccept + stats.nreject + 2);
  }
});

test("goes on with equal accuracy after thousands of steps of the highest order", () => {
  const f = vectorField((_t, u, _p, du) => du.set([u[1], -u[0]]), { dim: 2 });
  const { u, stats } = solve(odeProblem(f, [1, 0], [0, 2000]), vcabm(), { reltol: 1e-11, abstol: 1e-11, dense: false });
  expect(Math.hypot(u.at(-1)![0] - Math.cos(2000), u.at(-1)![1] + Math.sin(2000))).toBeLessThan(1e-6);
  expect(stats.nf).toBeLessThan(60_000);
});

test("stops that lie close together do not spoil the steps behind them", () => {
  for (const [tol, gaps] of [[1e-4, [1.37e-13, 1.37e-12, 1e-10]], [1e-7, [1e-13, 1e-11, 1e-9, 1e-7]], [1e-10, [1e-12, 1e-10, 1e-8]]] as const) {
    for (const gap of gaps) {
      for (let k = 0; k < 40; k++) {
        const stop = 0.05 + (2.8 * k) / 40;
        const { t, u, retcode } = solve(odeProblem((_t, [x, v], _p, out) => void ([out[0], out[1]] = [v, -x]), [1, 0], [0, 3]), vcabm(), { reltol: tol, abstol: tol, tstops: [stop, stop + gap] });
        expect(retcode).toBe("success");
        t.forEach((time, i) => expect(Math.hypot(u[i][0] - Math.cos(time), u[i][1] + Math.sin(time))).toBeLessThan(60 * tol));
      }
    }
  }
});
