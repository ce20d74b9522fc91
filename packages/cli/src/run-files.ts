import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { OdeError } from "@fluxion/ode-core";
import { readText, writeWhole } from "./files.ts";
import { motionOf, type Motion } from "./evaluation.ts";
import { energyFigure, lossFigure, trajectoryFigure, type EnergySeries, type LossSeries, type RolloutSeries } from "./figures.ts";
import { reportHtml, type ModelMetrics, type RunMetrics } from "./report.ts";
import type { ModelOutcome, PreparedRun } from "./training-run.ts";

/** What the figures are drawn from. */
interface Series {
  readonly losses: readonly LossSeries[];
  readonly truth: Motion;
  readonly motions: Readonly<Record<string, Motion>>;
}

const hasEnergy = (series: RolloutSeries & { readonly energy?: readonly number[] }): series is EnergySeries => series.energy !== undefined;
const round = (x: number, digits: number): number => Number(x.toPrecision(digits));

/** The metrics of one model under the names of metrics.json. */
const metricsOf = ({ mse, energyDriftPercent, heldOutMedian, parameters, gradientMs, rhsEvaluations }: ModelOutcome): ModelMetrics => ({
  mse_0_1: mse.to1,
  mse_0_10: mse.to10,
  mse_0_30: mse.to30,
  ...(energyDriftPercent === undefined ? {} : { energy_drift_percent: energyDriftPercent }),
  heldout_mse_0_10_median: heldOutMedian,
  parameters,
  gradient_ms: round(gradientMs, 4),
  rhs_evaluations: rhsEvaluations,
});

/** Writes metrics.json, config.json and series.json: all that a report needs. */
export function writeRun(run: PreparedRun, outcomes: readonly ModelOutcome[], wallSeconds: number, version: string): void {
  const metrics = {
    ...Object.fromEntries(outcomes.map((outcome) => [outcome.key, metricsOf(outcome)])),
    wall_seconds: round(wallSeconds, 4),
    seed: run.config.seed,
    backend: run.backend,
    sensealg: run.config.sensealg.name,
    versions: { fluxion: version, node: process.versions.node },
  };
  const starts = run.fitting.stages.map((_, i) => run.fitting.stages.slice(0, i).reduce((n, s) => n + s.steps, 0));
  const series: Series = {
    losses: outcomes.map(({ key, losses }) => ({ model: key, step: losses.map((_, i) => i), loss: losses.map((x) => round(x, 6)), stageStarts: starts })),
    truth: motionOf(run.data.evaluate.t, run.data.evaluate.u, run.system),
    motions: Object.fromEntries(outcomes.map(({ key, motion }) => [key, motion])),
  };
  writeWhole(join(run.output, "config.json"), `${JSON.stringify(run.config, null, 2)}\n`);
  writeWhole(join(run.output, "series.json"), `${JSON.stringify(series)}\n`);
  writeWhole(join(run.output, "metrics.json"), `${JSON.stringify(metrics, null, 2)}\n`);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readText(path));
  } catch (cause) {
    if (cause instanceof OdeError) throw cause;
    throw new OdeError("INVALID_FILE", `Cannot read ${path} as it must be JSON: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Draws the figures of a finished run and writes its report.html.
 *
 * @returns The files written.
 * @throws OdeError `INVALID_FILE` when the folder holds no finished run.
 */
export function writeReport(folder: string): string[] {
  const metrics = readJson(join(folder, "metrics.json")) as RunMetrics;
  const series = readJson(join(folder, "series.json")) as Series;
  const config = readJson(join(folder, "config.json"));
  if (!Array.isArray(series?.losses) || !series.truth || !series.motions) {
    throw new OdeError("INVALID_FILE", `Cannot report on ${folder} as its series.json must hold losses, truth and motions: it does not`);
  }
  const truth = { model: "truth", ...series.truth };
  const models = Object.entries(series.motions).map(([model, motion]) => ({ model, ...motion }));
  const figures = [
    { name: "loss", caption: "Training loss of each step; the horizon grows at each stage.", svg: lossFigure(series.losses) },
    { name: "trajectory-1", caption: "Prediction and truth over the training horizon.", svg: trajectoryFigure({ truth, models, until: 1 }) },
    { name: "trajectory-30", caption: "Prediction and truth far beyond the training horizon.", svg: trajectoryFigure({ truth, models, until: 30 }) },
    ...(hasEnergy(truth) ? [{ name: "energy", caption: "True energy of the predicted states: it should stay where it started.", svg: energyFigure({ truth, models: models.filter(hasEnergy) }) }] : []),
  ];
  mkdirSync(folder, { recursive: true });
  const written = figures.map(({ name, svg }) => {
    const path = join(folder, `${name}.svg`);
    writeWhole(path, svg);
    return path;
  });
  const page = join(folder, "report.html");
  writeWhole(page, reportHtml({ metrics, config, figures }));
  return [...written, page];
}
