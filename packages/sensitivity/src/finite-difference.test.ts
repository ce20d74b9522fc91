import { continuousCallback, linearize, odeProblem, rk4, rodas5P, tsit5, type SolveOptions } from "@fluxion/ode-core";
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

test("push solves for the numbers that change only, and once for each", () => {
  let solves = 0;
  const problem = odeProblem((t, u, p, out) => {
    if (t === 0) solves++;
    out[0] = (p[0] - p[1]) * u[0];
  }, [0.5], [0, 1], [0.6, 0.4]);
  const linearization = linearize(problem, rk4(), { dt: 0.01, saveAt: [1], sensealg: finiteDifference() });
  const counted = (call: () => void): number => {
    solves = 0;
    call();
    return solves;
  };
  const push = linearization.push!;
  expect([
    counted(() => push(Float64Array.of(1, 0), null)), counted(() => push(Float64Array.of(1, 3), null)), counted(() => push(Float64Array.of(0, 5), null)),
    counted(() => linearization.pull([Float64Array.of(1)])), counted(() => linearization.pull([Float64Array.of(1)]).du0), counted(() => push(null, Float64Array.of(2))),
  ]).toEqual([2, 2, 0, 0, 2, 0]);
  // u(1) = u0 exp(p_0 - p_1).
  expect(push(Float64Array.of(1, 3), Float64Array.of(2))[0][0]).toBeCloseTo((0.5 * (1 - 3) + 2) * Math.exp(0.2), 8);
});

test.each([1e-300, 3e-8, 1e-3, 1, 1e9])("the step goes with the size of a parameter of %d and of a state as small", (size) => {
  // u(3) = u0 exp(3 p / size)
  const problem = odeProblem((_t, u, p, out) => void (out[0] = (p[0] / size) * u[0]), [2 * size], [0, 3], [size]);
  for (const [scheme, bound] of [["central", 2e-5], ["forward", 1e-3]] as const) {
    const { dp, du0 } = linearize(problem, rk4(), { dt: 0.01, saveAt: [3], sensealg: finiteDifference({ scheme }) }).pull([Float64Array.of(1)]);
    expect(Math.abs(dp[0] / (6 * Math.exp(3)) - 1)).toBeLessThan(bound);
    expect(Math.abs(du0[0] / Math.exp(3) - 1)).toBeLessThan(bound);
  }
});

test("a parameter that is 0, or almost, counts as one of the size of 1, as far as the digits go", () => {
  // u(3) = exp(3 sin p)
  for (const [p, bound] of [[0, 1e-9], [1e-2, 1e-7], [1e-4, 1e-6]] as const) {
    const problem = odeProblem((_t, u, q, out) => void (out[0] = Math.sin(q[0]) * u[0]), [1], [0, 3], [p]);
    const { dp } = linearize(problem, tsit5(), { saveAt: [3], sensealg: finiteDifference() }).pull([Float64Array.of(1)]);
    expect(Math.abs(dp[0] / (3 * Math.cos(p) * Math.exp(3 * Math.sin(p))) - 1)).toBeLessThan(bound);
  }
});

test("differentiates through events: a bounce by the height it falls from and by what is lost in it", () => {
  const [g, height, kept, end] = [9.81, 2, 0.8, 1];
  const ball = odeProblem((_t, u, _p, out) => {
    out[0] = u[1];
    out[1] = -g;
  }, [height, 0], [0, end], [kept]);
  const callback = continuousCallback({ condition: (_t, u) => u[0], save: "none", affect: ({ u, p }) => void (u[1] *= -p[0]) });
  const options: SolveOptions = { reltol: 1e-10, abstol: 1e-10, callback, saveAt: [0.2, end] };
  const { pull } = linearize(ball, tsit5(), { ...options, sensealg: finiteDifference() });
  const { dp, du0 } = pull([new Float64Array(2), Float64Array.of(1, 0)]);
  // It hits the ground at t with speed v, and is at kept v rest - g rest^2 / 2 at the end.
  const t = Math.sqrt((2 * height) / g);
  const [v, rest] = [g * t, end - t];
  expect(dp[0] / (v * rest)).toBeCloseTo(1, 8);
  expect(du0[0] / ((kept * rest) / t - kept + rest / t)).toBeCloseTo(1, 8);
  const { saveAt: _saveAt, ...steps } = options;
  expect(() => linearize(ball, tsit5(), { ...steps, sensealg: finiteDifference() })).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining('"saveAt" must be given') as string }));
  // The ball that is only just caught at the end by one of the changed problems.
  const end2 = linearize(ball, tsit5(), { ...options, saveAt: [t + 1e-7, end], sensealg: finiteDifference() });
  expect(() => end2.pull([Float64Array.of(1, 0), new Float64Array(2)]).du0).toThrow(expect.objectContaining({ code: "SOLVE_FAILED", message: expect.stringContaining("order among the saved times") as string }));
  const late = { ...options, callback: { ...callback, save: "both" as const }, saveAt: [t + 1e-12] };
  expect(() => linearize({ ...ball, tspan: [0, t + 1e-12] }, tsit5(), { ...late, sensealg: finiteDifference() }).pull(Array.from({ length: 3 }, () => new Float64Array(2))).du0).toThrow(expect.objectContaining({ code: "SOLVE_FAILED" }));
});

test("differentiates where a terminal event ends the solve", () => {
  // A stone falls from height h for sqrt(2 h / g), and hits the ground with -sqrt(2 g h).
  const stone = odeProblem((_t, u, p, out) => void out.set([u[1], -p[0]]), [2, 0], [0, 10], [9.81]);
  const floor = continuousCallback({ condition: (_t, u) => u[0], terminal: true, save: "before" });
  const { solution, pull } = linearize(stone, tsit5(), { reltol: 1e-10, abstol: 1e-10, callback: floor, saveAt: [10], sensealg: finiteDifference() });
  expect([solution.retcode, solution.u.length]).toEqual(["terminated", 1]);
  const { dp, du0 } = pull([Float64Array.of(0, 1)]);
  expect(du0[0] / -Math.sqrt(9.81 / 4)).toBeCloseTo(1, 7);
  expect(dp[0] / -Math.sqrt(1 / 9.81)).toBeCloseTo(1, 7);
});

test("takes mass matrices", () => {
  // 2 du/dt = -p u.
  const problem = odeProblem((_t, u, p, out) => void (out[0] = -p[0] * u[0]), [3], [0, 1], [0.7], { massMatrix: [2] });
  const { dp, du0 } = linearize(problem, rodas5P(), { reltol: 1e-10, abstol: 1e-10, saveAt: [1], sensealg: finiteDifference() }).pull([Float64Array.of(1)]);
  expect(dp[0] / (-1.5 * Math.exp(-0.35))).toBeCloseTo(1, 8);
  expect(du0[0] / Math.exp(-0.35)).toBeCloseTo(1, 8);
});
