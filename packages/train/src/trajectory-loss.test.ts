import { at as entry, concat, constant, dot, log, mul, slice, sub, tracedEvent, tracedField } from "@fluxion/autodiff";
import { structuredLagrangianNN } from "@fluxion/lnn";
import { huber, losses, meanAbsoluteError, meanSquaredError, mlp, type Loss } from "@fluxion/nn-core";
import { secondOrderNeuralODE } from "@fluxion/node";
import { continuousCallback, odeProblem, presetTimeCallback, rk4, solve, tsit5, type VectorField } from "@fluxion/ode-core";
import { discreteAdjoint, finiteDifference, forwardSensitivity } from "@fluxion/sensitivity";
import { describe, expect, test } from "vitest";
import { lossShards } from "./loss-shards.ts";
import { trajectoryLoss, type TrajectoryLossOptions } from "./trajectory-loss.ts";
import type { Trajectory } from "./trajectory.ts";

const model = structuredLagrangianNN({ coordinates: 1, angles: [0], network: mlp({ hidden: [4] }) });
const p = model.init(2);
// Two recordings on time grids of their own, residuals clear of 0 and of huber's delta, where a loss has a kink.
const trajectories: readonly Trajectory[] = [
  { t: Float64Array.of(0, 0.2, 0.5, 0.6), u: [[0.5, -1], [0.9, 0.3], [2, 0.4], [1.5, -3]].map((u) => Float64Array.from(u)) },
  { t: Float64Array.of(1, 1.3), u: [[-0.8, 0.2], [0.4, 1.1]].map((u) => Float64Array.from(u)) },
];
const common = { model, trajectories, algorithm: rk4(), solver: { dt: 0.05 }, sensealg: discreteAdjoint() };
const scalar: Record<string, (r: number) => number> = {
  meanSquaredError: (r) => r * r,
  meanAbsoluteError: Math.abs,
  huber: (r) => (Math.abs(r) <= 0.7 ? (r * r) / 2 : 0.7 * (Math.abs(r) - 0.35)),
};
const all: readonly Loss[] = [meanSquaredError(), meanAbsoluteError(), huber({ delta: 0.7 })];

test("every loss takes part", () => expect(all.map(({ name }) => name).toSorted()).toEqual(Object.keys(losses).toSorted()));

describe.each(all)("$name", (loss) => {
  const evaluate = trajectoryLoss({ ...common, loss });

  test("is the mean penalty over trajectories, times and entries, without the first state", () => {
    const residuals = trajectories.flatMap(({ t, u }) => {
      const run = solve(odeProblem(model, u[0], [t[0], t[t.length - 1]], p), rk4(), { dt: 0.05, saveAt: t.slice(1) });
      return run.u.flatMap((state, k) => [...state].map((x, i) => x - u[k + 1][i]));
    });
    expect(residuals.length).toBe(8);
    expect(Math.min(...residuals.map(Math.abs))).toBeGreaterThan(0.01);
    const { loss: value, rhsEvaluations, message } = evaluate(p);
    expect(value).toBeCloseTo(residuals.reduce((s, r) => s + scalar[loss.name](r), 0) / 8, 13);
    // 12 and 6 steps of four stages, and what dense output takes.
    expect(rhsEvaluations).toBeGreaterThanOrEqual(72);
    expect(message).toBe("");
  });

  test("has the gradient of finite differences", () => {
    const gradient = evaluate(p).gradient.slice();
    const at = (i: number, h: number): number => evaluate(p.with(i, p[i] + h)).loss;
    const expected = p.map((_, i) => (8 * (at(i, 1e-3) - at(i, -1e-3)) - (at(i, 2e-3) - at(i, -2e-3))) / 12e-3);
    const scale = Math.hypot(...expected);
    expect(scale).toBeGreaterThan(0.01);
    expect(Math.hypot(...gradient.map((x, i) => x - expected[i])) / scale).toBeLessThan(1e-8);
  });

  test("over fewer intervals compares fewer states", () => {
    const short = trajectoryLoss({ ...common, loss, intervals: 1 })(p);
    const cut = trajectories.map(({ t, u }) => ({ t: t.slice(0, 2), u: u.slice(0, 2) }));
    const same = trajectoryLoss({ ...common, trajectories: cut, loss })(p);
    expect([short.loss, [...short.gradient]]).toEqual([same.loss, [...same.gradient]]);
    expect(short.loss).not.toBe(evaluate(p).loss);
  });
});

