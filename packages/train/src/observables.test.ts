import { add, at, concat, exp, log, mul, slice, stack, sub, sum, tracedField, type Tensor, type TracedRhs } from "@fluxion/autodiff";
import { constantRate, huber, meanSquaredError } from "@fluxion/nn-core";
import { rk4, tsit5 } from "@fluxion/ode-core";
import { discreteAdjoint, finiteDifference, forwardSensitivity, gaussAdjoint, interpolatingAdjoint } from "@fluxion/sensitivity";
import { describe, expect, test } from "vitest";
import { fit } from "./fit.ts";
import { leastSquares } from "./least-squares.ts";
import { lossShards } from "./loss-shards.ts";
import { trajectoryLoss, type TrajectoryLossOptions } from "./trajectory-loss.ts";
import { trajectoryResiduals } from "./trajectory-residuals.ts";

const rows = (...list: readonly (readonly number[])[]): Float64Array[] => list.map((row) => Float64Array.from(row));
const norm = (x: Float64Array): number => Math.hypot(...x);
const distance = (x: Float64Array, y: Float64Array): number => norm(x.map((v, i) => v - y[i])) / norm(y);
const code = (expected: string, message: string): unknown => expect.objectContaining({ code: expected, message: expect.stringContaining(message) as string });

/** Central differences of fourth order. */
function differences(evaluate: (p: Float64Array) => { readonly loss: number }, p: Float64Array): Float64Array {
  const loss = (i: number, h: number): number => evaluate(p.with(i, p[i] + h)).loss;
  return p.map((_, i) => (8 * (loss(i, 1e-3) - loss(i, -1e-3)) - (loss(i, 2e-3) - loss(i, -2e-3))) / 12e-3);
}

// Two rates of x' = a x - x y, y' = x y - b y, a start and the gain of what is observed: three numbers of two components.
// The first two trajectories are solved for together, the third runs backwards.
const observe: TracedRhs = (t, [x, y], p) => stack([mul(at(p, 4), add(x, y)), log(x), mul(y, exp(mul(t, at(p, 0))))]);
const common: TrajectoryLossOptions = {
  model: tracedField((_t, [x, y], p) => stack([mul(x, sub(at(p, 0), y)), mul(y, sub(x, at(p, 1)))]), { dim: 2, paramCount: 5 }),
  trajectories: [
    { t: Float64Array.of(0, 0.2, 0.5), u: rows([0.7, NaN, 1.4], [NaN, 1, 2], [1.3, 0.4, NaN]) },
    { t: Float64Array.of(0, 0.2, 0.5), u: rows([NaN, NaN, 0.4], [1.9, 0.8, 1], [0.2, -1, 0]) },
    { t: Float64Array.of(1, 0.7), u: rows([NaN, NaN, NaN], [0.9, 1.1, 1.2]) },
  ],
  initialState: (p, k) => add(slice(p, 2, 4), 0.1 * k),
  observe,
  loss: meanSquaredError(),
  algorithm: rk4(),
  solver: { dt: 0.02 },
  sensealg: discreteAdjoint(),
};
const p = Float64Array.of(1.4, 0.9, 0.8, 1.2, 0.7);

