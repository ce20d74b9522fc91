import { at, mul, neg, tracedField } from "@fluxion/autodiff";
import { structuredLagrangianNN } from "@fluxion/lnn";
import { adam, constantRate, cosine, meanSquaredError, mlp, type Optimizer } from "@fluxion/nn-core";
import { odeProblem, rk4, solve, tsit5 } from "@fluxion/ode-core";
import { discreteAdjoint, gaussAdjoint } from "@fluxion/sensitivity";
import { pendulum } from "@fluxion/systems";
import { describe, expect, test } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { derivativeLoss } from "./derivative-loss.ts";
import { fit, type FitOptions, type FitProgress, type FitState, type TrainingOptions, type TrajectoryFit } from "./fit.ts";
import { lbfgs } from "./lbfgs.ts";
import type { LossValue, OwnLossValue } from "./loss-value.ts";
import { trajectoryLoss } from "./trajectory-loss.ts";

const model = structuredLagrangianNN({ coordinates: 1, angles: [0], energyScale: 10, network: mlp({ hidden: [5] }) });
const t = Float64Array.from({ length: 5 }, (_, k) => k / 5);
const trajectories = [[0.5, 0], [-1, 0.4]].map((u0) => ({ t, u: solve(odeProblem(pendulum().field, u0, [0, 0.8]), tsit5(), { reltol: 1e-9, saveAt: t }).u }));
const options: TrainingOptions & TrajectoryFit = {
  model,
  trajectories,
  algorithm: rk4(),
  solver: { dt: 0.1 },
  sensealg: discreteAdjoint(),
  stages: [
    { intervals: 1, steps: 4, schedule: cosine({ peak: 0.02 }) },
    { intervals: 4, steps: 6, schedule: cosine({ peak: 0.02 }) },
  ],
  clipNorm: 1,
  start: model.init(3),
};

/** The options but for what a resumed run starts from. */
const { start: _start, ...continued } = options;

/** A run that is stopped when `steps` steps are done. */
async function stopped(given: FitOptions, steps: number): Promise<FitState> {
  const controller = new AbortController();
  const { status, state } = await fit({ ...given, signal: controller.signal, onProgress: ({ step }) => void (step === steps && controller.abort()) });
  expect([status, state.step]).toEqual(["aborted", steps]);
  return state;
}

