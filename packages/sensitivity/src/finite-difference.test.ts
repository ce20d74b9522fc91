import { linearize, odeProblem, rk4 } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { testSensealg } from "@fluxion/testkit";
import { finiteDifference } from "./finite-difference.ts";

testSensealg(finiteDifference, { tolerance: 1e-7 });

test("finiteDifference takes two solves per number, one with the forward scheme, which is less accurate", () => {
  let evaluations = 0;
  const problem = odeProblem((_t, u, p, out) => {
    evaluations++;
    out[0] = p[0] * u[0] * u[0];
  }, [0.5], [0, 1], [1]);
  // u(1) = u0 / (1 - p u0): by p it is 1, by u0 it is 4.
  const gradient = (scheme: "central" | "forward"): { error: number; solves: number } => {
    const { pull } = linearize(problem, rk4(), { dt: 0.01, saveAt: [1], sensealg: finiteDifference({ scheme }) });
    evaluations = 0;
    const { dp, du0 } = pull([Float64Array.of(1)]);
    return { error: Math.max(Math.abs(dp[0] - 1), Math.abs(du0[0] - 4)), solves: evaluations / 400 };
  };
  const [central, forward] = [gradient("central"), gradient("forward")];
  expect([central.solves, forward.solves]).toEqual([4, 2]);
  expect(central.error).toBeLessThan(1e-7);
  expect(forward.error).toBeLessThan(1e-6);
  expect(forward.error).toBeGreaterThan(central.error);
});