describe("what is observed is a function of time, state and parameters", () => {
  test.each([discreteAdjoint(), finiteDifference(), forwardSensitivity(), gaussAdjoint(), interpolatingAdjoint()])("$name: the gradient is that of finite differences of the loss", (sensealg) => {
    const evaluate = trajectoryLoss({ ...common, sensealg, sigma: [0.5, 1, 2] });
    const { gradient, loss } = evaluate(p);
    const found = gradient.slice();
    const expected = differences(evaluate, p);
    expect(loss).toBeGreaterThan(0.1);
    expect(Math.min(...expected.map(Math.abs))).toBeGreaterThan(0.05);
    // The continuous adjoints are those of the differential equation, from which these steps differ.
    expect(distance(found, expected)).toBeLessThan(sensealg.name.endsWith("Adjoint") && sensealg.name !== "discreteAdjoint" ? 1e-6 : 1e-8);
  });

  test("another penalty, and step-size control", () => {
    const evaluate = trajectoryLoss({ ...common, loss: huber({ delta: 0.3 }), algorithm: tsit5(), solver: { reltol: 1e-11, abstol: 1e-11 } });
    const found = evaluate(p).gradient.slice();
    expect(distance(found, differences(evaluate, p))).toBeLessThan(1e-7);
  });

  test.each([forwardSensitivity(), finiteDifference()])("$name: residuals and their Jacobian are those of the loss", (sensealg) => {
    const { loss: _, ...matching } = common;
    const { residuals, jacobian, message } = trajectoryResiduals({ ...matching, sensealg })(p);
    expect([residuals.length, message]).toEqual([16, ""]);
    const { loss, gradient } = trajectoryLoss(common)(p);
    expect(residuals.reduce((total, r) => total + r * r, 0) / 16).toBeCloseTo(loss, 12);
    gradient.forEach((g, j) => expect((2 / 16) * residuals.reduce((total, r, i) => total + r * jacobian[i * p.length + j], 0)).toBeCloseTo(g, 7));
  });

  test("loss and gradient are those of a closed form", () => {
    // u = c exp(-k t), of which g u^2 is observed; p = (k, c, g).
    const [t, y] = [Float64Array.of(0, 0.5, 1, 2), [3.1, 1.7, 1.3, 0.2]];
    const [k, c, g] = [0.8, 1.6, 1.2];
    const { loss, gradient } = trajectoryLoss({
      ...common, model: tracedField((_t, u, q) => mul(-1, mul(at(q, 0), u)), { dim: 1, paramCount: 3 }), trajectories: [{ t, u: y.map((x) => Float64Array.of(x)) }],
      initialState: (q) => slice(q, 1, 2), observe: (_t, u, q) => mul(at(q, 2), mul(at(u, 0), at(u, 0))), algorithm: tsit5(), solver: { reltol: 1e-12, abstol: 1e-12 },
    })(Float64Array.of(k, c, g));
    const squares = Array.from(t, (time) => (c * Math.exp(-k * time)) ** 2);
    const residuals = squares.map((u2, i) => g * u2 - y[i]);
    const mean = (by: (r: number, i: number) => number): number => residuals.reduce((total, r, i) => total + by(r, i), 0) / 4;
    expect(loss).toBeCloseTo(mean((r) => r * r), 10);
    [mean((r, i) => -4 * r * g * t[i] * squares[i]), mean((r, i) => (4 * r * g * squares[i]) / c), mean((r, i) => 2 * r * squares[i])].forEach((expected, i) => expect(gradient[i]).toBeCloseTo(expected, 9));
  });

  test("the state itself, observed as a function, has the loss and gradient of the state", () => {
    const states = { ...common, trajectories: [{ t: Float64Array.of(0, 0.2, 0.5), u: rows([0.7, 1.4], [NaN, 1], [1.3, 0.4]) }] };
    const { observe: _, ...whole } = states;
    const [own, traced] = [trajectoryLoss(whole)(p), trajectoryLoss({ ...states, observe: (_t, u) => u })(p)];
    expect(traced.loss).toBe(own.loss);
    expect(traced.gradient).toEqual(own.gradient);
  });

  test("parts of a loss add up to the whole", () => {
    const whole = trajectoryLoss(common)(p);
    const shards = lossShards(common, 3).map(({ options, share }) => ({ share, value: trajectoryLoss(options)(p) }));
    expect(shards).toHaveLength(3);
    expect(shards.reduce((total, { share, value }) => total + share * value.loss, 0)).toBeCloseTo(whole.loss, 12);
  });

  test("two rates and a start are found from the sum of two components, by fit's loss, too", async () => {
    const t = Float64Array.from({ length: 21 }, (_, k) => k / 4);
    const decays = {
      model: tracedField((_t, u, q) => mul(-1, mul(slice(q, 0, 2), u)), { dim: 2, paramCount: 4 }), observe: (...[, u]: Parameters<TracedRhs>) => sum(u), initialState: (q: Tensor) => slice(q, 2, 4),
      trajectories: [{ t, u: Array.from(t, (time) => Float64Array.of(2 * Math.exp(-0.3 * time) + Math.exp(-2 * time))) }], algorithm: tsit5(), solver: { reltol: 1e-9 }, sensealg: forwardSensitivity(),
    };
    const start = Float64Array.of(0.2, 1, 1.5, 1.5);
    const { p: found } = await leastSquares({ evaluate: trajectoryResiduals(decays), start });
    [0.3, 2, 2, 1].forEach((truth, i) => expect(found[i]).toBeCloseTo(truth, 5));
    const { state } = await fit({ ...decays, start, stages: [{ steps: 1, schedule: constantRate() }] });
    expect(state.losses[0]).toBe(trajectoryLoss({ ...decays, loss: meanSquaredError() })(start).loss);
  });
});

describe("what is wrong is said", () => {
  test.each<[string, Partial<TrajectoryLossOptions>, string, string]>([
    ["no function", { observe: 3 as never }, "INVALID_OPTION", 'option "observe" must be a function (t, u, p): current value is 3'],
    ["no start", { initialState: undefined }, "INVALID_OPTION", 'option "observe" needs option "initialState"'],
    ["no traced array", { observe: () => 3 as never }, "INVALID_TRACE", "observe must return a traced array: it returned 3"],
    ["a matrix", { observe: (_t, u) => stack([u, u]) }, "SHAPE_MISMATCH", "observe must return a number or a list of some: current shape is [2, 2]"],
    ["another length", { observe: (_t, u) => u }, "SHAPE_MISMATCH", "state 0 of trajectory 0"],
    ["a sigma for each component of the state", { sigma: [1, 1] }, "INVALID_OPTION", "one for each of the 3 components of what is observed: current value is [1, 1]"],
  ])("%s", (_name, options, expected, message) => {
    expect(() => trajectoryLoss({ ...common, ...options })).toThrow(code(expected, message));
  });

  test("what is not defined at a state has its place named", () => {
    const undefinedAtStart = { ...common, observe: (...[, u]: Parameters<TracedRhs>) => concat([log(sub(at(u, 0), 0.95)), u].map((x) => (x.shape.length === 0 ? stack([x]) : x))) };
    expect(trajectoryLoss(undefinedAtStart)(p)).toMatchObject({ loss: Infinity, message: "Trajectory 0: entry 0 of what observe returns is NaN at t = 0" });
    const { loss: _, ...matching } = undefinedAtStart;
    expect(trajectoryResiduals({ ...matching, sensealg: forwardSensitivity() })(p).message).toBe("Trajectory 0: entry 0 of what observe returns is NaN at t = 0");
  });
});
