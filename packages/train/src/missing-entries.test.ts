import { add, at, concat, mul, neg, slice, tracedField, type Tensor } from "@fluxion/autodiff";
import { constantRate, meanSquaredError, type Loss } from "@fluxion/nn-core";
import { odeProblem, rk4, solve, tsit5 } from "@fluxion/ode-core";
import { discreteAdjoint, finiteDifference, forwardSensitivity, gaussAdjoint, interpolatingAdjoint } from "@fluxion/sensitivity";
import { describe, expect, test } from "vitest";
import { energyDriftPercent, rollout, rolloutError } from "./evaluate-model.ts";
import { fit } from "./fit.ts";
import { lossShards } from "./loss-shards.ts";
import type { Trajectory } from "./trajectory.ts";
import { trajectoryLoss, type TrajectoryLossOptions } from "./trajectory-loss.ts";

// A damped oscillator: dq/dt = v, dv/dt = -p0 q - p1 v.
const model = tracedField((_t, u, p) => {
  const [q, v] = [slice(u, 0, 1), slice(u, 1, 2)];
  return concat([v, neg(add(mul(at(p, 0), q), mul(at(p, 1), v)))]);
}, { dim: 2, paramCount: 2 });
const p = Float64Array.of(2.1, 0.3);
const states = (...rows: readonly (readonly number[])[]): Float64Array[] => rows.map((row) => Float64Array.from(row));
const t = Float64Array.of(0, 0.5, 1, 1.5, 2);
const trajectories: readonly Trajectory[] = [
  { t, u: states([1, 0], [0.6, NaN], [NaN, NaN], [NaN, -0.2], [NaN, NaN]) },
  { t, u: states([0, 1], [0.2, 0.5], [NaN, 0.1], [0.4, 0.3], [-0.2, 0]) },
];
const common: TrajectoryLossOptions = { model, trajectories, loss: meanSquaredError(), algorithm: rk4(), solver: { dt: 0.05 }, sensealg: discreteAdjoint() };

/** Residuals of what was observed after the start. */
const residuals = (q: Float64Array, data: readonly Trajectory[] = trajectories): number[] =>
  data.flatMap((one) => {
    const { u } = solve(odeProblem(model, one.u[0], [0, 2], q), rk4(), { dt: 0.05, saveAt: one.t });
    return u.flatMap((state, k) => (k === 0 ? [] : [...state].map((x, i) => x - one.u[k][i]).filter((r) => !Number.isNaN(r))));
  });

