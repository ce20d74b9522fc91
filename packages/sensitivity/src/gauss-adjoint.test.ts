import { linearize, odeProblem, tsit5, vectorField } from "@fluxion/ode-core";
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

test("is right backwards in time, too, and its cost does not depend on the number of parameters", () => {
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
  expect(counts[1]).toBe(counts[0]);
});

test("at a loose tolerance the quadrature adds no error of note to that of the solves", () => {
  const { field } = decay(1);
  const errors = [1e-4, 1e-6, 1e-8].map((tol) => {
    const { pull } = linearize(odeProblem(field, [1], [0, 4], [-1]), tsit5(), { saveAt: [4], reltol: tol, abstol: tol, sensealg: gaussAdjoint() });
    return Math.abs(pull([Float64Array.of(1)]).dp[0] - 4 * Math.exp(-4));
  });
  errors.forEach((error, k) => expect(error).toBeLessThan(10 * [1e-4, 1e-6, 1e-8][k]));
});