describe("fit", () => {
  test("lowers the loss, stage by stage, and tells how far it is", async () => {
    const told: FitProgress[] = [];
    const { status, state } = await fit({ ...options, stages: options.stages.map((s) => ({ ...s, steps: 60 })), onProgress: (progress) => told.push(progress) });
    expect(status).toBe("finished");
    expect(state.losses[59]).toBeLessThan(0.2 * state.losses[0]);
    expect(state.losses[119]).toBeLessThan(0.5 * state.losses[60]);
    expect(told.map(({ step }) => step)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
    expect(told.map(({ loss }) => loss)).toEqual(state.losses);
    expect(told.map(({ stage }) => stage)).toEqual(Array.from({ length: 120 }, (_, i) => (i < 60 ? 0 : 1)));
    expect(told.every(({ stages, steps, gradientMs }) => stages === 2 && steps === 120 && gradientMs > 0)).toBe(true);
    // 2 trajectories of 2, then 8 steps with at least four stages each.
    expect(state.rhsEvaluations).toBeGreaterThanOrEqual(60 * 2 * (2 + 8) * 4);
  });

  test("without a gradient at the start it fails there, and says why", async () => {
    const decay = tracedField((_t, u, p) => neg(mul(at(p, 0), u)), { dim: 1, paramCount: 1 });
    const [observed, told]: [{ t: Float64Array; u: Float64Array[] }, number[]] = [{ t: Float64Array.of(0, 10), u: [Float64Array.of(1), Float64Array.of(0.1)] }, []];
    const { status, state, message } = await fit({
      model: decay, trajectories: [observed], algorithm: tsit5(), solver: { reltol: 1e-3, abstol: 1e-3, maxIters: 50 }, sensealg: gaussAdjoint({ reltol: 1e-13, abstol: 1e-13 }),
      start: Float64Array.of(1), stages: [{ intervals: 1, steps: 40, schedule: constantRate() }], onProgress: ({ loss }) => told.push(loss),
    });
    expect([status, ...state.p]).toEqual(["failed", 1]);
    expect(message).toMatch(/after step 1 .*backwards.*maxIters/);
    expect(told).toEqual([Infinity]);
  });

  test("what onPause throws ends it, and what onPause gets stays as it was", async () => {
    const stages = [{ intervals: 1, steps: 1e6, schedule: constantRate() }];
    const kept: FitState[] = [];
    const run = fit({
      ...options, stages,
      onPause: (state) => {
        kept.push(state);
        if (kept.length === 2) throw new Error("disk full");
      },
    });
    await expect(run).rejects.toThrow("disk full");
    for (const { step, losses } of kept) expect(losses.length).toBe(step);
    expect(kept[0].step).toBeLessThan(kept[1].step);
    expect(kept[0].p).not.toEqual(kept[1].p);
    expect(kept[0].optimizer).not.toEqual(kept[1].optimizer);
  });

  test("starts from a list of numbers as well", async () => {
    expect(await fit({ ...options, start: [...model.init(3)] })).toEqual(await fit(options));
  });

  test("the same options give the same bits, another seed does not", async () => {
    const [a, b, c] = [await fit(options), await fit(options), await fit({ ...options, start: model.init(4) })];
    expect(a).toEqual(b);
    expect(c.state.p).not.toEqual(a.state.p);
  });

  test.each([1, 3, 4, 5, 9])("stopped after step %d and resumed from the file of a checkpoint, it ends with the same bits", async (steps) => {
    const whole = await fit(options);
    const bytes = encodeCheckpoint(await stopped(options, steps), "this run");
    const resume = decodeCheckpoint(bytes, "this run", "the checkpoint")!;
    const rest = await fit({ ...continued, resume });
    expect(rest).toEqual(whole);
  });

  test("stopped before it starts it has taken no step, and a finished one takes none more", async () => {
    const { status, state } = await fit({ ...options, signal: AbortSignal.abort() });
    expect([status, state.step]).toEqual(["aborted", 0]);
    expect(state.p).toEqual(options.start);
    const whole = await fit(options);
    expect(await fit({ ...continued, resume: whole.state })).toEqual(whole);
  });

  test("lets timers and signals run", async () => {
    const controller = new AbortController();
    const saved: number[] = [];
    setTimeout(() => controller.abort(), 120);
    const stages = [{ intervals: 4, steps: 1_000_000, schedule: constantRate() }];
    const { status, state } = await fit({ ...options, stages, signal: controller.signal, onPause: ({ step }) => saved.push(step) });
    expect(status).toBe("aborted");
    expect(saved.length).toBeGreaterThan(0);
    expect(saved.every((step) => step > 0 && step <= state.step)).toBe(true);
  });

  test("with another way to the loss, told the intervals, it does the same", async () => {
    const evaluate = (p: Float64Array, intervals: number): LossValue => trajectoryLoss({ ...options, loss: meanSquaredError(), intervals })(p);
    expect(await fit({ ...options, evaluate: undefined } as never)).toEqual(await fit(options));
    const { stages, clipNorm, start } = options;
    expect(await fit({ model, stages, clipNorm: clipNorm!, start: start!, evaluate })).toEqual(await fit(options));
  });

  test("divides residuals by the standard deviation of the observations", async () => {
    const sigma = [0.5, 2];
    const { state } = await fit({ ...options, sigma });
    expect(state.losses[0]).toBe(trajectoryLoss({ ...options, loss: meanSquaredError(), intervals: 1, sigma })(model.init(3)).loss);
    expect(state.losses[0]).not.toBe((await fit(options)).state.losses[0]);
  });

  test("to derivatives, whose loss knows no intervals", async () => {
    const samples = trajectories.flatMap(({ u }) => u.map((state) => ({ u: state, du: Float64Array.of(state[1], -9.81 * Math.sin(state[0])) })));
    const { state, status } = await fit({ model, start: options.start!, stages: [{ steps: 200, schedule: cosine({ peak: 0.05 }) }], evaluate: derivativeLoss({ model, samples, loss: meanSquaredError() }) });
    expect(status).toBe("finished");
    expect(state.losses.at(-1)!).toBeLessThan(0.01 * state.losses[0]);
  });

  test("clips the gradient: with a tiny limit Adam sees one of that length", async () => {
    const { state } = await fit({ ...options, clipNorm: 1e-6, stages: [{ intervals: 4, steps: 1, schedule: constantRate() }] });
    // After one step the mean is (1 - beta1) g.
    expect(Math.hypot(...state.optimizer["mean"])).toBeCloseTo(1e-7, 15);
  });
});

describe("a loss that is not finite", () => {
  const stages = [{ steps: 60, schedule: constantRate({ rate: 0.125 }) }];
  /** A slope of one, but where `fails` says so of the evaluation counted from 0; and where it was evaluated. */
  const downhill = (fails: (k: number) => boolean, seen: number[]): FitOptions => ({
    model: tracedField((_t, u) => u, { dim: 1, paramCount: 1 }),
    stages,
    start: Float64Array.of(1),
    evaluate: (p): LossValue => {
      const failed = fails(seen.push(p[0]) - 1);
      return { loss: failed ? NaN : p[0], gradient: Float64Array.of(failed ? NaN : 1), rhsEvaluations: 1, message: failed ? "blown up" : "" };
    },
  });

  test("halves the last update until it is finite, and goes on from there", async () => {
    const seen: number[] = [];
    const { status, state } = await fit({ ...downhill((k) => k === 2 || k === 3, seen), stages: [{ ...stages[0], steps: 6 }] });
    expect(status).toBe("finished");
    expect(state.losses.map(Number.isFinite)).toEqual([true, true, false, false, true, true]);
    // Adam steps by the rate where gradients are equal.
    const expected = [1, 0.875, 0.75, 0.8125, 0.84375, 0.71875];
    seen.forEach((x, i) => expect(x).toBeCloseTo(expected[i], 8));
    expect(state.kept[0]).toBe(seen[5]);
    expect(Array.from(state.optimizer["count"])).toEqual([4]);
  });

  test("fails when 20 halvings do not help, with the parameters of the last finite loss", async () => {
    const seen: number[] = [];
    const told: number[] = [];
    const { status, state, message } = await fit({ ...downhill((k) => k > 2, seen), onProgress: ({ loss }) => told.push(loss) });
    expect([status, ...state.p]).toEqual(["failed", seen[2]]);
    expect(message).toMatch(/Cannot go on fitting after step 24 .*: blown up/);
    expect(told.map(Number.isFinite)).toEqual([true, true, true, ...new Array<boolean>(21).fill(false)]);
    expect((seen[23] - seen[2]) / (seen[3] - seen[2])).toBeCloseTo(2 ** -20, 12);
    // Nineteen and a twentieth that is finite.
    const enough = await fit(downhill((k) => k > 2 && k < 23, []));
    expect(enough.status).toBe("finished");
  });

  test("counts on over a stop and a resume", async () => {
    const failing = downhill((k) => k > 2, []);
    const whole = await fit(failing);
    const resume = decodeCheckpoint(encodeCheckpoint(await stopped(downhill((k) => k > 2, []), 15), ""), "", "")!;
    const { start: _, ...rest } = downhill(() => true, []);
    expect(await fit({ ...rest, resume })).toEqual(whole);
  });

  test("fails again where it failed when it is resumed, without another step", async () => {
    const failed = await fit(downhill((k) => k > 2, []));
    const seen: number[] = [];
    const { start: _, ...rest } = downhill(() => false, seen);
    const { status, state } = await fit({ ...rest, resume: decodeCheckpoint(encodeCheckpoint(failed.state, ""), "", "")! });
    expect([status, seen]).toEqual(["failed", []]);
    expect(state).toEqual(failed.state);
  });

  test("is also one whose gradient has no finite square: Adam would not move after it", async () => {
    const seen: number[] = [];
    const steep = (p: Float64Array): LossValue => ({ loss: p[0], gradient: Float64Array.of(seen.push(p[0]) === 2 ? 1e160 : 1), rhsEvaluations: 1, message: "" });
    const { state } = await fit({ ...downhill(() => false, []), evaluate: steep });
    expect(state.losses[1]).toBe(Infinity);
    expect(state.p[0]).toBeLessThan(-5);
    // Clipped it is as good as any.
    expect((await fit({ ...downhill(() => false, []), evaluate: steep, clipNorm: 1 })).state.losses.every(Number.isFinite)).toBe(true);
  });

  /** Down the slope by the rate times the gradient, whatever they are. */
  const descent: Optimizer = { name: "descent", start: () => ({ state: {}, update: (p, g, rate) => g.forEach((x, i) => (p[i] -= rate * x)) }) };

  test.each([
    ["in the middle", 2, (k: number) => (k === 1 ? 1e300 : 0.125), /after step 2 as updates must be finite: that of optimizer "descent" at the rate 1e\+300 of schedule "mine" is not/],
    ["in the end", 1, () => 1e300, /after step 1 .*1e\+300/],
    ["by a rate that is none", 1, () => NaN, /after step 1 .*the rate NaN/],
    ["by a rate that is missing", 1, () => undefined as never, /after step 1 .*the rate undefined/],
  ])("an update that is not finite fails with the parameters before it: %s", async (_, steps, rate, reason) => {
    const seen: number[] = [];
    const evaluate = (p: Float64Array): LossValue => ({ loss: seen.push(p[0]), gradient: Float64Array.of(1e10), rhsEvaluations: 1, message: "" });
    const { status, state, message } = await fit({ ...downhill(() => false, []), optimizer: descent, evaluate, stages: [{ steps, schedule: { name: "mine", rate } }] });
    expect([status, state.step, ...state.p]).toEqual(["failed", steps, seen.at(-1)]);
    expect(state.kept).toEqual(state.p);
    expect(message).toMatch(reason);
  });

  test.each([
    ["a shorter gradient", { loss: 1, gradient: new Float64Array(0), rhsEvaluations: 1, message: "" }, "SHAPE_MISMATCH", 'the gradient of option "evaluate" as its length must be 1'],
    ["a longer gradient", { loss: 1, gradient: new Float64Array(2), rhsEvaluations: 1, message: "" }, "SHAPE_MISMATCH", 'the gradient of option "evaluate" as its length must be 1'],
    ["no gradient", { loss: 1, rhsEvaluations: 1 }, "INVALID_ARGUMENT", "gradient undefined"],
    ["a count that is none", { loss: 1, gradient: new Float64Array(1), rhsEvaluations: NaN, message: "" }, "INVALID_ARGUMENT", "rhsEvaluations NaN"],
    ["a promise", Promise.resolve({ loss: 1, gradient: new Float64Array(1), rhsEvaluations: 1, message: "" }), "INVALID_ARGUMENT", "a promise"],
    ["a gradient that is no list", { loss: 1, gradient: 2 }, "INVALID_ARGUMENT", "gradient 2"],
    ["a number", 3, "INVALID_ARGUMENT", 'option "evaluate" must return { loss, gradient } with a gradient of 1 numbers, and perhaps rhsEvaluations and message: it returned 3'],
    ["nothing", undefined, "INVALID_ARGUMENT", "it returned undefined"],
  ])("an evaluate that returns %s is refused", async (_, value, code, text) => {
    const run = fit({ ...downhill(() => false, []), optimizer: descent, evaluate: () => value as never });
    await expect(run).rejects.toMatchObject({ code, message: expect.stringContaining(text) as string });
    await expect(lbfgs({ evaluate: () => value as never, start: [1] })).rejects.toMatchObject({ code, message: expect.stringContaining(text) as string });
  });

  test("of a model that blows up, training goes round it", async () => {
    // du/dt = p u^3 from 1 is infinite at 1 / (2 p), within the time span from p = 0.5 on.
    const cubic = tracedField((_t, u, p) => mul(at(p, 0), mul(u, mul(u, u))), { dim: 1, paramCount: 1 });
    const truth = { t: Float64Array.of(0, 1), u: [Float64Array.of(1), Float64Array.of((1 - 2 * 0.4) ** -0.5)] };
    const { status, state } = await fit({ model: cubic, trajectories: [truth], algorithm: tsit5(), solver: { reltol: 1e-8, abstol: 1e-8, maxIters: 300 }, sensealg: discreteAdjoint(), start: Float64Array.of(0.1), clipNorm: 1, stages: [{ steps: 300, schedule: cosine({ peak: 0.2 }) }] });
    expect(state.losses.some((x) => x === Infinity)).toBe(true);
    expect(status).toBe("finished");
    expect(state.p[0]).toBeCloseTo(0.4, 3);
  });
});

describe("a loss function of one's own", () => {
  const field = tracedField((_t, u) => u, { dim: 1, paramCount: 2 });

  test("is the same for fit and lbfgs, and need return no more than the loss and its gradient", async () => {
    const quadratic = ([x, y]: Float64Array): OwnLossValue => ({ loss: (x - 1) ** 2 + 2 * (y + 0.5) ** 2, gradient: [2 * (x - 1), 4 * (y + 0.5)] });
    const { state, status } = await fit({ model: field, evaluate: quadratic, start: [0, 0], stages: [{ steps: 400, schedule: cosine({ peak: 0.1 }) }] });
    const found = await lbfgs({ evaluate: quadratic, start: [0, 0] });
    for (const p of [state.p, found.p]) expect([...p]).toEqual([expect.closeTo(1, 6), expect.closeTo(-0.5, 6)]);
    expect([status, state.rhsEvaluations, found.gradient instanceof Float64Array]).toEqual(["finished", 0, true]);
  });

  test("may return the parameters themselves as its gradient, or the same array each time: clipping leaves them as they are", async () => {
    const stages = [{ steps: 3, schedule: constantRate({ rate: 0.125 }) }];
    const half = await fit({ model: field, evaluate: (p) => ({ loss: (p[0] ** 2 + p[1] ** 2) / 2, gradient: p }), start: [3, 4], stages, clipNorm: 1e-3 });
    // Adam steps by the rate.
    expect(half.state.losses.map((x) => x.toFixed(3))).toEqual([0, 0.125, 0.25].map((d) => (((3 - d) ** 2 + (4 - d) ** 2) / 2).toFixed(3)));
    const slope = Float64Array.of(3, 4);
    await fit({ model: field, evaluate: (p) => ({ loss: slope[0] * p[0] + slope[1] * p[1], gradient: slope }), start: [3, 4], stages, clipNorm: 1e-3 });
    expect([...slope]).toEqual([3, 4]);
  });

  test("that has no finite loss says why, or not", async () => {
    const nowhere = (message?: string): OwnLossValue => ({ loss: NaN, gradient: [0, 0], message });
    const run = (evaluate: () => OwnLossValue): Promise<{ status: string; message: string }> => fit({ model: field, evaluate, start: [1, 1], stages: [{ steps: 3, schedule: constantRate() }] });
    expect(await run(() => nowhere("out of range"))).toMatchObject({ status: "failed", message: expect.stringMatching(/: out of range$/) as string });
    expect(await run(() => nowhere())).toMatchObject({ status: "failed", message: expect.stringMatching(/: the loss is NaN, the norm of the gradient 0$/) as string });
  });
});

test("finds the parameters of a vector field that is no model", async () => {
  const field = tracedField((_t, u, p) => neg(mul(at(p, 0), u)), { dim: 1, paramCount: 1 });
  const decay = { t, u: Array.from(t, (time) => Float64Array.of(2 * Math.exp(-1.7 * time))) };
  const { state } = await fit({ ...options, model: field, trajectories: [decay], stages: [{ intervals: 4, steps: 400, schedule: cosine({ peak: 0.05 }) }], start: Float64Array.of(1) });
  // Runge and Kutta's method has an error of its own.
  expect(state.p[0]).toBeCloseTo(1.7, 4);
});

test.each([
  ["no stages", { stages: [] }, "INVALID_ARGUMENT"],
  ["a stage without steps", { stages: [{ intervals: 1, steps: 0, schedule: constantRate() }] }, "INVALID_ARGUMENT"],
  ["a stage without intervals", { stages: [{ intervals: 0, steps: 1, schedule: constantRate() }] }, "INVALID_ARGUMENT"],
  ["no start", { start: undefined as never }, "INVALID_ARGUMENT"],
  ["a start of another length", { start: new Float64Array(3) }, "SHAPE_MISMATCH"],
  ["no trajectories", { trajectories: [] }, "INVALID_ARGUMENT"],
  ["no list of trajectories", { trajectories: undefined as never }, "INVALID_ARGUMENT"],
  ["no list of stages", { stages: undefined as never }, "INVALID_ARGUMENT"],
  ["a number for a schedule", { stages: [{ steps: 1, schedule: 0.01 as never }] }, "INVALID_ARGUMENT"],
  ["half a step", { stages: [{ steps: 1.5, schedule: constantRate() }] }, "INVALID_ARGUMENT"],
  ["half an interval in a later stage", { stages: [...options.stages, { intervals: 2.5, steps: 1, schedule: constantRate() }] }, "INVALID_ARGUMENT"],
  ["times that turn back", { trajectories: [{ t: Float64Array.of(0, 0.2, 0.1), u: trajectories[0].u.slice(0, 3) }] }, "INVALID_ARGUMENT"],
  ["times that come back to the start", { trajectories: [{ t: Float64Array.of(0, 0.2, 0), u: trajectories[0].u.slice(0, 3) }] }, "INVALID_ARGUMENT"],
  ["a start that is missing", { trajectories: [{ t: Float64Array.of(0, 0.2), u: [Float64Array.of(NaN, 0), trajectories[0].u[0]] }] }, "NON_FINITE"],
  ["a state that is infinite", { trajectories: [{ t: Float64Array.of(0, 0.2), u: [trajectories[0].u[0], Float64Array.of(Infinity, 0)] }] }, "NON_FINITE"],
  ["a start that is no function", { initialState: 1 as never }, "INVALID_OPTION"],
  ["an optimiser that was not made", { optimizer: adam as never }, "INVALID_OPTION"],
  ["an optimiser that returns new parameters", { optimizer: { name: "mine", start: () => ({ update: (p: Float64Array) => p.map((x) => x) as never, state: {} }) } }, "INVALID_OPTION"],
  ["an optimiser without a state", { optimizer: { name: "mine", start: () => ({ update: () => {} }) as never } }, "INVALID_OPTION"],
  ["an optimiser that forgets its state", { optimizer: { name: "mine", start: () => ({ update: () => {}, state: { mean: new Float64Array(1) } }) }, resume: { step: 1, p: Float64Array.from(options.start!), kept: Float64Array.from(options.start!), optimizer: { mean: Float64Array.of(2) }, losses: [1], rhsEvaluations: 1 } }, "INVALID_OPTION"],
  ["a loss that was not made", { loss: meanSquaredError as never }, "INVALID_OPTION"],
  ["an algorithm that was not made", { algorithm: rk4 as never }, "INVALID_OPTION"],
  ["no sensitivity algorithm", { sensealg: undefined as never }, "INVALID_OPTION"],
  ["no model", { model: undefined as never }, "INVALID_OPTION"],
  ["a number for the start", { start: 3 as never }, "INVALID_ARGUMENT"],
  ["a norm that clips all", { clipNorm: 0 }, "INVALID_OPTION"],
] as [string, Partial<typeof options>, string][])("%s is refused", async (_, changes, code) => {
  const told: number[] = [];
  await expect(fit({ ...options, ...changes, onProgress: ({ step }) => told.push(step) })).rejects.toMatchObject({ code });
  expect(told).toEqual([]);
});