describe("trajectories with equal times", () => {
  const { batch: _batch, ...withoutBatches } = model;
  const t = Float64Array.of(0, 0.1, 0.25, 0.4);
  const at = (k: number): Trajectory => ({ t, u: Array.from(t, (_, i) => Float64Array.of(Math.sin(k + i), Math.cos(2 * k - i))) });
  const many = [...Array.from({ length: 11 }, (_, k) => at(k)), trajectories[0], at(11)];
  const alone = (changes: Partial<TrajectoryLossOptions>): { loss: number; gradient: Float64Array; rhsEvaluations: number } => {
    const parts = many.map((one) => ({ ...trajectoryLoss({ ...common, loss: meanSquaredError(), ...changes, trajectories: [one] })(p), weight: one.t.length - 1 }));
    const weight = parts.reduce((sum, part) => sum + part.weight, 0);
    const mean = (value: (part: (typeof parts)[0]) => number): number => parts.reduce((sum, part) => sum + value(part) * part.weight, 0) / weight;
    return { loss: mean((part) => part.loss), gradient: p.map((_, i) => mean((part) => part.gradient[i])), rhsEvaluations: parts.reduce((sum, part) => sum + part.rhsEvaluations, 0) };
  };

  test.each([
    ["rk4", { algorithm: rk4(), solver: { dt: 0.05 } }, true],
    ["tsit5 in fixed steps", { algorithm: tsit5(), solver: { dt: 0.05, adaptive: false } }, true],
    ["tsit5 with step-size control", { algorithm: tsit5(), solver: { reltol: 1e-6, abstol: 1e-6 } }, false],
    ["rk4 and another sensitivity algorithm", { algorithm: rk4(), solver: { dt: 0.05 }, sensealg: forwardSensitivity() }, false],
    ["events that know one state", { algorithm: rk4(), solver: { dt: 0.05, callback: presetTimeCallback({ times: [0.2], ...tracedEvent({ dim: 2, paramCount: p.length, affect: (_t, u) => mul(u, u) }) }) } }, false],
    ["relative tolerances per component", { algorithm: rk4(), solver: { dt: 0.05, reltol: [1e-6, 1e-5] } }, false],
    ["absolute tolerances per component", { algorithm: rk4(), solver: { dt: 0.05, abstol: [1e-6, 1e-5] } }, false],
    ["tolerances that fixed steps do not look at", { algorithm: rk4(), solver: { dt: 0.05, reltol: 1e-6, abstol: undefined } }, true],
    ["a model without batches", { model: withoutBatches }, false],
  ] as const)("%s: the loss and gradient are those of each alone", (_name, changes, batched) => {
    const counts: number[] = [];
    const watched = { batch: (count: number): VectorField => (counts.push(count), model.batch!(count)) };
    const base = { ...common, loss: meanSquaredError(), ...changes, trajectories: many };
    const together = trajectoryLoss("model" in changes ? base : { ...base, model: { ...model, ...watched } })(p);
    const expected = alone(changes);
    expect(together.loss).toBeCloseTo(expected.loss, 13);
    const scale = Math.hypot(...expected.gradient);
    together.gradient.forEach((x, i) => expect(Math.abs(x - expected.gradient[i]) / scale).toBeLessThan(1e-13));
    expect(together.rhsEvaluations).toBe(expected.rhsEvaluations);
    // Twelve in batches of two.
    expect(counts).toEqual(batched ? new Array(6).fill(2) : []);
  });
});

test("does not depend on what was evaluated before", () => {
  const evaluate = trajectoryLoss({ ...common, loss: meanSquaredError() });
  const first = evaluate(p).gradient.slice();
  evaluate(p.map((x) => x + 0.3));
  expect(evaluate(p).gradient).toEqual(first);
});

test("a failed solve is an infinite loss with a zero gradient and a reason", () => {
  const evaluate = trajectoryLoss({ ...common, algorithm: tsit5(), solver: { maxIters: 1 }, loss: meanSquaredError() });
  const { loss, gradient, message } = evaluate(p);
  expect(loss).toBe(Infinity);
  expect(gradient.every((x) => x === 0)).toBe(true);
  expect(message).toContain("maxIters");
  const explosive = secondOrderNeuralODE({ coordinates: 1, accelerationScale: 1e200, network: mlp({ hidden: [3] }) });
  expect(trajectoryLoss({ ...common, model: explosive, loss: meanSquaredError() })(explosive.init(1)).loss).toBe(Infinity);
});

