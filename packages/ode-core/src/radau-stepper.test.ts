import { expect, test } from "vitest";
import { odeProblem, presetTimeCallback, radauIIA5, solve, vectorField, type SolveOptions, type StepperContext } from "./index.ts";

const context: StepperContext = { reltol: 1e-6, abstol: 1e-9 };

test("amplifies as its stability function says, and damps a very stiff component to nothing", () => {
  const R = (z: number): number => (1 + (2 * z) / 5 + (z * z) / 20) / (1 - (3 * z) / 5 + (3 * z * z) / 20 - (z * z * z) / 60);
  for (const lambda of [-0.3, -20, -1e3, 0.4, -1e12]) {
    const f = vectorField((_t, u, _p, du) => void (du[0] = lambda * u[0]), { dim: 1, jacobian: (_t, _u, _p, J) => void (J[0] = lambda) });
    const out = new Float64Array(1);
    expect(radauIIA5().stepper(f.bind(new Float64Array(0)), 1, context).step(0, 1, Float64Array.of(1), out)).toBe(true);
    expect(Math.abs(out[0] - R(lambda))).toBeLessThan(1e-9);
  }
});

test("a linear problem in equal steps takes one Jacobian, one factorisation and, in the second iteration, nothing more", () => {
  const f = vectorField((_t, u, _p, du) => du.set([-100 * u[0] + u[1], -u[1]]), { dim: 2, jacobian: (_t, _u, _p, J) => J.set([-100, 1, 0, -1]) });
  const { stats } = solve(odeProblem(f, [1, 1], [0, 1]), radauIIA5(), { dt: 1 / 64, adaptive: false });
  expect([stats.njac, stats.nlu]).toEqual([1, 1]);
  expect(stats.nf).toBeLessThanOrEqual(64 * 7);
});

test("a Jacobian that has gone stale is renewed within the step", () => {
  // After t = 0.1 the iteration diverges with the Jacobian of the start.
  const rate = (t: number): number => (t < 0.1 ? 1 : 1e4);
  const f = vectorField((t, u, _p, du) => void (du[0] = rate(t - 1e-9) * (Math.cos(t) - u[0])), { dim: 1, jacobian: (t, _u, _p, J) => void (J[0] = -rate(t + 1e-9)) });
  const { retcode, stats, u } = solve(odeProblem(f, [1], [0, 1]), radauIIA5(), { dt: 0.05, adaptive: false });
  expect(retcode).toBe("success");
  expect(stats.njac).toBeGreaterThan(1);
  expect(Math.abs(u.at(-1)![0] - Math.cos(1))).toBeLessThan(2e-4);
});

test("a step without a solution is not taken: fixed steps end in stepFailed, adaptive ones go on with shorter ones", () => {
  // du/dt = u^2 from 1 has its pole at t = 1.
  const f = vectorField((_t, u, _p, du) => void (du[0] = u[0] * u[0]), { dim: 1 });
  const fixed = solve(odeProblem(f, [1], [0, 1.8]), radauIIA5(), { adaptive: false, dt: 0.9 });
  expect(fixed.retcode).toBe("stepFailed");
  const adaptive = solve(odeProblem(f, [1], [0, 0.9]), radauIIA5(), { dt: 0.89, reltol: 1e-7, abstol: 1e-7 });
  expect(adaptive.retcode).toBe("success");
  expect(adaptive.stats.nreject).toBeGreaterThan(0);
  expect(Math.abs(adaptive.u.at(-1)![0] - 10)).toBeLessThan(1e-4);
});

test("a right-hand side that is not finite within the step fails the step", () => {
  const f = vectorField((t, u, _p, du) => void (du[0] = t > 0 ? NaN : -u[0]), { dim: 1, jacobian: (_t, _u, _p, J) => void (J[0] = -1) });
  const stepper = radauIIA5().stepper(f.bind(new Float64Array(0)), 1, context);
  expect(stepper.step(0, 0.1, Float64Array.of(1), new Float64Array(1))).toBe(false);
});

