import { add, at, mul, sin, stack, sub, tracedEvent, tracedField } from "@fluxion/autodiff";
import { continuousCallback, linearize, odeProblem, rodas5P, tsit5 } from "@fluxion/ode-core";
import { forwardSensitivity } from "@fluxion/sensitivity";
import { expect, test } from "vitest";

// At rest, as two pressures P in Pa are equal: what tolerances of the state alone would not see.
test.each([tsit5(), rodas5P()].flatMap((algorithm) => [1, 1e5, 1e9].map((P) => [algorithm.name, P, algorithm] as const)))("%s: derivatives by parameters of %d are as accurate as those by small ones", (_name, P, algorithm) => {
  const field = tracedField((t, u, p) => add(sub(1, u), mul(mul(1 / P, sub(at(p, 0), at(p, 1))), stack([sin(mul(20, t))]))), { dim: 1, paramCount: 2 });
  const { pull } = linearize(odeProblem(field, [1], [0, 2], [P, P]), algorithm, { saveAt: [2], sensealg: forwardSensitivity() });
  const exact = (Math.sin(40) - 20 * Math.cos(40) + 20 * Math.exp(-2)) / 401 / P;
  const { dp } = pull([Float64Array.of(1)]);
  expect(Math.abs(dp[0] / exact - 1)).toBeLessThan(1e-5);
  expect(Math.abs(dp[1] / exact + 1)).toBeLessThan(1e-5);
});

test("where an event ends the solve before anything is saved, gradients are zeros of the usual lengths", () => {
  const field = tracedField((_t, u, p) => mul(p, u), { dim: 2, paramCount: 2 });
  const event = tracedEvent({ dim: 2, paramCount: 2, condition: (_t, u) => sub(at(u, 0), 1.2) });
  const callback = continuousCallback({ ...event, terminal: true, save: "none" });
  const { solution, pull } = linearize(odeProblem(field, [1, 1], [0, 2], [1, 2]), tsit5(), { saveAt: [1, 2], callback, sensealg: forwardSensitivity() });
  expect([solution.retcode, solution.u.length]).toEqual(["terminated", 0]);
  const { dp, du0 } = pull([]);
  expect([[...dp], [...du0]]).toEqual([[0, 0], [0, 0]]);
});
