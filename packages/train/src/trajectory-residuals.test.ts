import { add, at, concat, constant, exp, log, mul, slice, stack, sub, tracedEvent, tracedField } from "@fluxion/autodiff";
import { meanSquaredError, seededRandom } from "@fluxion/nn-core";
import { continuousCallback, odeProblem, OdeError, presetTimeCallback, rk4, solve, tsit5, type VectorField } from "@fluxion/ode-core";
import { discreteAdjoint, finiteDifference, forwardSensitivity, gaussAdjoint, interpolatingAdjoint, sensealgs } from "@fluxion/sensitivity";
import { describe, expect, test } from "vitest";
import { leastSquares, type LeastSquaresResult } from "./least-squares.ts";
import { trajectoryLoss } from "./trajectory-loss.ts";
import { trajectoryResiduals, type TrajectoryResidualsOptions } from "./trajectory-residuals.ts";

/** dx/dt = alpha x - beta x y, dy/dt = delta x y - gamma y, with further parameters that the field does not use. */
const lotkaVolterra = (further: number): VectorField =>
  tracedField((_t, u, p) => {
    const [x, y] = [at(u, 0), at(u, 1)];
    const [alpha, beta, gamma, delta] = [0, 1, 2, 3].map((i) => at(p, i));
    return stack([mul(x, sub(alpha, mul(beta, y))), mul(y, sub(mul(delta, x), gamma))]);
  }, { dim: 2, paramCount: 4 + further });
const states = (...rows: readonly (readonly number[])[]): Float64Array[] => rows.map((row) => Float64Array.from(row));
const code = (expected: string, message: string): unknown => expect.objectContaining({ code: expected, message: expect.stringContaining(message) as string });

const common: TrajectoryResidualsOptions = {
  model: lotkaVolterra(2),
  trajectories: [
    { t: Float64Array.of(0, 0.2, 0.5, 0.6), u: states([0.7, 1.4], [NaN, 1], [1.3, 0.4], [1.6, NaN]) },
    { t: Float64Array.of(0, 0.2, 0.5, 0.6), u: states([NaN, 0.4], [1.9, 0.8], [NaN, NaN], [1.1, 2]) },
    { t: Float64Array.of(1, 0.7), u: states([NaN, NaN], [0.9, 1.1]) },
  ],
  initialState: (p, k) => add(mul(at(p, 0), exp(slice(p, 4, 6))), constant(0.1 * k, [2])),
  algorithm: rk4(),
  solver: { dt: 0.02 },
  sensealg: forwardSensitivity(),
};
const p = Float64Array.of(1.4, 0.9, 2.8, 1.1, -0.3, 0.2);
const { initialState: _, ...observedStarts } = { ...common, trajectories: [{ t: Float64Array.of(0, 0.2, 0.5), u: states([1, 2], [1.1, NaN], [1.3, 1]) }] };

describe.each([
  ["starts that depend on the parameters", common],
  ["observed starts", observedStarts],
  ["known standard deviations", { ...common, sigma: [0.1, 20] }],
  ["standard deviations that change", { ...common, sigma: 3, trajectories: common.trajectories.map((one, k) => (k === 1 ? one : { ...one, sigma: one.u.map((row, i) => row.map((x, j) => (Number.isNaN(x) ? 0 : 0.2 + i + j))) })) }],
  ["fewer intervals", { ...common, intervals: 1 }],
  ["step-size control", { ...common, algorithm: tsit5(), solver: { reltol: 1e-11, abstol: 1e-11 } }],
])("with %s", (_name, options) => {
  test.each([forwardSensitivity(), finiteDifference()])("$name: the Jacobian is that of finite differences of the residuals", (sensealg) => {
    const evaluate = trajectoryResiduals({ ...options, sensealg });
    const { residuals, jacobian, message } = evaluate(p);
    expect([jacobian.length, message]).toEqual([residuals.length * 6, ""]);
    for (let j = 0; j < 6; j++) {
      const by = (h: number): Float64Array => evaluate(p.with(j, p[j] + h)).residuals;
      const [a, b, c, d] = [by(1e-3), by(-1e-3), by(2e-3), by(-2e-3)];
      const scale = Math.max(...jacobian.map(Math.abs));
      residuals.forEach((_r, i) => expect(Math.abs(jacobian[i * 6 + j] - (8 * (a[i] - b[i]) - (c[i] - d[i])) / 12e-3) / scale).toBeLessThan(1e-8));
    }
  });

  test("the mean square is the loss, and the Jacobian's product its gradient", () => {
    const { residuals, jacobian } = trajectoryResiduals(options)(p);
    const { loss, gradient } = trajectoryLoss({ ...options, loss: meanSquaredError(), sensealg: discreteAdjoint() })(p);
    expect(residuals.reduce((sum, r) => sum + r * r, 0) / residuals.length).toBeCloseTo(loss, 9);
    gradient.forEach((g, j) => expect((2 / residuals.length) * residuals.reduce((sum, r, i) => sum + r * jacobian[i * 6 + j], 0)).toBeCloseTo(g, 8));
  });
});

