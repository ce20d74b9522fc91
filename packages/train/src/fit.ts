import { adam, clipNorm, meanSquaredError, type Loss, type Optimizer, type OptimizerRun, type OptimizerState, type Schedule } from "@fluxion/nn-core";
import { assertLength, isAllFinite, OdeError, shown, type VectorField } from "@fluxion/ode-core";
import { breather } from "./breather.ts";
import { assertLoss, type LossValue } from "./loss-value.ts";
import type { StepLoss } from "./minibatches.ts";
import { assertTrainingOptions } from "./option-names.ts";
import { requireTrajectories } from "./observations.ts";
import { assertPlugins } from "./plugins.ts";
import { trajectoryLoss } from "./trajectory-loss.ts";
import type { MatchedData } from "./trajectory-solves.ts";

/** A part of training with its own horizon. */
export interface Stage {
  /** Sampling intervals of each trajectory that are compared. Default: all. */
  readonly intervals?: number | undefined;
  /** Optimiser steps, each on all trajectories. */
  readonly steps: number;
  /** Learning rate over the stage. */
  readonly schedule: Schedule;
}

/** Everything that training has reached: enough to go on exactly as if it had not stopped. */
export interface FitState {
  /** Steps taken over all stages. */
  readonly step: number;
  /** Parameters `[m]` after the last update, whose loss is yet to be seen. */
  readonly p: Float64Array;
  /** The parameters `[m]` of the last finite loss: those before the last update, or `p` after failures. */
  readonly kept: Float64Array;
  readonly optimizer: OptimizerState;
  /** Loss before each step. Infinite where it, or its gradient, was not finite. */
  readonly losses: readonly number[];
  /** Right-hand sides of all forward solves. */
  readonly rhsEvaluations: number;
}

/** Told after each step. */
export interface FitProgress {
  /** The stage, from 0. */
  readonly stage: number;
  /** How many stages there are. */
  readonly stages: number;
  /** Steps taken, over all stages. */
  readonly step: number;
  /** Steps to take, over all stages. */
  readonly steps: number;
  /** The loss before this step; infinite where it, or its gradient, was not finite. */
  readonly loss: number;
  /** Time of this step's loss and gradient, in milliseconds. */
  readonly gradientMs: number;
}

/** How to fit, whatever the loss. */
export interface TrainingOptions {
  /** A model, or any vector field with the derivatives that its loss needs. */
  readonly model: VectorField;
  /** Makes updates of gradients. Default `adam()`. */
  readonly optimizer?: Optimizer | undefined;
  /** One after another, usually with growing horizons. */
  readonly stages: readonly Stage[];
  /** Largest Euclidean norm of a gradient. Default: none. */
  readonly clipNorm?: number | undefined;
  /** Start parameters `p[m]`. Either these, or `resume`. */
  readonly start?: ArrayLike<number> | undefined;
  /** Where an earlier run with the same options stopped. */
  readonly resume?: FitState | undefined;
  /** Looked at before each step: once aborted, `fit` ends with status `"aborted"`. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each step. Default: nothing. */
  readonly onProgress?: ((progress: FitProgress) => void) | undefined;
  /** Called some 20 times a second, when timers and signals get their turn: the place to save a checkpoint. What it throws ends `fit`. Default: nothing. */
  readonly onPause?: ((state: FitState) => void) | undefined;
}

/** Fitting to trajectories, through the solver: data and how to solve are needed unless `evaluate` is given. */
export interface TrajectoryFit extends MatchedData {
  /** The penalty for each residual. Default `meanSquaredError()`. */
  readonly loss?: Loss | undefined;
}

/** Fitting to a loss of your own. */
export interface LossFit {
  /** In place of `trajectories`: the loss and its gradient at `p[m]`, told the stage's intervals and the number of the step, from 0: that of `derivativeLoss`, `trajectoryLossThreads`, `sumOfLosses` or `minibatches`, or one of your own, `(p) => ({ loss, gradient })`. */
  readonly evaluate: StepLoss;
}

