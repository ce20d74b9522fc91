import { structuredLagrangianNN } from "@fluxion/lnn";
import { constantRate, cosine, huber, meanSquaredError, mlp } from "@fluxion/nn-core";
import { odeProblem, rk4, solve, tsit5 } from "@fluxion/ode-core";
import { discreteAdjoint } from "@fluxion/sensitivity";
import { pendulum } from "@fluxion/systems";
import { describe, expect, test } from "vitest";
import { derivativeLoss } from "./derivative-loss.ts";
import { fit } from "./fit.ts";
import { lbfgs } from "./lbfgs.ts";
import type { OwnLossValue } from "./loss-value.ts";
import { sumOfLosses, type LossTerm } from "./sum-of-losses.ts";
import type { Trajectory } from "./trajectory.ts";
import { trajectoryLoss } from "./trajectory-loss.ts";

const { field } = pendulum();
const recording = (angle: number, times: number): Trajectory => {
  const t = Float64Array.from({ length: times }, (_, k) => k / 10);
  return { t, u: solve(odeProblem(field, [angle, 0], [0, t[times - 1]]), tsit5(), { reltol: 1e-10, saveAt: t }).u };
};
const model = structuredLagrangianNN({ coordinates: 1, angles: [0], energyScale: 10, network: mlp({ hidden: [5] }) });
const p = model.init(3);
const solving = { model, algorithm: rk4(), solver: { dt: 0.05 }, sensealg: discreteAdjoint() };
const recordings = [recording(0.5, 4), recording(-1, 9)] as const;
const trajectories = trajectoryLoss({ ...solving, trajectories: recordings, loss: meanSquaredError() });
const samples = [-2, -1, 0.3, 1.4].map((q) => ({ u: Float64Array.of(q, 0.5 * q), du: Float64Array.of(0.5 * q, -9.81 * Math.sin(q)) }));
const accelerations = derivativeLoss({ model, samples, loss: huber({ delta: 2 }) });

/** `(x - to)^2`. */
const square = (to: number) => ([x]: Float64Array): OwnLossValue => ({ loss: (x - to) ** 2, gradient: [2 * (x - to)] });

describe("sumOfLosses", () => {
  test("of accelerations and trajectories is their weighted sum, with its gradient by differences", () => {
    const evaluate = sumOfLosses([{ evaluate: accelerations, weight: 0.01 }, { evaluate: trajectories, weight: 3 }]);
    const [a, b] = [accelerations(p), trajectories(p)];
    const { loss, gradient, rhsEvaluations, message } = evaluate(p);
    expect([loss, rhsEvaluations, message]).toEqual([0.01 * a.loss + 3 * b.loss, a.rhsEvaluations + b.rhsEvaluations, ""]);
    const found = gradient.slice();
    const at = (i: number, h: number): number => evaluate(p.with(i, p[i] + h)).loss;
    const expected = p.map((_, i) => (8 * (at(i, 1e-3) - at(i, -1e-3)) - (at(i, 2e-3) - at(i, -2e-3))) / 12e-3);
    expect(Math.hypot(...found.map((x, i) => x - expected[i])) / Math.hypot(...expected)).toBeLessThan(1e-8);
  });

  test("of two data sets with the weights of their entries is the loss of both", () => {
    const [few, many] = recordings.map((one) => trajectoryLoss({ ...solving, trajectories: [one], loss: meanSquaredError() }));
    const [whole, sum] = [trajectories(p), sumOfLosses([{ evaluate: few, weight: 3 / 11 }, { evaluate: many, weight: 8 / 11 }])(p)];
    expect(sum.loss / whole.loss).toBeCloseTo(1, 13);
    expect(Math.hypot(...sum.gradient.map((x, i) => x - whole.gradient[i])) / Math.hypot(...whole.gradient)).toBeLessThan(1e-13);
    expect(sum.rhsEvaluations).toBe(whole.rhsEvaluations);
  });

  test("has its minimum where the weighted gradients balance, for fit and lbfgs", async () => {
    const evaluate = sumOfLosses([{ evaluate: square(1), weight: 3 }, { evaluate: square(5) }]);
    const found = await lbfgs({ evaluate, start: [0] });
    const { state } = await fit({ model: { ...field, paramCount: 1 }, evaluate, start: [0], stages: [{ steps: 500, schedule: cosine({ peak: 0.1 }) }] });
    expect([found.p[0], state.p[0], found.loss]).toEqual([2, 2, 12].map((x) => expect.closeTo(x, 6) as number));
  });

  test("may hold the same loss twice, losses of weight 0, and sums", () => {
    const once = accelerations(p);
    const [loss, gradient] = [once.loss, once.gradient.slice()];
    const twice = sumOfLosses([{ evaluate: accelerations }, { evaluate: trajectories, weight: 0 }, { evaluate: accelerations }]);
    const nested = sumOfLosses([{ evaluate: twice, weight: 0.25 }, { evaluate: accelerations, weight: 0.5 }])(p);
    expect(nested.loss).toBeCloseTo(loss, 12);
    nested.gradient.forEach((x, i) => expect(Math.abs(x - gradient[i])).toBeLessThan(1e-12 * Math.hypot(...gradient)));
    expect(nested.rhsEvaluations).toBe(3 * samples.length + trajectories(p).rhsEvaluations);
  });

  test("hands the intervals of a stage on, and evaluates for another number of parameters", async () => {
    const told: (number | undefined)[] = [];
    const evaluate = sumOfLosses([{ evaluate: (q, intervals) => (told.push(intervals), { loss: 1, gradient: q }) }]);
    expect([evaluate(Float64Array.of(1)).gradient.length, evaluate(Float64Array.of(1, 2)).gradient.length]).toEqual([1, 2]);
    await fit({ model: { ...field, paramCount: 1 }, evaluate, start: [0], stages: [{ steps: 1, intervals: 7, schedule: constantRate() }, { steps: 1, schedule: constantRate() }] });
    expect(told).toEqual([undefined, undefined, 7, Infinity]);
  });
});

