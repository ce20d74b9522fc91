import { at, mul, neg, tracedField } from "@fluxion/autodiff";
import { structuredLagrangianNN } from "@fluxion/lnn";
import { constantRate, cosine, meanSquaredError, mlp } from "@fluxion/nn-core";
import { odeProblem, rk4, solve, tsit5, type SensitivityAlgorithm } from "@fluxion/ode-core";
import { discreteAdjoint, gaussAdjoint } from "@fluxion/sensitivity";
import { pendulum } from "@fluxion/systems";
import { describe, expect, test } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import { fit, type FitOptions, type FitProgress, type FitState } from "./fit.ts";
import { trajectoryLoss, type LossValue } from "./trajectory-loss.ts";

const model = structuredLagrangianNN({ coordinates: 1, angles: [0], energyScale: 10, network: mlp({ hidden: [5] }) });
const t = Float64Array.from({ length: 5 }, (_, k) => k / 5);
const trajectories = [[0.5, 0], [-1, 0.4]].map((u0) => ({ t, u: solve(odeProblem(pendulum().field, u0, [0, 0.8]), tsit5(), { reltol: 1e-9, saveAt: t }).u }));
const options: FitOptions = {
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

  test("a failed solve of the gradient is a step that is skipped", async () => {
    const decay = tracedField((_t, u, p) => neg(mul(at(p, 0), u)), { dim: 1, paramCount: 1 });
    const [observed, told]: [{ t: Float64Array; u: Float64Array[] }, number[]] = [{ t: Float64Array.of(0, 10), u: [Float64Array.of(1), Float64Array.of(0.1)] }, []];
    const run = fit({
      model: decay, trajectories: [observed], algorithm: tsit5(), solver: { reltol: 1e-3, abstol: 1e-3, maxIters: 50 }, sensealg: gaussAdjoint({ reltol: 1e-13, abstol: 1e-13 }),
      start: Float64Array.of(1), stages: [{ intervals: 1, steps: 40, schedule: constantRate() }], onProgress: ({ loss }) => told.push(loss),
    });
    await expect(run).rejects.toThrow(/20 steps in a row.*backwards.*maxIters/);
    expect(told).toEqual(new Array(19).fill(Infinity));
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
    expect(await fit({ ...options, trajectories: [], evaluate })).toEqual(await fit(options));
  });

  test("clips the gradient: with a tiny limit Adam sees one of that length", async () => {
    const { state } = await fit({ ...options, clipNorm: 1e-6, stages: [{ intervals: 4, steps: 1, schedule: constantRate() }] });
    // After one step the mean is (1 - beta1) g.
    expect(Math.hypot(...state.optimizer["mean"])).toBeCloseTo(1e-7, 15);
  });
});

/** `discreteAdjoint` that is refused its steps in the solves that `fails` picks, counted from 0. */
function failing(fails: (solve: number) => boolean): SensitivityAlgorithm {
  const inner = discreteAdjoint();
  let count = 0;
  return { ...inner, linearize: (context) => inner.linearize(fails(count++) ? { ...context, options: { ...context.options, maxIters: 1 } } : context) };
}

describe("a solve that fails", () => {
  const one = { ...options, trajectories: trajectories.slice(0, 1), stages: [{ intervals: 4, steps: 8, schedule: constantRate({ rate: 0.01 }) }] };

  test("gives an infinite loss and its step is skipped: the rest is as if it had not been", async () => {
    const { state } = await fit({ ...one, sensealg: failing((k) => k === 0 || k === 3 || k === 4) });
    const clean = await fit({ ...one, stages: [{ intervals: 4, steps: 5, schedule: constantRate({ rate: 0.01 }) }] });
    expect(state.losses.map((x) => x === Infinity)).toEqual([true, false, false, true, true, false, false, false]);
    expect(state.losses.filter(Number.isFinite)).toEqual(clean.state.losses);
    expect(state.p).toEqual(clean.state.p);
    expect(state.optimizer).toEqual(clean.state.optimizer);
  });

  test("20 times in a row ends training with SOLVE_FAILED and the reason, 19 times does not", async () => {
    const stages = [{ intervals: 4, steps: 60, schedule: constantRate() }];
    const seen: number[] = [];
    const always = fit({ ...one, stages, sensealg: failing(() => true), onProgress: ({ loss }) => seen.push(loss) });
    await expect(always).rejects.toMatchObject({ code: "SOLVE_FAILED", message: expect.stringMatching(/20 steps in a row.*maxIters/) });
    expect(seen).toEqual(new Array(19).fill(Infinity));
    const { status, state } = await fit({ ...one, stages, sensealg: failing((k) => k % 20 !== 19) });
    expect([status, state.losses.filter(Number.isFinite).length]).toEqual(["finished", 3]);
  });

  test("counts on over a stop and a resume", async () => {
    const stages = [{ intervals: 4, steps: 60, schedule: constantRate() }];
    const resume = await stopped({ ...one, stages, sensealg: failing(() => true) }, 15);
    const seen: number[] = [];
    const { start: _, ...rest } = { ...one, stages, sensealg: failing(() => true) };
    await expect(fit({ ...rest, resume, onProgress: ({ step }) => seen.push(step) })).rejects.toMatchObject({ code: "SOLVE_FAILED" });
    expect(seen).toEqual([16, 17, 18, 19]);
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
] as [string, Partial<FitOptions>, string][])("%s is refused", async (_, changes, code) => {
  await expect(fit({ ...options, ...changes })).rejects.toMatchObject({ code });
});