/** What to fit, to what, and how. */
export type FitOptions = TrainingOptions & (TrajectoryFit | LossFit);

/** How training ended. */
export interface FitResult {
  /** Failed: see {@link fit}. */
  readonly status: "finished" | "aborted" | "failed";
  readonly state: FitState;
  /** Why it failed; empty otherwise. */
  readonly message: string;
}

const defaultLoss = meanSquaredError();

/** @throws OdeError `INVALID_OPTION` for an optimizer whose state is not of arrays, or not the one it is to go on from. */
function startedOptimizer(optimizer: Optimizer, size: number, saved: OptimizerState | undefined): OptimizerRun {
  const run = optimizer.start(size, saved);
  const refused = (needed: string): OdeError => new OdeError("INVALID_OPTION", `Cannot fit with optimizer ${shown(optimizer.name)} as ${needed}`);
  const state: unknown = (run as OptimizerRun | undefined)?.state;
  if (typeof state !== "object" || state === null || !Object.values(state).every((data) => data instanceof Float64Array)) throw refused("the state of what its start returns must be an object of Float64Arrays, {} for none");
  const forgotten = Object.entries(saved ?? {}).find(([name, data]) => run.state[name]?.length !== data.length || run.state[name].some((x, i) => !Object.is(x, data[i])));
  if (forgotten) throw refused(`start(size, saved) must begin with the saved state: it begins with another ${shown(forgotten[0])}`);
  return run;
}

/** Steps in a row without a finite loss before training gives up. */
const patience = 20;

/**
 * Fits a model to trajectories through the solver, or to a loss of your own; each step sees all data, unless `evaluate` is one of `minibatches`. The result depends on nothing but the options:
 * the same ones, or a resumed run, give the same bits on the same backend.
 *
 * Where a loss or its gradient is not finite, as that of a model that blows up, the last update is halved, which counts as a step. After
 * 20 halvings in a row, or without an update to halve, it has failed, and so it has with an update that is not finite itself: `state.p` are the parameters of the last finite loss.
 *
 * @throws OdeError `INVALID_ARGUMENT` for bad stages or data, or an `evaluate` that returns no loss, `SHAPE_MISMATCH` for parameters, gradients or states of another length, `INVALID_OPTION` for an unknown or wrong option; and what `trajectoryLoss` throws.
 */