test("goes on with the new parameters and a new controller after a callback changed them", () => {
  const f = vectorField((_t, u, p, du) => void (du[0] = -p[0] * u[0]), { dim: 1, paramCount: 1 });
  const callback = presetTimeCallback({ times: [1], affect: ({ p }) => void (p[0] = 3) });
  const { u } = solve(odeProblem(f, [1], [0, 2], [1]), radauIIA5(), { reltol: 1e-9, abstol: 1e-12, callback });
  expect(Math.abs(u.at(-1)![0] - Math.exp(-4))).toBeLessThan(1e-9);
});

test("tolerances of any size, one of them zero, and steps backwards", () => {
  const f = vectorField((t, u, _p, du) => void (du[0] = -50 * (u[0] - Math.cos(t)) - Math.sin(t)), { dim: 1 });
  for (const [reltol, abstol] of [[1e-12, 1e-14], [0, 1e-6], [1e-6, 0], [0.1, 0.1]]) {
    const { u, retcode } = solve(odeProblem(f, [1], [0, 1]), radauIIA5(), { reltol, abstol });
    expect(retcode).toBe("success");
    expect(Math.abs(u.at(-1)![0] - Math.cos(1))).toBeLessThan(20 * Math.max(reltol, abstol));
  }
  const decay = vectorField((_t, u, _p, du) => void (du[0] = 20 * u[0]), { dim: 1 });
  expect(Math.abs(solve(odeProblem(decay, [1], [0, -1]), radauIIA5()).u.at(-1)![0] - Math.exp(-20))).toBeLessThan(1e-8);
});

test("keeps its tolerances where those of components differ, or the absolute one is much larger than the relative", () => {
  const problem = odeProblem((t, _u, _p, du) => void ([du[0], du[1]] = [30 * Math.cos(30 * t), 0]), [0, 1], [0, 1]);
  const error = (options: SolveOptions): number => {
    const { u, retcode } = solve(problem, radauIIA5(), options);
    expect(retcode).toBe("success");
    return Math.abs(u.at(-1)![0] - Math.sin(30));
  };
  expect(error({ reltol: 1e-14, abstol: 1e-3 })).toBeLessThan(1e-2);
  const alone = error({ reltol: 0, abstol: 1e-5 });
  // Another component's tolerance is none of its business.
  expect(error({ reltol: 0, abstol: [1e-5, 1e-12] })).toBeLessThan(10 * alone);
});

test("steps do not depend on units: of powers of two to the bit, and where those of one component are others but for rounding", () => {
  const run = (first: number, second: number, reltol: number): { u: number[]; cost: number[] } => {
    const f = vectorField((_t, u, _p, du) => du.set([-u[0], -100 * (u[1] - (second / first) * u[0])]), { dim: 2 });
    const { u, retcode, stats } = solve(odeProblem(f, [first, 0], [0, 1]), radauIIA5(), { reltol, abstol: [1e-9 * first, 1e-9 * second], saveAt: [0.5, 1] });
    expect(retcode).toBe("success");
    return { u: u.flatMap((x) => [x[0] / first, x[1] / second]), cost: [stats.nf, stats.naccept, stats.nreject] };
  };
  for (const reltol of [1e-6, 0]) {
    const plain = run(1, 1, reltol);
    expect(Math.abs(plain.u[2] - Math.exp(-1))).toBeLessThan(1e-7);
    for (const unit of [2 ** 66, 2 ** 166, 2 ** -100]) expect(run(unit, unit, reltol)).toEqual(plain);
    for (const [first, second] of [[1, 2 ** 90], [2 ** 60, 2 ** -60]]) {
      const other = run(first, second, reltol);
      other.u.forEach((x, i) => expect(Math.abs(x - plain.u[i])).toBeLessThan(reltol + 1e-8));
      expect(Math.abs(other.cost[0] / plain.cost[0] - 1)).toBeLessThan(0.1);
    }
  }
});