test("residuals are those of observed entries, in their order, by their standard deviations", () => {
  const { residuals } = trajectoryResiduals({ ...observedStarts, sigma: [0.5, 4] })(p);
  const [u, v] = solve(odeProblem(common.model, [1, 2], [0, 0.5], p), rk4(), { dt: 0.02, saveAt: [0.2, 0.5] }).u;
  expect([...residuals]).toEqual([(u[0] - 1.1) / 0.5, (v[0] - 1.3) / 0.5, (v[1] - 1) / 4]);
  // All trajectories: 5 + 1, 1 + 2 + 2, 2 of them.
  expect(trajectoryResiduals(common)(p).residuals.length).toBe(6 + 5 + 2);
});

test("each call makes its own arrays, which do not depend on what was evaluated before", () => {
  const evaluate = trajectoryResiduals(common);
  const first = evaluate(p);
  const kept = structuredClone([...first.residuals, ...first.jacobian]);
  evaluate(p.map((x) => x + 0.1));
  expect([...first.residuals, ...first.jacobian]).toEqual(kept);
  expect(evaluate(p)).toEqual(first);
});

test("differentiates through events by finite differences", () => {
  const bouncing = tracedField((_t, u, q) => concat([slice(u, 1, 2), mul(-1, q)]), { dim: 2, paramCount: 1 });
  const callback = continuousCallback({ condition: (_t, u) => u[0], affect: ({ u }) => void (u[1] *= -0.8) });
  const trajectories = [{ t: Float64Array.of(0, 0.3, 1), u: states([1, 0], [0.5, -3], [0.2, 0.1]) }];
  const evaluate = trajectoryResiduals({ model: bouncing, trajectories, algorithm: tsit5(), solver: { reltol: 1e-9, abstol: 1e-9, callback }, sensealg: finiteDifference() });
  // Before the bounce u = 1 - g t^2 / 2.
  const { residuals, jacobian } = evaluate(Float64Array.of(9.81));
  expect([residuals[0], residuals[1], ...jacobian.subarray(0, 2)]).toEqual([0.5 - 9.81 * 0.045, 3 - 9.81 * 0.3, -0.045, -0.3].map((x) => expect.closeTo(x, 8) as number));
  expect(residuals.length).toBe(4);
});

describe("experiments with doses of their own", () => {
  // du/dt = -k u with doses of d at the times of each experiment: u(t) = u0 e^(-k t) + d sum e^(-k (t - t_i)).
  const [k, dose] = [0.7, 1.5];
  const decay = tracedField((_t, u, q) => mul(mul(-1, at(q, 0)), u), { dim: 1, paramCount: 2 });
  const given = [[0.5, 1.2], [0.3], []];
  const t = Float64Array.of(0, 0.4, 1, 2);
  const closed = (times: readonly number[], end: number): number => Math.exp(-k * end) + dose * times.filter((one) => one < end).reduce((total, one) => total + Math.exp(-k * (end - one)), 0);
  const trajectories = given.map((times) => ({
    t,
    u: states(...Array.from(t, (time) => [closed(times, time)])),
    ...(times.length > 0 ? { callback: presetTimeCallback({ times, ...tracedEvent({ dim: 1, paramCount: 2, affect: (_t, u, q) => add(u, at(q, 1)) }) }) } : {}),
  }));
  const options: TrajectoryResidualsOptions = { model: decay, trajectories, algorithm: rk4(), solver: { dt: 0.01 }, sensealg: forwardSensitivity() };

  test("have no residuals at the true parameters, and these are found", async () => {
    const evaluate = trajectoryResiduals(options);
    evaluate(Float64Array.of(k, dose)).residuals.forEach((x) => expect(Math.abs(x)).toBeLessThan(1e-9));
    const { p: found } = await leastSquares({ evaluate, start: [0.3, 0.4] });
    expect([...found]).toEqual([expect.closeTo(k, 8), expect.closeTo(dose, 8)]);
  });

  test("are not solved for together with others, and add to what happens in all", () => {
    const loss = { ...options, loss: meanSquaredError() };
    const q = Float64Array.of(0.5, 1.1);
    const [together, sum] = [trajectoryLoss({ ...loss, sensealg: discreteAdjoint() })(q), trajectories.map((one) => trajectoryLoss({ ...loss, trajectories: [one], sensealg: discreteAdjoint() })(q))];
    expect(together.loss).toBeCloseTo(sum.reduce((total, one) => total + one.loss, 0) / 3, 12);
    together.gradient.forEach((x, j) => expect(x).toBeCloseTo(sum.reduce((total, one) => total + one.gradient[j], 0) / 3, 12));
    const halve = presetTimeCallback({ times: [1.5], ...tracedEvent({ dim: 1, paramCount: 2, affect: (_t, u) => mul(0.5, u) }) });
    const { residuals } = trajectoryResiduals({ ...options, solver: { dt: 0.01, callback: halve } })(Float64Array.of(k, dose));
    // The residuals of the last times are those of halved states.
    expect([...residuals].filter((_x, i) => i % 3 === 2)).toEqual(given.map((times) => expect.closeTo(-0.5 * closed(times, 2), 8) as number));
  });
});