export async function fit(options: FitOptions): Promise<FitResult> {
  assertTrainingOptions("fit", options);
  const { model, signal, onProgress, optimizer = adam(), resume } = options;
  assertPlugins("fit", { model, optimizer });
  const start: unknown = resume?.p ?? options.start;
  if (typeof (start as ArrayLike<number> | null | undefined)?.length !== "number") throw new OdeError("INVALID_ARGUMENT", `Cannot fit as start parameters must be given: use start: model.init(seed); current value is ${shown(start)}`);
  const p = Float64Array.from(start as ArrayLike<number>);
  assertLength("the start parameters", p, model.paramCount);
  const stages = checkedStages(options);
  const kept = (resume?.kept ?? p).slice();
  assertLength("the kept parameters", kept, model.paramCount);
  const run = startedOptimizer(optimizer, model.paramCount, resume?.optimizer);
  const losses = [...(resume?.losses ?? [])];
  let rhsEvaluations = resume?.rhsEvaluations ?? 0;
  let failures = losses.length - 1 - losses.findLastIndex((x) => x < Infinity);
  let first = 0;
  const steps = stages.reduce((n, s) => n + s.steps, 0);
  const state = (): FitState => ({
    step: losses.length,
    p: p.slice(),
    kept: kept.slice(),
    optimizer: Object.fromEntries(Object.entries(run.state).map(([name, data]) => [name, data.slice()])),
    losses: losses.slice(),
    rhsEvaluations,
  });
  const isAtKept = (): boolean => p.every((x, i) => x === kept[i]);
  const breathe = breather(() => options.onPause?.(state()));

  for (const [index, stage] of stages.entries()) {
    const last = first + stage.steps;
    const evaluate = losses.length < last ? stageLoss(options, stage) : undefined;
    while (evaluate && losses.length < last) {
      if (signal?.aborted) return { status: "aborted", state: state(), message: "" };
      // As a resumed state of a fit that failed has it.
      if (failures > 0 && isAtKept()) return { status: "failed", state: state(), message: `Cannot go on fitting as it failed after step ${losses.length}` };
      const started = performance.now();
      const value = evaluate(p, losses.length);
      const gradientMs = performance.now() - started;
      const norm = clipNorm(value.gradient, options.clipNorm ?? Infinity);
      rhsEvaluations += value.rhsEvaluations;
      // Optimisers square gradients.
      const usable = Number.isFinite(value.loss) && Number.isFinite(norm) && Number.isFinite(Math.min(norm, options.clipNorm ?? Infinity) ** 2);
      failures = usable ? 0 : failures + 1;
      let failure = "";
      if (usable) {
        kept.set(p);
        const rate = stage.schedule.rate(losses.length - first, stage.steps);
        const returned: unknown = run.update(p, value.gradient, rate);
        if (returned !== undefined) throw new OdeError("INVALID_OPTION", `Cannot fit with optimizer ${shown(optimizer.name)} as its update must change p in place: it returned ${shown(returned)}`);
        if (!isAllFinite(p)) failure = `updates must be finite: that of optimizer ${shown(optimizer.name)} at the rate ${shown(rate)} of schedule ${shown(stage.schedule.name)} is not`;
      } else if (failures > patience || isAtKept()) failure = `the loss and its gradient must be finite somewhere on the last update: ${value.message || `the loss is ${value.loss}, the norm of the gradient ${norm}`}`;
      else for (let i = 0; i < p.length; i++) p[i] = kept[i] + (p[i] - kept[i]) / 2;
      if (failure !== "") p.set(kept);
      losses.push(usable ? value.loss : Infinity);
      onProgress?.({ stage: index, stages: stages.length, step: losses.length, steps, loss: losses[losses.length - 1], gradientMs });
      if (failure !== "") return { status: "failed", state: state(), message: `Cannot go on fitting after step ${losses.length} as ${failure}` };
      await breathe();
    }
    first = last;
  }
  if (failures > 0) p.set(kept);
  return { status: "finished", state: state(), message: "" };
}

const isLossFit = (options: FitOptions): options is TrainingOptions & LossFit => "evaluate" in options && options.evaluate !== undefined;

/** All that can be wrong with stages is found before the first. */
function checkedStages(options: FitOptions): readonly Stage[] {
  const { stages } = options;
  if (!Array.isArray(stages) || stages.length === 0 || stages.some(({ steps, intervals = Infinity }) => !(Number.isInteger(steps) && steps >= 1 && intervals >= 1))) {
    throw new OdeError("INVALID_ARGUMENT", "Cannot fit as it needs at least one stage, each with whole steps >= 1 and intervals >= 1");
  }
  const unscheduled = stages.findIndex(({ schedule }) => typeof schedule?.rate !== "function");
  if (unscheduled >= 0) throw new OdeError("INVALID_ARGUMENT", `Cannot fit as each stage needs a schedule such as cosine({ peak: 0.01 }): that of stage ${unscheduled} is ${String(stages[unscheduled].schedule)}`);
  if (options.clipNorm !== undefined) clipNorm(new Float64Array(0), options.clipNorm);
  if (!isLossFit(options)) for (const { intervals = Infinity } of stages) requireTrajectories({ ...options, intervals });
  return stages;
}

function stageLoss(options: FitOptions, { intervals = Infinity }: Stage): (p: Float64Array, step: number) => LossValue {
  if (!isLossFit(options)) return trajectoryLoss({ ...options, loss: options.loss ?? defaultLoss, intervals });
  return (p, step) => {
    const value = options.evaluate(p, intervals, step);
    assertLoss("fit", 'option "evaluate"', value, options.model.paramCount);
    const { loss, gradient, rhsEvaluations = 0, message = "" } = value;
    // A copy, as gradients are clipped.
    return { loss, gradient: Float64Array.from(gradient), rhsEvaluations, message };
  };
}
