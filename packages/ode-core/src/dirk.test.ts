import { describe, expect, test } from "vitest";
import { implicitEuler, implicitMidpoint, kenCarp4, kvaerno5, odeProblem, solve, trapezoid, trbdf2, vectorField, type StepperContext } from "./index.ts";

const context: StepperContext = { reltol: 1e-6, abstol: 1e-9 };

/** Amplification of one step on `du/dt = lambda u` against the method's stability function. */
test.each([
  ["implicitEuler", implicitEuler(), (z: number) => 1 / (1 - z)],
  ["trapezoid", trapezoid(), (z: number) => (1 + z / 2) / (1 - z / 2)],
  ["implicitMidpoint", implicitMidpoint(), (z: number) => (1 + z / 2) / (1 - z / 2)],
] as const)("%s amplifies as its stability function says, also by a million", (_name, algorithm, R) => {
  for (const lambda of [-0.3, -20, -1e6, 0.4]) {
    const f = vectorField((_t, u, _p, du) => void (du[0] = lambda * u[0]), { dim: 1, jacobian: (_t, _u, _p, J) => void (J[0] = lambda) });
    const out = new Float64Array(1);
    expect(algorithm.stepper(f.bind(new Float64Array(0)), 1, context).step(0, 1, Float64Array.of(1), out)).toBe(true);
    expect(Math.abs(out[0] - R(lambda))).toBeLessThan(1e-9);
  }
});

test("L-stable methods damp a stiff component to nothing", () => {
  for (const algorithm of [implicitEuler(), trbdf2(), kenCarp4(), kvaerno5()]) {
    const f = vectorField((_t, u, _p, du) => void (du[0] = -1e9 * u[0]), { dim: 1, jacobian: (_t, _u, _p, J) => void (J[0] = -1e9) });
    const out = new Float64Array(1);
    algorithm.stepper(f.bind(new Float64Array(0)), 1, context).step(0, 1, Float64Array.of(1), out);
    expect(Math.abs(out[0])).toBeLessThan(1e-7);
  }
});

describe("implicitMidpoint", () => {
  test("keeps the quadratic invariants of a rigid body over 10,000 steps", () => {
    const body = vectorField((_t, u, _p, du) => du.set([-u[1] * u[2], 1.25 * u[0] * u[2], -0.5 * u[0] * u[1]]), { dim: 3 });
    const { u, retcode } = solve(odeProblem(body, [1, 0.6, 0.9], [0, 1000]), implicitMidpoint({ newtonTolerance: 1e-10 }), { dt: 0.1, dense: false });
    const invariants = (x: Float64Array): number[] => [1.25 * x[0] ** 2 + x[1] ** 2, 0.5 * x[0] ** 2 - x[2] ** 2];
    const start = invariants(u[0]);
    expect(retcode).toBe("success");
    expect(u.length).toBe(10_001);
    // Ten units of rounding per step.
    for (const state of u) invariants(state).forEach((value, i) => expect(Math.abs(value - start[i])).toBeLessThan(10_000 * 10 * Number.EPSILON));
  });
});

describe("Newton's iteration", () => {
  test("a component that leaves zero has a scale, also without an absolute tolerance", () => {
    const oscillator = vectorField((_t, u, _p, du) => du.set([u[1], -u[0]]), { dim: 2 });
    const { u, retcode } = solve(odeProblem(oscillator, [1, 0], [0, 1]), implicitMidpoint(), { dt: 0.01, abstol: 0 });
    expect(retcode).toBe("success");
    expect(Math.abs(u.at(-1)![0] - Math.cos(1))).toBeLessThan(1e-5);
  });

  test("a step without a solution is not taken: fixed steps end in stepFailed, adaptive ones go on with shorter ones", () => {
    // u1 = 1 + h u1^2 has no real solution for h > 1/4.
    const f = vectorField((_t, u, _p, du) => void (du[0] = u[0] * u[0]), { dim: 1 });
    const fixed = solve(odeProblem(f, [1], [0, 0.9]), implicitEuler(), { adaptive: false, dt: 0.45 });
    expect([fixed.retcode, fixed.u.length]).toEqual(["stepFailed", 1]);
    const adaptive = solve(odeProblem(f, [1], [0, 0.9]), kvaerno5(), { dt: 0.89, reltol: 1e-7, abstol: 1e-7 });
    expect(adaptive.retcode).toBe("success");
    expect(adaptive.stats.nreject).toBeGreaterThan(0);
    expect(Math.abs(adaptive.u.at(-1)![0] - 10)).toBeLessThan(1e-4);
  });

  test("a right-hand side that is not finite within the step fails the step", () => {
    const f = vectorField((t, u, _p, du) => void (du[0] = t > 0 ? NaN : -u[0]), { dim: 1, jacobian: (_t, _u, _p, J) => void (J[0] = -1) });
    const out = new Float64Array(1);
    expect(trbdf2().stepper(f.bind(new Float64Array(0)), 1, context).step(0, 0.1, Float64Array.of(1), out)).toBe(false);
  });

  test("the Jacobian of a linear problem is evaluated once, and a state at rest needs no iterations", () => {
    const f = vectorField((_t, u, _p, du) => du.set([-100 * u[0] + u[1], -u[1]]), { dim: 2, jacobian: (_t, _u, _p, J) => J.set([-100, 1, 0, -1]) });
    const { stats } = solve(odeProblem(f, [1, 1], [0, 1]), trbdf2(), { dt: 0.01, adaptive: false });
    expect([stats.njac, stats.nlu]).toEqual([1, 100]);
    const rest = solve(odeProblem(f, [0, 0], [0, 1]), trbdf2(), { dt: 0.1, adaptive: false });
    expect(rest.stats.nf).toBe(1 + 2 * 10);
  });
});
