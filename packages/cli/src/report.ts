import { css } from "./report-style.ts";

/** What the report says of one trained model. The names are those of metrics.json. */
export interface ModelMetrics {
  /** Mean squared error of the rollout over so many seconds of the recording to evaluate. */
  readonly [error: `mse_0_${number}`]: number;
  /** Median over the held-out initial states. */
  readonly [heldOut: `heldout_mse_0_${number}_median`]: number;
  /** Mean change of the true energy over the longest rollout, as a share of what the motion has to spend; absent where the system is not known. */
  readonly energy_drift_percent?: number;
  readonly parameters: number;
  readonly gradient_ms: number;
  readonly rhs_evaluations: number;
}

/** The contents of metrics.json: the run's facts, and the metrics of each model under its own key. */
export interface RunMetrics {
  readonly wall_seconds: number;
  readonly seed: number;
  readonly backend: string;
  readonly sensealg: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly [model: string]: ModelMetrics | Readonly<Record<string, string>> | number | string;
}

/** The models of a run, by key, in order. */
function modelsOf(metrics: RunMetrics): [key: string, metrics: ModelMetrics][] {
  return Object.entries(metrics).filter((entry): entry is [string, ModelMetrics] => typeof entry[1] === "object" && "gradient_ms" in entry[1]);
}

/** A figure of the report: `svg` is put into the page as it is. */
export interface ReportFigure {
  readonly name: string;
  readonly svg: string;
  readonly caption: string;
}

/** What {@link reportHtml} shows. */
export interface ReportOptions {
  /** What metrics.json holds. */
  readonly metrics: RunMetrics;
  /** The configuration of the run, shown as JSON. */
  readonly config: unknown;
  /** In the order of the page. */
  readonly figures: readonly ReportFigure[];
}

interface Row {
  readonly key: keyof ModelMetrics;
  readonly label: string;
  readonly unit: string;
  /** Whether the smaller value is the better one; a count says nothing about quality. */
  readonly judged: boolean;
}

/** Rows of errors: how long they are over stands in their names. */
function errorRows(metrics: ModelMetrics): Row[] {
  const rowOf = (key: string): Row[] => {
    const [, heldOut, seconds] = /^(heldout_)?mse_0_([\d.e+-]+)(?:_median)?$/.exec(key) ?? [];
    return seconds === undefined ? [] : [{ key: key as Row["key"], label: `${heldOut ? "Held-out initial states, median" : "Mean squared error"}, 0 to ${seconds} s`, unit: "", judged: true }];
  };
  return Object.keys(metrics).flatMap(rowOf);
}

const otherRows: readonly Row[] = [
  { key: "energy_drift_percent", label: "Energy drift", unit: "%", judged: true },
  { key: "gradient_ms", label: "Time per gradient", unit: "ms", judged: true },
  { key: "parameters", label: "Parameters", unit: "", judged: false },
  { key: "rhs_evaluations", label: "Evaluations of the right-hand side", unit: "", judged: false },
];

const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"]/g, (character) => escapes[character]);

/** Three significant digits, whole numbers in full, powers of ten outside [0.001, 100000). */
function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "not finite";
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return value.toLocaleString("en-US");
  if (Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5) return Number(value.toPrecision(3)).toLocaleString("en-US", { maximumSignificantDigits: 3 });
  const [digits, exponent] = value.toExponential(1).split("e");
  return `${digits} × 10<sup>${exponent.replace("+", "").replace("-", "−")}</sup>`;
}

function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 3600 ? `${Math.floor(whole / 60)} min ${whole % 60} s` : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function metricRow({ key, label, unit, judged }: Row, models: readonly ModelMetrics[]): string {
  const values = models.flatMap((model) => model[key] ?? []);
  // What one of them does not have is not compared.
  if (values.length < models.length) return "";
  const best = Math.min(...values);
  const unique = values.filter((value) => value === best).length === 1;
  const cells = values.map((value) => `<td${judged && unique && value === best ? ' class="best"' : ""}>${formatNumber(value)}</td>`).join("");
  const ratio = values.length === 2 ? values[1] / values[0] : undefined;
  const last = ratio === undefined ? "" : `<td class="ratio">${Number.isFinite(ratio) ? formatNumber(Number(ratio.toPrecision(3))) : "–"}</td>`;
  return `<tr><th scope="row">${label}${unit && ` <span>${unit}</span>`}</th>${cells}${last}</tr>`;
}

function metricTable(metrics: RunMetrics): string {
  const models = modelsOf(metrics);
  const names = models.map(([key]) => escapeHtml(key));
  const heads = [...names, ...(names.length === 2 ? [`${names[1]} / ${names[0]}`] : [])].map((name) => `<th scope="col">${name}</th>`);
  return `<table>
<thead><tr><th scope="col"></th>${heads.join("")}</tr></thead>
<tbody>
${[...errorRows(models[0][1]), ...otherRows].map((row) => metricRow(row, models.map(([, model]) => model))).filter((row) => row !== "").join("\n")}
</tbody>
</table>`;
}

function facts({ seed, backend, sensealg, wall_seconds: wall, versions }: RunMetrics): string {
  const entries = [["Seed", String(seed)], ["Backend", backend], ["Sensitivity algorithm", sensealg], ["Wall time", formatDuration(wall)], ...Object.entries(versions)];
  return entries.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`).join("");
}

const figureHtml = ({ name, svg, caption }: ReportFigure): string =>
  `<figure id="${escapeHtml(name)}"><div class="sheet">${svg}</div><figcaption>${escapeHtml(caption)}</figcaption></figure>`;

/** The report of a run as one HTML page that holds all it shows: no script, no other file, nothing from a network. */
export function reportHtml({ metrics, config, figures }: ReportOptions): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Fluxion training report</title>
<style>${css}</style>
</head>
<body>
<main>
<header>
<h1>Training report</h1>
<p>Dynamics models trained through the solver on the same data, measured against recordings.</p>
</header>
<section>
<h2>Metrics</h2>
<div class="scroll">${metricTable(metrics)}</div>
<p class="note">Bold: the smallest, and best.</p>
</section>
<section>
<h2>Run</h2>
<dl>${facts(metrics)}</dl>
<details><summary>Configuration</summary><pre>${escapeHtml(JSON.stringify(config, null, 2))}</pre></details>
</section>
<section>
<h2>Figures</h2>
${figures.map(figureHtml).join("\n")}
</section>
</main>
</body>
</html>
`;
}
