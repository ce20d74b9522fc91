import { linearize, odeProblem, rodas5P, tsit5, vectorField, vern9 } from "@fluxion/ode-core";
import { testSensealg } from "@fluxion/testkit";
import { expect, test } from "vitest";
import { gaussAdjoint } from "./gauss-adjoint.ts";

testSensealg(gaussAdjoint);

/** `u' = p_1 u + ... + p_m u` from 1, and how often its `vjp` was asked for. */
function decay(m: number): { field: ReturnType<typeof vectorField>; calls: () => number } {
  let calls = 0;
  const total = (p: Float64Array): number => p.reduce((s, x) => s + x, 0);
  const field = vectorField((_t, u, p, out) => void (out[0] = total(p) * u[0]), {
    dim: 1,
    paramCount: m,
    vjp: (_t, u, p, w, outU, outP) => {
      calls++;
      outU[0] = total(p) * w[0];
      for (let i = 0; i < m; i++) outP[i] += u[0] * w[0];
    },
  });
  return { field, calls: () => calls };
}

test("is right backwards in time, too, and its cost hardly depends on the number of parameters", () => {
  const counts = [1, 500].map((m) => {
    const { field, calls } = decay(m);
    for (const [t0, t1] of [[0, 2], [2, 0]]) {
      const { pull } = linearize(odeProblem(field, [1], [t0, t1], new Float64Array(m).fill(-0.5 / m)), tsit5(), { saveAt: [t1], reltol: 1e-10, abstol: 1e-12, sensealg: gaussAdjoint() });
      const { du0, dp } = pull([Float64Array.of(1)]);
      const end = Math.exp(-0.5 * (t1 - t0));
      expect(du0[0] / end).toBeCloseTo(1, 9);
      for (const x of dp) expect(x / ((t1 - t0) * end)).toBeCloseTo(1, 9);
    }
    return calls();
  });
  // The sums of their integrals that the error control sees and that are checked do.
  expect(counts[1]).toBeLessThan(1.05 * counts[0]);
});

test("at a loose tolerance the quadrature adds no error of note to that of the solves", () => {
  const { field } = decay(1);
  const errors = [1e-4, 1e-6, 1e-8].map((tol) => {
    const { pull } = linearize(odeProblem(field, [1], [0, 4], [-1]), tsit5(), { saveAt: [4], reltol: tol, abstol: tol, sensealg: gaussAdjoint() });
    return Math.abs(pull([Float64Array.of(1)]).dp[0] - 4 * Math.exp(-4));
  });
  errors.forEach((error, k) => expect(error).toBeLessThan(10 * [1e-4, 1e-6, 1e-8][k]));
});

/** `u' = p cos 3t`, of which lambda is constant. */
const forced = vectorField((t, _u, p, out) => void (out[0] = p[0] * Math.cos(3 * t)), {
  dim: 1,
  paramCount: 1,
  vjp: (t, _u, _p, w, outU, outP) => {
    outU[0] = 0;
    outP[0] += Math.cos(3 * t) * w[0];
  },
});

test.each([[0, 10], [10, 0]])("is right where lambda is smoother than the right-hand side: from %d to %d", (t0, t1) => {
  const errors = [1e-6, 1e-8, 1e-10].map((tol) => {
    const { pull } = linearize(odeProblem(forced, [0], [t0, t1], [1]), tsit5(), { saveAt: [t1], reltol: tol, abstol: tol, sensealg: gaussAdjoint() });
    return Math.abs(pull([Float64Array.of(1)]).dp[0] - (Math.sin(3 * t1) - Math.sin(3 * t0)) / 3);
  });
  errors.forEach((error, k) => expect(error).toBeLessThan(10 * [1e-6, 1e-8, 1e-10][k]));
});

test.each([1, 16, 300])("is right where neither the solution nor lambda shows how the right-hand side depends on %d parameters", (m) => {
  // u' = (p_1 + ... + p_m) sin 50t - u from 1 at p = 0.
  const hidden = vectorField((t, u, p, out) => void (out[0] = p.reduce((s, x) => s + x, 0) * Math.sin(50 * t) - u[0]), {
    dim: 1,
    paramCount: m,
    vjp: (t, _u, _p, w, outU, outP) => {
      outU[0] = -w[0];
      for (let i = 0; i < m; i++) outP[i] += Math.sin(50 * t) * w[0];
    },
  });
  const exact = (Math.sin(250) - 50 * Math.cos(250) + 50 * Math.exp(-5)) / 2501;
  for (const tol of [1e-6, 1e-8]) {
    const { solution, pull } = linearize(odeProblem(hidden, [1], [0, 5], new Float64Array(m)), tsit5(), { saveAt: [5], reltol: tol, abstol: tol, sensealg: gaussAdjoint() });
    expect(solution.stats.naccept).toBeLessThan(60);
    for (const x of pull([Float64Array.of(1)]).dp) expect(Math.abs(x - exact)).toBeLessThan(10 * tol);
  }
});

test.each([10, 17, 40, 200, 1000])("is right where each of %d parameters acts for a short time only, and none does yet", (m) => {
  // u' = -0.3 u + sum p_j exp(-((t - c_j) / w)^2) from 0 at p = 0: du(20) / dp_j = w sqrt(pi) exp(0.3 (c_j - 20) + (0.3 w / 2)^2), but for tails outside.
  const [rate, w, end] = [0.3, 10 / m, 20];
  const centers = Array.from({ length: m }, (_, j) => 4 * w + ((20 - 8 * w) * (j + 0.5)) / m);
  const bump = (t: number, c: number): number => Math.exp(-(((t - c) / w) ** 2));
  const inflows = vectorField((t, u, p, out) => void (out[0] = centers.reduce((sum, c, j) => sum + p[j] * bump(t, c), -rate * u[0])), {
    dim: 1,
    paramCount: m,
    vjp: (t, _u, _p, lambda, outU, outP) => {
      outU[0] = -rate * lambda[0];
      centers.forEach((c, j) => void (outP[j] += bump(t, c) * lambda[0]));
    },
  });
  const exact = centers.map((c) => w * Math.sqrt(Math.PI) * Math.exp(rate * (c - end) + ((rate * w) / 2) ** 2));
  const largest = exact.at(-1)!;
  for (const algorithm of [tsit5(), vern9(), rodas5P()]) {
    for (const tol of [1e-6, 1e-8]) {
      const { solution, pull } = linearize(odeProblem(inflows, [0], [0, end], new Float64Array(m)), algorithm, { saveAt: [end], reltol: tol, abstol: tol, sensealg: gaussAdjoint() });
      expect(solution.stats.naccept).toBeLessThan(30);
      const { dp } = pull([Float64Array.of(1)]);
      // What is checked are sums of all, in which one counts the less the more there are.
      exact.forEach((x, j) => expect(Math.abs(dp[j] - x)).toBeLessThan(2 * m * tol * largest));
    }
  }
});

test.each([
  ["apart by rounding", [1 - 2 ** -53, 1], {}],
  ["apart by less than dtmin", [0.995, 1], { dtmin: 0.01 }],
] as const)("saved times may be %s at the end", (_what, saveAt, options) => {
  const { field } = decay(1);
  const { pull } = linearize(odeProblem(field, [1], [0, 1], [-1]), tsit5(), { ...options, saveAt: [...saveAt], reltol: 1e-8, abstol: 1e-8, sensealg: gaussAdjoint() });
  expect(pull([Float64Array.of(1), Float64Array.of(1)]).dp[0]).toBeCloseTo(saveAt[0] * Math.exp(-saveAt[0]) + Math.exp(-1), 6);
});
