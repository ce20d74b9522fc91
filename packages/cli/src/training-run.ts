import { createHash } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { resolveBackend } from "@fluxion/autodiff";
import { networks, optimizers, schedules, type DynamicsModel } from "@fluxion/nn-core";
import { fromConfig, linearize, odeProblem, OdeError } from "@fluxion/ode-core";
import { systems, type MechanicalSystem } from "@fluxion/systems";
import { trajectoryLossThreads, type ThreadedLoss } from "@fluxion/threads";
import { decodeCheckpoint, encodeCheckpoint, encodeModel, fit, makeModel, median, trajectoryLoss, type FitOptions, type FitProgress, type FitState, type ModelConfig, type Stage, type Trajectory } from "@fluxion/train";
import { at, parseConfig, type TrainConfig } from "./config.ts";
import { makeFolder, moveOver, readBytes, readText, readTrajectories, writeWhole } from "./files.ts";
import { evaluateModel, type Evaluation } from "./evaluation.ts";
import { lossPlugins, type LossPlugins } from "./loss-plugins.ts";
import type { TrainingLossData } from "./training-loss.ts";

/** A configuration with everything in it made and read: nothing that can go wrong in it is left for later. */
export interface PreparedRun {
  /** Its curriculum has the steps that are trained. */
  readonly config: TrainConfig;
  readonly backend: string;
  readonly output: string;
  /** Absent where it is not a known one. */
  readonly system: MechanicalSystem | undefined;
  readonly data: { readonly train: readonly Trajectory[]; readonly evaluate: Trajectory; readonly heldOut: readonly Trajectory[] };
  readonly models: readonly { readonly key: string; readonly config: ModelConfig; readonly model: DynamicsModel }[];
  readonly fitting: LossPlugins & Pick<FitOptions, "optimizer" | "clipNorm"> & { readonly stages: readonly (Stage & { readonly intervals: number })[] };
}

/** What the command line may change. */
export interface TrainOptions {
  /** Takes the place of the configuration's folder. */
  readonly output?: string;
  /** Trains only this share of each stage's steps, at least one: for a quick look. */
  readonly fraction?: number;
}

/** Reads and checks a configuration and its data. @throws OdeError for whatever is wrong, with its place. */
export function prepareRun(path: string, options: TrainOptions = {}): PreparedRun {
  const whole = parseConfig(readText(path), path);
  const fraction = options.fraction ?? 1;
  if (!(fraction > 0 && fraction <= 1)) throw new OdeError("INVALID_OPTION", `Cannot train as --fraction must be above 0 and at most 1: current value is ${fraction}`);
  const config: TrainConfig = { ...whole, curriculum: whole.curriculum.map(({ intervals, steps }) => ({ intervals, steps: Math.max(1, Math.round(steps * fraction)) })) };
  const here = <T>(entry: string, make: () => T): T => at(path, entry, make);
  const schedule = here("schedule", () => fromConfig(schedules, config.schedule));
  const fitting = {
    ...lossPlugins(config, here),
    optimizer: here("optimizer", () => fromConfig(optimizers, config.optimizer)),
    stages: config.curriculum.map((stage) => ({ ...stage, schedule })),
    ...(config.clipNorm ? { clipNorm: config.clipNorm } : {}),
  };
  const known = config.system;
  const system = known && here("system", () => fromConfig(systems, known));
  here("network", () => fromConfig(networks, config.network));
  const models = Object.entries(config.models).map(([key, model]) => {
    const own = { model, network: config.network };
    return { key, config: own, model: here(`models.${key}`, () => makeModel(own, { backend: config.backend })) };
  });
  for (const { key, model } of models) {
    const needed = [`data.columns (${config.data.columns.length})`, ...(system ? [`the system (${2 * system.coordinates})`] : [])];
    if (model.dim !== config.data.columns.length || (system && model.dim !== 2 * system.coordinates)) {
      throw new OdeError("SHAPE_MISMATCH", `${path}: models.${key}: Cannot fit the model as its state must have as many entries as ${needed.join(" and ")}: it has ${model.dim}`);
    }
  }
  const read = (entry: "train" | "evaluate" | "heldOut"): Trajectory[] => here(`data.${entry}`, () => readTrajectories(isAbsolute(config.data[entry]) ? config.data[entry] : join(dirname(path), config.data[entry]), config.data.columns));
  const train = read("train");
  const [evaluate, ...others] = read("evaluate");
  if (others.length > 0) throw new OdeError("INVALID_OPTION", `${path}: data.evaluate: Cannot evaluate as it must name one file: ${others.length + 1} match "${config.data.evaluate}"`);
  const data = { train, evaluate, heldOut: read("heldOut") };
  // One short solve of each finds what only meets there: a step that is missing, kernels that the sensealg needs.
  const [{ t, u }] = data.train;
  for (const { model } of models) {
    here("solver", () => linearize(odeProblem(model, u[0], [t[0], t[1]], model.init(config.seed)), fitting.algorithm, { ...fitting.solver, sensealg: fitting.sensealg, saveAt: [t[1]] }));
  }
  return { config, backend: resolveBackend(config.backend).name, output: resolve(options.output ?? config.output), system, data, models, fitting };
}

/** A trained model with what it cost and how good it is. */
export interface ModelOutcome extends Evaluation {
  readonly key: string;
  /** Why training ended early, with the parameters of the last finite loss; empty where it did not. */
  readonly failure: string;
  readonly losses: readonly number[];
  readonly parameters: number;
  readonly gradientMs: number;
  readonly rhsEvaluations: number;
}

/** Where the training of a model begins: at the step of its checkpoint, or anew; `kept` is where the checkpoint of another training was moved to. */
export type TrainingStart = number | { readonly kept?: string };

