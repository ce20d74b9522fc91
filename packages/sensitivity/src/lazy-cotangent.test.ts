import { linearize, odeProblem, tsit5, vectorField } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { finiteDifference } from "./finite-difference.ts";
import { forwardSensitivity } from "./forward-sensitivity.ts";

describe.each([["forwardSensitivity", forwardSensitivity()], ["finiteDifference", finiteDifference()]] as const)("%s", (_name, sensealg) => {
  // u(t) = u_0 e^(p t)
  let starts = 0;
  const growth = vectorField((t, u, p, out) => {
    if (t === 0) starts++;
    out[0] = p[0] * u[0];
  }, { dim: 1, paramCount: 1, jvp: (_t, u, p, du, dp, out) => void (out[0] = p[0] * du[0] + (dp ? dp[0] * u[0] : 0)) });
  const told: number[] = [];
  const { pull } = linearize(odeProblem(growth, [0.5], [0, 1], [0.6]), tsit5(), { reltol: 1e-10, abstol: 1e-10, saveAt: [1], sensealg, onStep: (t) => void told.push(t) });
  const steps = told.length;

  test("solves for derivatives by the initial state when they are read, once, and tells of no steps again", () => {
    const cotangent = pull([Float64Array.of(2)]);
    starts = 0;
    expect(cotangent.du0[0]).toBeCloseTo(2 * Math.exp(0.6), 7);
    expect(starts).toBeGreaterThan(0);
    starts = 0;
    expect(cotangent.du0[0]).toBeCloseTo(2 * Math.exp(0.6), 7);
    expect(pull([Float64Array.of(1)]).du0[0]).toBeCloseTo(Math.exp(0.6), 7);
    expect(starts).toBe(0);
    expect(told.length).toBe(steps);
  });

  test("what is asked for is what it was when it was asked", () => {
    const uBar = [Float64Array.of(2)];
    const cotangent = pull(uBar);
    uBar[0][0] = 7;
    expect(cotangent.dp[0]).toBeCloseTo(2 * 0.5 * Math.exp(0.6), 7);
    expect(cotangent.du0[0]).toBeCloseTo(2 * Math.exp(0.6), 7);
  });
});