describe("a sum of losses of which one is not finite", () => {
  const zero = (q: Float64Array): OwnLossValue => ({ loss: 0, gradient: new Float64Array(q.length), rhsEvaluations: 5 });
  /** Its solves take more steps than they may. */
  const short = trajectoryLoss({ ...solving, algorithm: tsit5(), solver: { maxIters: 2 }, trajectories: recordings, loss: meanSquaredError() });

  test("says which and why, with a gradient of zero, and evaluates no further", () => {
    let later = 0;
    const evaluate = sumOfLosses([{ evaluate: accelerations }, { evaluate: short, weight: 0 }, { evaluate: (q) => (later++, zero(q)) }]);
    const { loss, gradient, message, rhsEvaluations } = evaluate(p);
    const own = short(p);
    expect(own.message).toContain("maxIters");
    expect([loss, message, rhsEvaluations, later]).toEqual([Infinity, `Loss 1: ${own.message}`, samples.length + own.rhsEvaluations, 0]);
    expect(gradient).toEqual(new Float64Array(p.length));
  });

  test.each<[string, LossTerm, string]>([
    ["a loss that is none", { evaluate: () => ({ loss: NaN, gradient: [1] }) }, "Loss 1: it is NaN"],
    ["a gradient that is none", { evaluate: () => ({ loss: 1, gradient: [NaN] }) }, "Loss 1: its gradient is not finite"],
    ["a sum", { evaluate: sumOfLosses([{ evaluate: zero }, { evaluate: () => ({ loss: Infinity, gradient: [1], message: "too far" }) }]) }, "Loss 1: Loss 1: too far"],
    ["a weight that is too large", { evaluate: () => ({ loss: 1, gradient: [10] }), weight: 1e308 }, "The sum of the weighted losses, or its gradient, is not finite"],
  ])("%s", async (_name, term, message) => {
    const evaluate = sumOfLosses([{ evaluate: zero }, term]);
    expect(evaluate(Float64Array.of(1))).toMatchObject({ loss: Infinity, gradient: Float64Array.of(0), message });
    expect(await lbfgs({ evaluate, start: [1] })).toMatchObject({ status: "failed", message: expect.stringContaining(`: ${message}`) as string });
    expect(await fit({ model: { ...field, paramCount: 1 }, evaluate, start: [1], stages: [{ steps: 2, schedule: constantRate() }] })).toMatchObject({ status: "failed", message: expect.stringContaining(`: ${message}`) as string });
  });
});

test.each<[string, unknown, string, string]>([
  ["no losses", [], "INVALID_ARGUMENT", "at least one, [{ evaluate, weight }, ...]: current value is []"],
  ["no list", accelerations, "INVALID_ARGUMENT", "current value is a function"],
  ["functions in place of entries", [accelerations], "INVALID_ARGUMENT", "the options must be an object: current value is a function"],
  ["another name", [{ loss: accelerations }], "INVALID_OPTION", 'the options are evaluate, weight: got "loss"'],
  ["no function", [{ evaluate: accelerations }, { weight: 1 }], "INVALID_OPTION", '"evaluate" of loss 1 must be a function of the parameters: current value is undefined'],
  ["a negative weight", [{ evaluate: accelerations, weight: -1 }], "INVALID_OPTION", '"weight" of loss 0 must be a number >= 0: current value is -1'],
  ["an infinite weight", [{ evaluate: accelerations, weight: Infinity }], "INVALID_OPTION", "current value is Infinity"],
])("sumOfLosses refuses %s", (_name, terms, code, message) => {
  expect(() => sumOfLosses(terms as never)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) as string }));
});

test.each<[string, unknown, string, string]>([
  ["a promise", Promise.resolve({ loss: 1, gradient: [1] }), "INVALID_ARGUMENT", "Cannot sum losses as loss 1 must return { loss, gradient } with a gradient of 1 numbers, and perhaps rhsEvaluations and message: it returned a promise"],
  ["a longer gradient", { loss: 1, gradient: [1, 2] }, "SHAPE_MISMATCH", "the gradient of loss 1 as its length must be 1"],
])("a loss of the sum that returns %s is refused", (_name, value, code, message) => {
  const evaluate = sumOfLosses([{ evaluate: square(1) }, { evaluate: () => value as never }]);
  expect(() => evaluate(Float64Array.of(1))).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) as string }));
});