describe("failures have a message and infinite residuals", () => {
  test("a solve that fails names the trajectory", () => {
    // du/dt = (1, log(p - u)) is not a number where u passes p.
    const wall = tracedField((_t, u, q) => concat([constant(1, [1]), log(sub(q, slice(u, 0, 1)))]), { dim: 2, paramCount: 1 });
    const trajectories = [-3, -0.5].map((x) => ({ t: Float64Array.of(0, 1), u: states([x, 0], [0, 0]) }));
    const { residuals, message } = trajectoryResiduals({ ...observedStarts, model: wall, trajectories })(Float64Array.of(0.2));
    expect([...residuals]).toEqual([Infinity, Infinity, Infinity, Infinity]);
    expect(message).toMatch(/^Trajectory 1: Stopped at t = /);
  });

  test("so does a start that is not finite", () => {
    const { residuals, message } = trajectoryResiduals({ ...common, initialState: (q, k) => stack([at(q, 4), log(add(at(q, 5), k === 1 ? -1 : 0))]) })(p);
    expect(new Set(residuals)).toEqual(new Set([Infinity]));
    expect(message).toBe("Trajectory 1: entry 1 of its initialState is NaN");
  });

  test("and a derivative whose solve fails", () => {
    const base = finiteDifference();
    const sensealg = { ...base, linearize: (context: Parameters<typeof base.linearize>[0]) => ({ ...base.linearize(context), push: () => { throw new OdeError("SOLVE_FAILED", "no derivative"); } }) };
    expect(trajectoryResiduals({ ...common, sensealg })(p).message).toBe("Trajectory 0: no derivative");
    const broken = { ...sensealg, linearize: (context: Parameters<typeof base.linearize>[0]) => ({ ...base.linearize(context), push: () => { throw new RangeError("a defect"); } }) };
    expect(() => trajectoryResiduals({ ...common, sensealg: broken })(p)).toThrow(RangeError);
  });
});

test("every sensitivity algorithm without push is refused by name", () => {
  const without = [discreteAdjoint(), gaussAdjoint(), interpolatingAdjoint()];
  expect([...without.map(({ name }) => name), "finiteDifference", "forwardSensitivity"].toSorted()).toEqual(Object.keys(sensealgs).toSorted());
  for (const sensealg of without) {
    expect(() => trajectoryResiduals({ ...common, sensealg })).toThrow(code("MISSING_CAPABILITY", `must have push, as forwardSensitivity() and finiteDifference() have: "${sensealg.name}" has none`));
  }
});

test.each<[string, object, string, string]>([
  ["a loss", { loss: meanSquaredError() }, "INVALID_OPTION", 'got "loss"'],
  ["a sigma of 0", { sigma: 0 }, "INVALID_OPTION", 'option "sigma" must be a number > 0, or one for each of the 2 components of what is observed: current value is 0'],
  ["a sigma too few", { sigma: [1] }, "INVALID_OPTION", "current value is [1]"],
  ["a sigma that is no number", { sigma: [1, NaN] }, "INVALID_OPTION", "current value is [1, NaN]"],
  ["a sigma for too few times", { trajectories: [{ ...common.trajectories[2], sigma: states([1, 1]) }] }, "SHAPE_MISMATCH", "trajectory 0 has 2 states and 1"],
  ["a sigma for too few components", { trajectories: [{ ...common.trajectories[2], sigma: states([1, 1], [1]) }] }, "SHAPE_MISMATCH", "sigma[1] of trajectory 0"],
  ["a sigma of 0 at a time", { trajectories: [{ ...common.trajectories[2], sigma: states([0, 1], [1, 0]) }] }, "INVALID_ARGUMENT", "standard deviations of what was observed must be finite and > 0: sigma[1][1] of trajectory 0 is 0"],
  ["no data", { trajectories: [] }, "INVALID_ARGUMENT", "at least one"],
])("%s is refused", (_name, changes, expected, message) => {
  expect(() => trajectoryResiduals({ ...common, ...changes })).toThrow(code(expected, message));
});