test("a batch that fails names the trajectory, and the component of its state", () => {
  // du/dt = (1, log(p - u)) is not a number where u passes p.
  const wall = tracedField((_t, u, q) => concat([constant(1, [1]), log(sub(q, slice(u, 0, 1)))]), { dim: 2, paramCount: 1 });
  const from = (x: number): Trajectory => ({ t: Float64Array.of(0, 1), u: [Float64Array.of(x, 0), Float64Array.of(0, 0)] });
  const evaluate = trajectoryLoss({ ...common, model: wall, trajectories: [from(-3), from(-2), from(-2.5), from(-0.5)], loss: meanSquaredError() });
  expect(evaluate(Float64Array.of(0.2))).toMatchObject({ loss: Infinity, message: expect.stringMatching(/^Trajectory 3: Stopped at t = .*component 1 of the right-hand side is NaN/) as string });
});

test("of motions with events the states at the times count, whatever the events save", () => {
  const bouncing = tracedField((_t, u, q) => concat([slice(u, 1, 2), mul(-1, q)]), { dim: 2, paramCount: 1 });
  const callback = continuousCallback({ condition: (_t, u) => u[0], affect: ({ u }) => void (u[1] *= -0.8) });
  const observed = { t: Float64Array.of(0, 0.3, 1), u: [[1, 0], [0.5, -3], [0.2, 0.1]].map((u) => Float64Array.from(u)) };
  const evaluate = trajectoryLoss({ model: bouncing, trajectories: [observed], loss: meanSquaredError(), algorithm: tsit5(), solver: { reltol: 1e-9, abstol: 1e-9, callback }, sensealg: finiteDifference() });
  const { loss, gradient } = evaluate(Float64Array.of(9.81));
  const states = solve(odeProblem(bouncing, [1, 0], [0, 1], [9.81]), tsit5(), { reltol: 1e-9, abstol: 1e-9, callback: { ...callback, save: "none" }, saveAt: [0.3, 1] }).u;
  expect(loss).toBeCloseTo(states.reduce((s, u, k) => s + u.reduce((r, x, i) => r + (x - observed.u[k + 1][i]) ** 2, 0), 0) / 4, 12);
  expect(Number.isFinite(gradient[0]) && gradient[0] !== 0).toBe(true);
});

test("a gradient that overflows is an infinite loss with a reason", () => {
  // The state grows to 1e153, its square to 1e306; the slope of that by p is 1400 times as large.
  const growing = tracedField((_t, u, q) => mul(entry(q, 0), u), { dim: 1, paramCount: 1 });
  const one: Trajectory = { t: Float64Array.of(0, 700), u: [Float64Array.of(1), Float64Array.of(0)] };
  const evaluate = trajectoryLoss({ ...common, model: growing, trajectories: [one], solver: { dt: 0.5 }, loss: meanSquaredError() });
  const { loss, gradient, message } = evaluate(Float64Array.of(0.504));
  expect([loss, ...gradient]).toEqual([Infinity, 0]);
  expect(message).toMatch(/gradient is not finite/);
  const before = evaluate(Float64Array.of(0.49));
  expect(Number.isFinite(before.loss) && Number.isFinite(before.gradient[0]) && before.message === "").toBe(true);
});

test("a loss without a penalty for each residual is refused", () => {
  const summed: Loss = { name: "summed", penalty: (r) => dot(r, r) };
  expect(() => trajectoryLoss({ ...common, loss: summed })).toThrow(expect.objectContaining({
    code: "SHAPE_MISMATCH",
    message: 'Cannot use loss "summed" as it must have a penalty for each residual: current shape is [] for [8]',
  }));
});

test("data that does not fit the model is refused", () => {
  const make = (changes: Partial<TrajectoryLossOptions>) => () => trajectoryLoss({ ...common, loss: meanSquaredError(), ...changes });
  expect(make({ trajectories: [] })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  const states = (count: number): Float64Array[] => Array.from({ length: count }, () => new Float64Array(2));
  const fits = { t: Float64Array.of(0, 1), u: states(2) };
  for (const count of [0, 1, 3]) {
    expect(make({ trajectories: [fits, { t: Float64Array.of(0, 1), u: states(count) }] })).toThrow(expect.objectContaining({
      code: "SHAPE_MISMATCH",
      message: `Cannot match trajectories as each must have a state for each of its times: trajectory 1 has 2 times and ${count} states`,
    }));
  }
  expect(make({ trajectories: [fits, { t: Float64Array.of(0), u: states(1) }] })).toThrow(expect.objectContaining({
    code: "INVALID_ARGUMENT",
    message: "Cannot match trajectories as each must have at least 2 times: trajectory 1 has 1",
  }));
  for (const intervals of [0, -1, 1.5, NaN]) {
    expect(make({ intervals })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message: `Cannot match trajectories as intervals must be a whole number >= 1: current value is ${intervals}` }));
    expect(() => lossShards({ ...common, loss: meanSquaredError(), intervals }, 2)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  }
  expect(make({ trajectories: [{ t: Float64Array.of(0, 1), u: [new Float64Array(2), new Float64Array(3)] }] })).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
});

