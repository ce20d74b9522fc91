import { join } from "node:path";
import { OdeError } from "@fluxion/ode-core";
import { parseJson } from "@fluxion/train";
import { readText, writeWhole } from "./files.ts";
import { motionOf, shortSeconds, spanOf, type Motion } from "./evaluation.ts";
import { energyFigure } from "./figures/energy-figure.ts";
import { lossFigure, type LossSeries } from "./figures/loss-figure.ts";
import type { EnergySeries, RolloutSeries } from "./figures/rollout.ts";
import { trajectoryFigure } from "./figures/trajectory-figure.ts";
import { reportHtml, type ModelMetrics, type RunMetrics } from "./report.ts";
import type { ModelOutcome, PreparedRun } from "./training-run.ts";

/** What the figures are drawn from. */
interface Series {
  /** Names of the state's entries that are shown, the first ones. */
  readonly columns: readonly string[];
  /** Seconds that the figures of trajectories show: those of training, and those of the whole recording. */
  readonly horizons: readonly number[];
  readonly losses: readonly LossSeries[];
  readonly truth: Motion;
  readonly motions: Readonly<Record<string, Motion>>;
}

const hasEnergy = (series: RolloutSeries & { readonly energy?: readonly number[] }): series is EnergySeries => series.energy !== undefined;
/** Entries of the state of a system that is not known. */
const mostShown = 6;
const round = (x: number, digits: number): number => Number(x.toPrecision(digits));

/** The metrics of one model under the names of metrics.json. */
const metricsOf = ({ mse, energyDriftPercent, heldOutMedian, parameters, gradientMs, rhsEvaluations }: ModelOutcome): ModelMetrics => ({
  ...Object.fromEntries(mse.map(({ seconds, error }) => [`mse_0_${seconds}`, error])),
  ...(energyDriftPercent === undefined ? {} : { energy_drift_percent: energyDriftPercent }),
  [`heldout_mse_0_${heldOutMedian.seconds}_median`]: heldOutMedian.error,
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
  const { columns } = run.config.data;
  const span = spanOf(run.data.evaluate);
  const intervals = Math.max(...run.fitting.stages.map((stage) => stage.intervals));
  const trained = Math.max(...run.data.train.map(({ t }) => t[Math.min(intervals, t.length - 1)] - t[0]));
  const series: Series = {
    columns: run.system ? columns.slice(0, run.system.coordinates) : columns.slice(0, mostShown),
    horizons: [...new Set([Math.min(trained, span), span].map(shortSeconds))],
    losses: outcomes.map(({ key, losses }) => ({ model: key, step: losses.map((_, i) => i), loss: losses.map((x) => round(x, 6)), stageStarts: starts })),
    truth: motionOf(run.data.evaluate.t, run.data.evaluate.u, run.system),
    motions: Object.fromEntries(outcomes.map(({ key, motion }) => [key, motion])),
  };
  writeWhole(join(run.output, "config.json"), `${JSON.stringify(run.config, null, 2)}\n`);
  writeWhole(join(run.output, "series.json"), `${JSON.stringify(series)}\n`);
  writeWhole(join(run.output, "metrics.json"), `${JSON.stringify(metrics, null, 2)}\n`);
}

/** @param absent - What `null` stands for. */
const readJson = (path: string, absent: number | null = null): unknown => parseJson(readText(path), path, (_key, value) => (value === null ? absent : value));

/**
 * Draws the figures of a finished run and writes its report.html.
 *
 * @returns The files written.
 * @throws OdeError `INVALID_FILE` when the folder holds no finished run.
 */
export function writeReport(folder: string): string[] {
  // JSON has null for errors that are not finite, of models that blew up.
  const metrics = readJson(join(folder, "metrics.json"), Infinity) as RunMetrics;
  const series = readJson(join(folder, "series.json")) as Series;
  const config = readJson(join(folder, "config.json"));
  if (![series?.losses, series?.columns, series?.horizons].every(Array.isArray) || !series.truth || !series.motions) {
    throw new OdeError("INVALID_FILE", `Cannot report on ${folder} as its series.json must hold losses, columns, horizons, truth and motions: it does not`);
  }
  const truth = { model: "truth", ...series.truth };
  const models = Object.entries(series.motions).map(([model, motion]) => ({ model, ...motion }));
  const figures = [
    { name: "loss", caption: "Training loss of each step; the horizon grows at each stage.", svg: lossFigure(series.losses) },
    ...series.horizons.map((until) => ({ name: `trajectory-${until}`, caption: `Prediction and truth over ${until} s.`, svg: trajectoryFigure({ truth, models, columns: series.columns, until }) })),
    ...(hasEnergy(truth) ? [{ name: "energy", caption: "True energy of the predicted states: it should stay where it started.", svg: energyFigure({ truth, models: models.filter(hasEnergy) }) }] : []),
  ];
  const written = figures.map(({ name, svg }) => {
    const path = join(folder, `${name}.svg`);
    writeWhole(path, svg);
    return path;
  });
  const page = join(folder, "report.html");
  writeWhole(page, reportHtml({ metrics, config, figures }));
  return [...written, page];
}