describe("fitting noisy data", () => {
  const truth = Float64Array.of(1.5, 1, 3, 1);
  const t = Float64Array.from({ length: 41 }, (_x, k) => k / 4);
  const noise = seededRandom(1);
  const u = solve(odeProblem(lotkaVolterra(0), [1, 1], [0, 10], truth), tsit5(), { reltol: 1e-10, abstol: 1e-10, saveAt: t }).u.map((state) => state.map((x) => x + noise.normal(0, 0.1)));
  const options = { trajectories: [{ t, u }], algorithm: tsit5(), solver: { reltol: 1e-9, abstol: 1e-9 }, sensealg: forwardSensitivity(), sigma: 0.1 };
  const guess = [1.2, 0.8, 2.5, 0.8];
  const fixed = trajectoryResiduals({ ...options, model: lotkaVolterra(0) });
  // What SciPy 1.17.1's least_squares finds for the same data ("trf", tolerances of 1e-15, variational equations by DOP853 at 1e-12), and its standard errors.
  const minima: Readonly<Record<string, { cost: number; p: number[]; errors: number[] }>> = {
    fixed: { cost: 74.49836166, p: [1.33169748, 0.92256345, 3.38345597, 1.09905075], errors: [0.01205298, 0.01155589, 0.04557645, 0.01613083] },
    bounded: { cost: 81.731751763, p: [1.3, 0.90189808, 3.50339416, 1.14263432], errors: [NaN, 0.00847647, 0.01193103, 0.00284021] },
    free: { cost: 34.6206989116, p: [1.48272365, 0.99680243, 3.03643782, 1.01266854, 1.01036087, 0.96922053], errors: [0.01980694, 0.01245287, 0.04723503, 0.01518368, 0.01482093, 0.02246766] },
  };
  const expectMinimum = (name: string, { status, cost, p: found, standardErrors }: LeastSquaresResult): void => {
    const { cost: least, p: at0, errors } = minima[name];
    expect(status).toBe("converged");
    expect(cost / least).toBeCloseTo(1, 8);
    at0.forEach((x, j) => expect(Math.abs(found[j] - x) / (errors[j] || 0.01)).toBeLessThan(1e-3));
    errors.forEach((x, j) => expect(standardErrors[j]).toEqual(Number.isNaN(x) ? NaN : expect.closeTo(x, 6)));
  };

  test("from the first observations, and within bounds", async () => {
    expectMinimum("fixed", await leastSquares({ evaluate: fixed, start: guess }));
    expectMinimum("bounded", await leastSquares({ evaluate: fixed, start: guess, upper: [1.3, Infinity, Infinity, Infinity] }));
  });

  test("with free starts, at once and first over a few intervals", async () => {
    const model = lotkaVolterra(2);
    const stage = (intervals: number): ReturnType<typeof trajectoryResiduals> => trajectoryResiduals({ ...options, model, initialState: (q) => slice(q, 4, 6), intervals });
    const short = await leastSquares({ evaluate: stage(8), start: [...guess, ...u[0]] });
    const whole = await leastSquares({ evaluate: stage(40), start: short.p });
    expectMinimum("free", whole);
    // The noise was said to be what it is: the residuals' variance is 1, up to its standard error.
    expect(Math.abs(whole.variance - 1)).toBeLessThan(3 * Math.sqrt(2 / 76));
    // Within three standard errors of the truth.
    truth.forEach((x, j) => expect(Math.abs(whole.p[j] - x)).toBeLessThan(3 * whole.standardErrors[j]));
    const atOnce = await leastSquares({ evaluate: stage(40), start: [...guess, ...u[0]] });
    expectMinimum("free", atOnce);
    expect(Math.max(atOnce.evaluations, short.evaluations + whole.evaluations)).toBeLessThan(60);
  });

  // Differences of solves are less accurate than their tolerance.
  test.each([
    ["forwardSensitivity", 1e-4, 1e-2, forwardSensitivity()],
    ["forwardSensitivity", 1e-6, 1e-4, forwardSensitivity()],
    ["finiteDifference", 1e-6, 1e-3, finiteDifference()],
  ] as const)("%s with a solver's tolerance of %d, at which residuals are noisy, finds parameters to %d of their standard errors", async (_name, tolerance, bound, sensealg) => {
    const evaluate = trajectoryResiduals({ ...options, model: lotkaVolterra(0), solver: { reltol: tolerance, abstol: tolerance }, sensealg });
    const { status, p: found, evaluations } = await leastSquares({ evaluate, start: guess });
    expect(status).toBe("converged");
    expect(evaluations).toBeLessThan(40);
    minima.fixed.p.forEach((x, j) => expect(Math.abs(found[j] - x) / minima.fixed.errors[j]).toBeLessThan(bound));
  });
});