test("batches of data share what is compiled of a loss, and have means of their own", () => {
  let traced = 0;
  const counted: Loss = { name: "counted", penalty: (r) => (traced++, mul(r, r)) };
  const [long, short] = trajectories;
  const shorter = { t: long.t.slice(0, 3), u: long.u.slice(0, 3) };
  const batches = [[long, short], [shorter], [long], [shorter, short], [short]];
  const valueOf = (evaluate: ReturnType<typeof trajectoryLoss>): unknown => {
    const { loss, gradient } = evaluate(p);
    return [loss, gradient.slice()];
  };
  const alone = batches.map((batch) => valueOf(trajectoryLoss({ ...common, trajectories: batch, loss: meanSquaredError() })));
  // Of 6, 4 and 2 entries there are kernels of 8, 4 and 2.
  const shared = batches.slice(0, 2).map((batch) => trajectoryLoss({ ...common, trajectories: batch, loss: counted }));
  const before = traced;
  expect(before).toBeGreaterThan(0);
  shared.push(...batches.slice(2).map((batch) => trajectoryLoss({ ...common, trajectories: batch, loss: counted })));
  expect(traced).toBe(before);
  for (const order of [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [1, 0, 3, 4, 2]]) for (const i of order) expect(valueOf(shared[i])).toEqual(alone[i]);
});

test.each([
  ["model", undefined, /model" must be a vector field such as neuralODE.*: current value is undefined/],
  ["model", () => model, /a function: .* perhaps needs parentheses/],
  ["loss", meanSquaredError, /loss" must be a loss such as meanSquaredError\(\): current value is a function: meanSquaredError perhaps needs parentheses/],
  ["loss", undefined, /loss" must be .*: current value is undefined/],
  ["algorithm", "rk4", /algorithm" must be an algorithm such as rk4\(\): current value is "rk4"/],
  ["sensealg", discreteAdjoint, /discreteAdjoint perhaps needs parentheses/],
] as [string, unknown, RegExp][])("option %s that is no such thing is refused: %s", (name, value, message) => {
  expect(() => trajectoryLoss({ ...common, loss: meanSquaredError(), [name]: value })).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringMatching(message) as string }));
});

describe("sigma", () => {
  test.each(all)("divides residuals before the penalty: $name, alone and in a batch, with a missing entry and a trajectory with its own", (loss) => {
    const sigma = [0.4, 2.5];
    const [{ t, u }] = trajectories;
    const gap = u.map((state, k) => (k === 2 ? state.with(1, NaN) : state));
    const own = u.map((_, k) => Float64Array.of(0.3 + k, k === 2 ? NaN : 1 + k));
    const observed = [{ t, u: gap, sigma: own }, { t, u: u.map((state) => state.map((x) => x + 0.1)) }];
    const evaluate = trajectoryLoss({ ...common, trajectories: observed, loss, sigma });
    const penalties = observed.flatMap((one) => {
      const run = solve(odeProblem(model, one.u[0], [t[0], t[3]], p), rk4(), { dt: 0.05, saveAt: t.slice(1) });
      return run.u.flatMap((state, k) => [...state].map((x, i) => (x - one.u[k + 1][i]) / (one.sigma?.[k + 1] ?? sigma)[i])).filter((r) => !Number.isNaN(r)).map(scalar[loss.name]);
    });
    expect(penalties.length).toBe(11);
    const { loss: value, gradient } = evaluate(p);
    expect(value / (penalties.reduce((a, b) => a + b) / 11)).toBeCloseTo(1, 12);
    const found = gradient.slice();
    const at = (i: number, h: number): number => evaluate(p.with(i, p[i] + h)).loss;
    const expected = p.map((_, i) => (8 * (at(i, 1e-4) - at(i, -1e-4)) - (at(i, 2e-4) - at(i, -2e-4))) / 12e-4);
    expect(Math.hypot(...found.map((x, i) => x - expected[i])) / Math.hypot(...expected)).toBeLessThan(1e-8);
  });

  test("of all components changes a mean of squares by its square, and one that is none is refused", () => {
    const options = { ...common, loss: meanSquaredError() };
    expect(trajectoryLoss({ ...options, sigma: 0.5 })(p).loss).toBe(4 * trajectoryLoss(options)(p).loss);
    for (const sigma of [0, -1, NaN, Infinity, [1], [1, 0], [1, 1, 1], "1" as never]) expect(() => trajectoryLoss({ ...options, sigma })).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });
});
