import { linearize, odeProblem, tsit5, vectorField } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { sensealgs } from "./sensealgs.ts";

const field = vectorField((_t, u, p, out) => void ([out[0], out[1]] = [-p[0] * u[0], p[0] * u[0]]), {
  dim: 2,
  paramCount: 1,
  jvp: (_t, u, p, du, dp, out) => {
    out[0] = -p[0] * du[0] - (dp?.[0] ?? 0) * u[0];
    out[1] = -out[0];
  },
  vjp: (_t, u, p, w, outU, outP) => {
    outU[0] = p[0] * (w[1] - w[0]);
    outU[1] = 0;
    outP[0] += u[0] * (w[1] - w[0]);
  },
});

test.each(Object.values(sensealgs).map((make) => [make().name, make()] as const))("%s: tolerances per component, a norm, a domain and stops are those of the state", (_name, sensealg) => {
  const lengths = new Set<number>();
  const weights = [1, 0.5];
  const norm = (scaled: Float64Array): number => scaled.reduce((m, e, i) => Math.max(m, weights[i] * Math.abs(e)), 0);
  const { solution, pull } = linearize(odeProblem(field, [1, 0], [0, 1], [2]), tsit5(), {
    sensealg,
    reltol: 1e-10,
    abstol: [1e-12, 1e-11],
    norm,
    tstops: [0.3],
    saveAt: [0.6, 1],
    isOutOfDomain: (_t, u) => {
      lengths.add(u.length);
      return u[0] < 0;
    },
  });
  expect(solution.retcode).toBe("success");
  const { dp, du0 } = pull([new Float64Array(2), Float64Array.of(1, 0)]);
  // u_0(1) = u_0(0) exp(-p).
  expect(Math.abs(dp[0] + Math.exp(-2))).toBeLessThan(1e-7);
  expect(Math.abs(du0[0] - Math.exp(-2))).toBeLessThan(1e-7);
  expect([...lengths]).toEqual([2]);
});

test.each(Object.values(sensealgs).map((make) => [make().name, make()] as const))("%s: a problem that is changed after the solve changes no gradient", (_name, sensealg) => {
  const gradients = [false, true].map((isChanged) => {
    const problem = odeProblem(field, [1, 0], [0, 1], [2]);
    const { pull } = linearize(problem, tsit5(), { sensealg, saveAt: [0.6, 1] });
    if (isChanged) [problem.p[0], problem.u0[0]] = [3, 4];
    return pull([Float64Array.of(1, 0), Float64Array.of(0, 1)]);
  });
  expect(gradients[1]).toEqual(gradients[0]);
});

test.each(Object.values(sensealgs).map((make) => [make().name, make()] as const))("%s: lists that are changed after the solve, and what was handed out, change no gradient", (_name, sensealg) => {
  for (const saved of [[0.6, 1], undefined]) {
    const gradients = [false, true].map((isChanged) => {
      const [saveAt, tstops, reltol, abstol] = [saved && Float64Array.from(saved), Float64Array.of(0.3), [1e-8, 1e-8], [1e-10, 1e-10]];
      const { solution, pull } = linearize(odeProblem(field, [1, 0], [0, 1], [2]), tsit5(), { sensealg, ...(saveAt ? { saveAt } : {}), tstops, reltol, abstol });
      if (isChanged) {
        saveAt?.set([0.1, 0.2]);
        tstops[0] = 0.5;
        reltol.fill(1e-2);
        abstol.fill(1e-2);
        solution.t.forEach((x, i) => void (solution.t[i] = x / 2));
      }
      const { dp, du0 } = pull(solution.u.map(() => Float64Array.of(1, -0.5)));
      return { dp, du0 };
    });
    expect(gradients[1]).toEqual(gradients[0]);
  }
});

test("residuals may be written into the saved states before differences are taken", () => {
  const gradients = [false, true].map((isChanged) => {
    const { solution, pull } = linearize(odeProblem(field, [1, 0], [0, 1], [2]), tsit5(), { sensealg: sensealgs.finiteDifference({ scheme: "forward" }), saveAt: [0.6, 1] });
    if (isChanged) for (const u of solution.u) u.fill(3);
    const { dp, du0 } = pull([Float64Array.of(1, 0), Float64Array.of(0, 1)]);
    return { dp, du0 };
  });
  expect(gradients[1]).toEqual(gradients[0]);
});
