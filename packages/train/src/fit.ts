import { adam, clipNorm, meanSquaredError, type Loss, type Optimizer, type OptimizerState, type Schedule } from "@fluxion/nn-core";
import { assertLength, OdeError, type Algorithm, type SensitivityAlgorithm, type VectorField } from "@fluxion/ode-core";
import { trajectoryLoss, type LossValue, type TrajectoryLossOptions } from "./trajectory-loss.ts";
import type { Trajectory } from "./trajectory-csv.ts";

/** A part of training with its own horizon. */
export interface Stage {
  /** Sampling intervals of each trajectory that are compared. */
  readonly intervals: number;
  /** Optimiser steps, each on all trajectories. */
  readonly steps: number;
  /** Learning rate over the stage. */
  readonly schedule: Schedule;
}

/** Everything that training has reached: enough to go on exactly as if it had not stopped. */
export interface FitState {
  /** Steps taken over all stages. */
  readonly step: number;
  readonly p: Float64Array;
  readonly optimizer: OptimizerState;
  /** Loss before each step. Infinite where the step was skipped. */
  readonly losses: readonly number[];
  /** Right-hand sides of all forward solves. */
  readonly rhsEvaluations: number;
}

/** Told after each step. */
export interface FitProgress {
  /** From 0. */
  readonly stage: number;
  readonly stages: number;
  /** Steps taken and to take, over all stages. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** Time of this step's loss and gradient, in milliseconds. */
  readonly gradientMs: number;
}

/** What to fit, to what, and how. */
export interface FitOptions {
  /** A model, or any vector field with the derivatives that `sensealg` needs. */
  readonly model: VectorField;
  readonly trajectories: readonly Trajectory[];
  readonly algorithm: Algorithm;
  readonly solver?: NonNullable<TrajectoryLossOptions["solver"]>;
  readonly sensealg: SensitivityAlgorithm;
  /** Default mean squared error. */
  readonly loss?: Loss;
  /** Default Adam. */
  readonly optimizer?: Optimizer;
  /** One after another, usually with growing horizons. */
  readonly stages: readonly Stage[];
  /**
   * Gives the loss and its gradient at `p[m]` over so many intervals in place of `trajectoryLoss` of these options: that of
   * `trajectoryLossThreads` computes the same on several threads.
   */
  readonly evaluate?: (p: Float64Array, intervals: number) => LossValue;
  /** Largest Euclidean norm of a gradient. Default: none. */
  readonly clipNorm?: number;
  /** Start parameters `p[m]`. Either these, or `resume`. */
  readonly start?: Float64Array;
  /** Where an earlier run with the same options stopped. */
  readonly resume?: FitState;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FitProgress) => void;
  /** Called some 20 times a second, when timers and signals get their turn: the place to save a checkpoint. What it throws ends `fit`. */
  readonly onPause?: (state: FitState) => void;
}

/** How training ended. */
export interface FitResult {
  readonly status: "finished" | "aborted";
  readonly state: FitState;
}

/** Steps in a row without a finite loss before training gives up. */
const patience = 20;

/**
 * Fits a model to trajectories through the solver, full batch. The result depends on nothing but the options: the same
 * ones, or a resumed run, give the same bits on the same backend. A step whose loss or gradient is not finite is skipped.
 *
 * @throws OdeError `SOLVE_FAILED` after 20 such steps in a row, `INVALID_ARGUMENT` for bad stages.
 */
export async function fit(options: FitOptions): Promise<FitResult> {
  const { model, stages, signal, onProgress, loss = meanSquaredError(), optimizer = adam(), resume } = options;
  if (stages.length === 0 || stages.some((s) => !(s.steps >= 1 && s.intervals >= 1))) {
    throw new OdeError("INVALID_ARGUMENT", "Cannot fit as it needs at least one stage, each with steps >= 1 and intervals >= 1");
  }
  const p = (resume?.p ?? options.start)?.slice();
  if (!p) throw new OdeError("INVALID_ARGUMENT", "Cannot fit as start parameters must be given: use start: model.init(seed)");
  assertLength("the start parameters", p, model.paramCount);
  const run = optimizer.start(model.paramCount, resume?.optimizer);
  const losses = [...(resume?.losses ?? [])];
  let rhsEvaluations = resume?.rhsEvaluations ?? 0;
  let failures = losses.length - 1 - losses.findLastIndex((x) => x < Infinity);
  let first = 0;
  const steps = stages.reduce((n, s) => n + s.steps, 0);
  const state = (): FitState => ({
    step: losses.length,
    p: p.slice(),
    optimizer: Object.fromEntries(Object.entries(run.state).map(([name, data]) => [name, data.slice()])),
    losses: losses.slice(),
    rhsEvaluations,
  });
  const breathe = breather(() => options.onPause?.(state()));

  for (const [index, stage] of stages.entries()) {
    const last = first + stage.steps;
    const evaluate = losses.length < last ? stageLoss({ ...options, loss }, stage) : undefined;
    while (evaluate && losses.length < last) {
      if (signal?.aborted) return { status: "aborted", state: state() };
      const started = performance.now();
      const value = evaluate(p);
      const gradientMs = performance.now() - started;
      const norm = clipNorm(value.gradient, options.clipNorm ?? Infinity);
      rhsEvaluations += value.rhsEvaluations;
      const usable = Number.isFinite(value.loss) && Number.isFinite(norm);
      if (usable) run.update(p, value.gradient, stage.schedule.rate(losses.length - first, stage.steps));
      failures = usable ? 0 : failures + 1;
      if (failures >= patience) {
        throw new OdeError("SOLVE_FAILED", `Cannot go on fitting as one of ${patience} steps in a row must have a finite loss and gradient: ${value.message || `the loss is ${value.loss}, the gradient norm ${norm}`}`);
      }
      losses.push(usable ? value.loss : Infinity);
      onProgress?.({ stage: index, stages: stages.length, step: losses.length, steps, loss: losses[losses.length - 1], gradientMs });
      await breathe();
    }
    first = last;
  }
  return { status: "finished", state: state() };
}

function stageLoss({ evaluate, ...options }: FitOptions & { readonly loss: Loss }, { intervals }: Stage): (p: Float64Array) => LossValue {
  return evaluate ? (p) => evaluate(p, intervals) : trajectoryLoss({ ...options, intervals });
}

/** Lets timers and signals run now and then, without slowing the loop. */
function breather(pause: () => void): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < 50) return undefined;
    return new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
      pause();
      last = performance.now();
    });
  };
}