/** Told of progress; `signal` stops the run with a checkpoint. */
export interface TrainHooks {
  readonly signal?: AbortSignal;
  readonly onModel?: (key: string, start: TrainingStart) => void;
  readonly onProgress?: (progress: FitProgress) => void;
}

/** Saves a checkpoint this often, in milliseconds. */
const checkpointEvery = 10_000;

/**
 * Trains and evaluates every model of a run. Stops at an abort with checkpoints in the output folder, from which the same
 * call goes on.
 *
 * @returns The outcomes, or `null` after an abort.
 * @throws OdeError `SOLVE_FAILED` for a model without a finite loss at its start.
 */
export async function trainModels(run: PreparedRun, hooks: TrainHooks): Promise<ModelOutcome[] | null> {
  makeFolder(run.output);
  const outcomes: ModelOutcome[] = [];
  // Written together at the end: a run that stops or fails leaves the files of an earlier one as they are.
  const written: Record<string, string | Uint8Array> = {};
  for (const [index, { key, config, model }] of run.models.entries()) {
    const trained = await trainOne(run, key, config, model, hooks);
    if (!trained) return null;
    const { state, gradientMs, failure } = trained;
    const name = index === 0 ? "model" : key;
    const files = encodeModel({ config, columns: run.config.data.columns, model, p: state.p }, `${name}.safetensors`);
    written[`${name}.safetensors`] = files.weights;
    written[`${name}.json`] = files.json;
    outcomes.push({ key, failure, losses: state.losses, parameters: model.paramCount, gradientMs, rhsEvaluations: state.rhsEvaluations, ...evaluateModel(model, state.p, run) });
  }
  for (const [name, content] of Object.entries(written)) writeWhole(join(run.output, name), content);
  for (const { key } of run.models) rmSync(checkpointPath(run, key), { force: true });
  return outcomes;
}

const checkpointPath = (run: PreparedRun, key: string): string => join(run.output, `checkpoint-${key}.safetensors`);
/** Of another training; the next such checkpoint takes its place. */
const keptPath = (run: PreparedRun, key: string): string => join(run.output, `checkpoint-${key}-old.safetensors`);

/** What a training depends on: with other data or options, a checkpoint is of no use. */
function trainingTag({ config, backend, data }: PreparedRun, model: ModelConfig): string {
  const { output: _output, models: _models, network: _network, system: _system, data: { columns }, ...options } = config;
  const recordings = createHash("sha256");
  for (const { t, u } of data.train) for (const numbers of [t, ...u]) recordings.update(numbers);
  return JSON.stringify({ version: 2, ...options, model, columns, recordings: recordings.digest("hex"), backend });
}

type Trained = Pick<ModelOutcome, "failure" | "gradientMs"> & { readonly state: FitState };

async function trainOne(run: PreparedRun, key: string, config: ModelConfig, model: DynamicsModel, hooks: TrainHooks): Promise<Trained | null> {
  const path = checkpointPath(run, key);
  const tag = trainingTag(run, config);
  const found = existsSync(path);
  const resume = found ? decodeCheckpoint(readBytes(path), tag, path) : null;
  const kept = found && !resume ? keptPath(run, key) : undefined;
  if (kept) moveOver(path, kept);
  hooks.onModel?.(key, resume?.step ?? (kept ? { kept } : {}));
  const threaded = await lossOnThreads(run, config);
  try {
    const times: number[] = [];
    let saved = performance.now();
    const result = await fit({
      ...run.fitting,
      model,
      trajectories: run.data.train,
      ...(threaded ? { evaluate: threaded } : {}),
      ...(resume ? { resume } : { start: model.init(run.config.seed) }),
      ...(hooks.signal ? { signal: hooks.signal } : {}),
      onProgress: (progress) => {
        if (progress.stage === progress.stages - 1) times.push(progress.gradientMs);
        hooks.onProgress?.(progress);
      },
      onPause: (state) => {
        if (performance.now() - saved < checkpointEvery) return;
        writeWhole(path, encodeCheckpoint(state, tag));
        saved = performance.now();
      },
    });
    if (result.status === "failed" && !result.state.losses.some(Number.isFinite)) throw new OdeError("SOLVE_FAILED", `Cannot train ${key} as its loss must be finite at the start: ${result.message}`);
    writeWhole(path, encodeCheckpoint(result.state, tag));
    if (result.status === "aborted") return null;
    return { state: result.state, failure: result.message, gradientMs: median(times.length > 0 ? times : gradientTimes(run, model, result.state.p, threaded)) };
  } finally {
    await threaded?.close();
  }
}

/** The loss on the threads that the configuration asks for, if it does. */
async function lossOnThreads({ config, data }: PreparedRun, model: ModelConfig): Promise<ThreadedLoss | undefined> {
  const { threads = 1 } = config;
  if (threads === 1) return undefined;
  // Beside this file, source or built.
  const module = new URL(import.meta.url.endsWith(".ts") ? "./training-loss.ts" : "./training-loss.js", import.meta.url);
  return await trajectoryLossThreads(module, { threads, data: { config, model, trajectories: data.train } satisfies TrainingLossData });
}

/** Times of some full-batch gradients, in milliseconds: for a run that was resumed with nothing left to train. */
function gradientTimes({ fitting: { stages, ...fitting }, data }: PreparedRun, model: DynamicsModel, p: Float64Array, threaded: ThreadedLoss | undefined): number[] {
  const { intervals } = stages[stages.length - 1];
  const evaluate = threaded ? () => threaded(p, intervals) : trajectoryLoss({ ...fitting, model, trajectories: data.train, intervals });
  return Array.from({ length: 10 }, () => {
    const started = performance.now();
    evaluate(p);
    return performance.now() - started;
  });
}