describe("entries that are missing", () => {
  test("add nothing to the loss, which is the mean over what is there", () => {
    const found = residuals(p);
    expect(found.length).toBe(9);
    expect(trajectoryLoss(common)(p).loss).toBeCloseTo(found.reduce((sum, r) => sum + r * r, 0) / 9, 14);
  });

  test.each([discreteAdjoint(), finiteDifference(), forwardSensitivity(), gaussAdjoint(), interpolatingAdjoint()])("$name: nor to the gradient", (sensealg) => {
    const { gradient } = trajectoryLoss({ ...common, sensealg })(p);
    const mean = (q: Float64Array): number => residuals(q).reduce((sum, r) => sum + r * r, 0) / 9;
    const moved = (i: number, h: number): number => mean(p.with(i, p[i] + h));
    const expected = p.map((_, i) => (8 * (moved(i, 1e-3) - moved(i, -1e-3)) - (moved(i, 2e-3) - moved(i, -2e-3))) / 12e-3);
    gradient.forEach((x, i) => expect(Math.abs(x - expected[i])).toBeLessThan(1e-5 * Math.hypot(...expected)));
  });

  test("add nothing to a loss whose penalty of no residual is not 0 either", () => {
    const shifted: Loss = { name: "shifted", penalty: (r) => mul(add(r, 1), add(r, 1)) };
    expect(trajectoryLoss({ ...common, loss: shifted })(p).loss).toBeCloseTo(residuals(p).reduce((sum, r) => sum + (r + 1) ** 2, 0) / 9, 13);
  });

  test("at whole times are as if these had not been there, bit for bit, with no solve to those at the end", () => {
    const all = trajectoryLoss({ ...common, trajectories: trajectories.slice(0, 1) })(p);
    const [bits, { rhsEvaluations }] = [[all.loss, ...all.gradient], all];
    const there = [0, 1, 3];
    const cut = trajectoryLoss({ ...common, trajectories: [{ t: Float64Array.from(there, (k) => t[k]), u: there.map((k) => trajectories[0].u[k]) }] })(p);
    expect([cut.loss, ...cut.gradient, cut.rhsEvaluations]).toEqual([...bits, rhsEvaluations]);
  });

  test("count in the intervals of a stage", () => {
    const short = trajectoryLoss({ ...common, intervals: 2 })(p);
    const cut = trajectories.map((one) => ({ t: t.slice(0, 3), u: one.u.slice(0, 3) }));
    expect(short.loss).toBeCloseTo(residuals(p, cut).reduce((sum, r) => sum + r * r, 0) / 4, 14);
  });

  test.each([1, 2, 3])("in %d parts the loss is the same", (count) => {
    const many = { ...common, trajectories: [...trajectories, { t: t.slice(0, 3), u: states([1, 1], [NaN, 0.3], [0, 0.2]) }] };
    const whole = trajectoryLoss(many)(p);
    const [loss, gradient] = [whole.loss, whole.gradient.slice()];
    const parts = lossShards(many, count).map(({ options, share }) => ({ share, ...trajectoryLoss(options)(p) }));
    expect(parts.reduce((sum, part) => sum + part.share, 0)).toBeCloseTo(1, 14);
    expect(parts.reduce((sum, part) => sum + part.share * part.loss, 0)).toBeCloseTo(loss, 14);
    gradient.forEach((x, i) => expect(parts.reduce((sum, part) => sum + part.share * part.gradient[i], 0)).toBeCloseTo(x, 13));
  });

  const wrong = (data: Partial<Trajectory>, changes: Partial<TrajectoryLossOptions> = {}): (() => unknown) => () =>
    trajectoryLoss({ ...common, ...changes, trajectories: [trajectories[1], { ...trajectories[0], ...data } as Trajectory] });

  test("at the start are refused, with the name of the option that gives one", () => {
    const late = { u: states([1, NaN], [1, 1], [1, 1], [1, 1], [1, 1]) };
    const message = 'Cannot match trajectories as each must start at a state that was observed as a whole, or at what option "initialState" makes of the parameters: u[0] of trajectory 1 is [1, NaN]';
    expect(wrong(late)).toThrow(expect.objectContaining({ code: "NON_FINITE", message }));
    expect(() => lossShards({ ...common, trajectories: [trajectories[0], { ...trajectories[1], ...late }] }, 2)).toThrow(expect.objectContaining({ code: "NON_FINITE", message }));
    expect(wrong(late, { initialState: (q) => q })).not.toThrow();
  });

  test("are NaN: infinite ones, and what is no number, are refused by their place", () => {
    expect(wrong({ u: states([1, 0], [NaN, Infinity], [0, 0], [0, 0], [0, 0]) })).toThrow(expect.objectContaining({ code: "NON_FINITE", message: "Cannot use state 1 of trajectory 1 as every entry must be finite: state 1 of trajectory 1[1] is Infinity" }));
    expect(wrong({ u: [[1, 0], [0, null], [0, 0], [0, 0], [0, 0]] as never })).toThrow(expect.objectContaining({ code: "NON_FINITE" }));
    expect(wrong({ t: t.with(2, NaN) })).toThrow(expect.objectContaining({ code: "NON_FINITE" }));
  });

  test("must leave something to compare, in each stage", async () => {
    const none = { u: states([1, 0], [NaN, NaN], [NaN, NaN], [NaN, NaN], [NaN, NaN]) };
    for (const changes of [{}, { initialState: (q: Tensor) => q }]) {
      expect(wrong(none, changes)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message: "Cannot match trajectories as each must have an observed entry after its start: trajectory 1 has none" }));
    }
    const late = [trajectories[1], { t, u: states([1, 0], [NaN, NaN], [NaN, NaN], [1, 1], [1, 1]) }];
    const told: number[] = [];
    const stages = [4, 2].map((intervals) => ({ intervals, steps: 1, schedule: constantRate() }));
    const run = fit({ ...common, trajectories: late, start: p, stages, onProgress: ({ step }) => told.push(step) });
    await expect(run).rejects.toMatchObject({ code: "INVALID_ARGUMENT", message: "Cannot match trajectories as each must have an observed entry after its start in the first 2 intervals: trajectory 1 has none" });
    expect(told).toEqual([]);
  });
});

describe("what reads recordings with missing entries", () => {
  const [partly] = trajectories;
  test("compares a rollout with what is there", () => {
    const predicted = states([1, 0], [0.5, 3], [7, 7], [4, 0], [8, 8]);
    expect(rolloutError(predicted, partly, 2)).toBeCloseTo((0.1 ** 2 + 0.2 ** 2) / 4, 15);
    expect(rolloutError(predicted, partly, 0.5)).toBeCloseTo(0.1 ** 2 / 3, 15);
    const unknown = { t, u: states([NaN, NaN], [NaN, NaN], [1, 1], [1, 1], [1, 1]) };
    expect(() => rolloutError(predicted, unknown, 0.5)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("starts at a whole state, or at one that is given", () => {
    const unknown = { t, u: states([NaN, 1]) };
    expect(() => rollout(model, p, unknown)).toThrow(expect.objectContaining({ code: "NON_FINITE", message: "Cannot roll out as the first state must be known as a whole: u[0] is [NaN, 1]" }));
    expect(() => energyDriftPercent(partly.u, unknown, (u) => u[0], 0)).toThrow(expect.objectContaining({ code: "NON_FINITE" }));
    const { u } = rollout(model, p, { ...unknown, u: states([1, 0]) });
    expect(u).toEqual(rollout(model, p, partly).u);
    expect(u[4]).toEqual(solve(odeProblem(model, [1, 0], [0, 2], p), tsit5(), { reltol: 1e-9, abstol: 1e-9, maxIters: 1e6, saveAt: t }).u[4]);
  });
});

test("an option that neither fit nor trajectoryLoss knows is refused, and those of the one are left alone by the other", async () => {
  const misspelled = { initalState: () => 0 };
  expect(() => trajectoryLoss({ ...common, ...misspelled })).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringMatching(/^Cannot match trajectories as the options are model, .*: got "initalState"$/) as string }));
  const stages = [{ steps: 1, schedule: constantRate() }];
  await expect(fit({ ...common, start: p, stages, ...misspelled })).rejects.toMatchObject({ code: "INVALID_OPTION", message: expect.stringMatching(/^Cannot fit as/) as string });
  expect((await fit({ ...common, first: 0, start: p, stages } as never)).status).toBe("finished");
});
