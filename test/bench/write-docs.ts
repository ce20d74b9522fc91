// Puts the last results of the benchmarks into docs/benchmarks.md: `npm run bench -- write-docs`.
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { readJson, readText, root } from "../workspace.ts";
import { markdownTable, replaceSection, short, type Setting } from "./harness.ts";

/** out/bench/gradient.json. */
interface GradientResult extends Setting {
  readonly backend: string;
  readonly rows: readonly { readonly model: string; readonly sensealg: string; readonly parameters: number; readonly ms: number; readonly us_per_parameter: number }[];
}

const cores = (count: number): string => `${count} ${count === 1 ? "core" : "cores"}`;

function gradientSection(result: GradientResult): string {
  const { rows, backend } = result;
  const sensealgs = [...new Set(rows.map(({ sensealg }) => sensealg))];
  const tables = [...new Set(rows.map(({ model }) => model))].map((model) => {
    const own = rows.filter((row) => row.model === model);
    const counts = [...new Set(own.map(({ parameters }) => parameters))].sort((a, b) => a - b);
    const cell = (parameters: number, sensealg: string): string => {
      const row = own.find((one) => one.parameters === parameters && one.sensealg === sensealg);
      return row ? `${short(row.ms)} (${short(row.us_per_parameter)})` : "";
    };
    return `\`${model}\`:\n\n${markdownTable(["parameters", ...sensealgs], counts.map((parameters) => [String(parameters), ...sensealgs.map((name) => cell(parameters, name))]))}`;
  });
  return `${where(result)}, backend ${backend}.\n\nTime of one gradient in ms, in brackets in us per parameter.\n\n${tables.join("\n\n")}\n\n![Time of one gradient against the number of parameters](figures/gradient-cost.svg)`;
}

/** out/bench/lnn.json. */
interface LnnResult extends Setting {
  readonly rows: readonly {
    readonly task: string;
    readonly model: string;
    readonly H: number;
    readonly batch: number;
    readonly dtype: string;
    readonly backend: string;
    readonly us: number;
    readonly native_us: number | null;
    readonly ratio: number | null;
    readonly native_512_us: number | null;
  }[];
  readonly compile: { readonly first: number; readonly median: number; readonly second: number };
}

const where = ({ machine, versions, date }: Setting): string =>
  `Measured on ${date}: ${machine.cpu}, ${cores(machine.cores)}, ${machine.platform}; Node ${versions["node"]}, Fluxion ${versions["fluxion"]}`;

function lnnSection(result: LnnResult): string {
  const cell = (x: number | null): string => (x === null ? "" : short(x));
  const rows = result.rows.map((row) => [[row.task, ...(row.model.startsWith("lagrangian") ? [] : [row.model.split(" 4")[0]]), `H = ${row.H}`, row.dtype, row.backend].join(", "), String(row.batch), short(row.us), cell(row.native_us), cell(row.ratio), cell(row.native_512_us)]);
  const { first, median, second } = result.compile;
  const compile = `From a network of width 128 to the results of its first right-hand side and product: ${short(first)} ms in a fresh process (median ${short(median)} ms), ${short(second)} ms for the next network.`;
  return `${where(result)}.\n\n${markdownTable(["task", "batch", "us", "native us", "ratio", "native us, 512 bits"], rows)}\n\n${compile}`;
}

/** out/bench/jax.json. */
interface JaxResult extends Setting {
  readonly jax_flags: string;
  readonly rows: readonly {
    readonly task: string;
    readonly H: number;
    readonly dtype: string;
    readonly trajectories_or_batch: number;
    readonly us: number;
    readonly jax_us: number;
    readonly jax_median_us: number;
    readonly jax_compile_s: number;
    readonly ratio: number;
    readonly jax_automatic_us: number;
    readonly jax_published_us: number;
  }[];
}

function jaxSection(result: JaxResult): string {
  const rows = result.rows.map((row) => [
    `${row.task}, H = ${row.H}, ${row.dtype}`,
    String(row.trajectories_or_batch),
    ...[row.us / 1000, row.jax_us / 1000, row.jax_median_us / 1000, row.jax_compile_s, row.ratio, row.jax_automatic_us / 1000, row.jax_published_us / 1000, row.jax_published_us / row.us].map(short),
  ]);
  const head = ["task", "trajectories or states", "ms", "JAX ms", "JAX median ms", "JAX compile s", "ratio", "JAX automatic ms", "JAX as published ms", "ratio to that"];
  return `${where(result)}, JAX ${result.versions["jax"]} with \`${result.jax_flags}\`.\n\n${markdownTable(head, rows)}`;
}

/** out/bench/solvers.json. */
interface SolversResult extends Setting {
  readonly rows: readonly { readonly problem: string; readonly algorithm: string; readonly tol: number; readonly nfev: number; readonly error: number; readonly cpu_us: number; readonly reference: string | null; readonly ratio: number | null; readonly ratio_at_error: number | null }[];
}

function solversSection(result: SolversResult): string {
  const rows = result.rows.map((row) => [`${row.problem}, ${row.algorithm}, ${row.tol.toExponential(0)}`, String(row.nfev), row.error.toExponential(1), short(row.cpu_us), ...[row.ratio, row.ratio_at_error].map((x) => (x === null ? "" : short(x)))]);
  return `${where(result)}.\n\n${markdownTable(["problem, algorithm, tolerance", "evaluations", "error", "us per solve", "ratio", "ratio at equal error"], rows)}`;
}

/** out/bench/output.json. */
interface OutputResult extends Setting {
  readonly rows: readonly { readonly problem: string; readonly algorithm: string; readonly steps: number; readonly us: Readonly<Record<string, number>> }[];
}

function outputSection(result: OutputResult): string {
  const rows = result.rows.map(({ problem, algorithm, steps, us }) => [`${problem}, ${algorithm}`, String(steps), ...Object.values(us).map(short)]);
  return `${where(result)}.\n\n${markdownTable(["problem, algorithm", "steps", ...Object.keys(result.rows[0].us)], rows)}`;
}

/** out/bench/threads.json. */
interface ThreadsResult extends Setting {
  /** Programs that were running before. */
  readonly load: number;
  readonly rows: readonly { readonly H: number; readonly threads: number; readonly ms: number; readonly speedup: number; readonly busiest_ms: number | null }[];
}

function threadsSection(result: ThreadsResult): string {
  const rows = result.rows.map((row) => [`rollout, H = ${row.H}`, String(row.threads), short(row.ms), short(row.speedup), row.busiest_ms === null ? "" : short(row.busiest_ms)]);
  return `${where(result)}; ${short(result.load)} other programs were running at once in the mean.\n\n${markdownTable(["task", "threads", "ms", "speed-up", "busiest thread ms"], rows)}`;
}

/** out/bench/peers.json. */
interface PeersResult extends Setting {
  readonly rows: readonly { readonly problem: string; readonly error: number; readonly us: Readonly<Record<string, number>>; readonly ratios: Readonly<Record<string, number>> }[];
  readonly means: Readonly<Record<string, number | null>>;
  readonly cold: { readonly load: number; readonly first: number; readonly second: number };
  readonly missing: string | null;
}

/** Files of `peers` that go into docs/figures, with what they show. */
const workPrecision: Readonly<Record<string, string>> = {
  "work-precision-lotka-volterra": "Lotka and Volterra's equations",
  "work-precision-kepler-e06-10": "Ten orbits of eccentricity 0.6",
  "work-precision-pleiades": "The Pleiades, seven stars in the plane",
  "work-precision-van-der-pol": "Van der Pol's oscillator with mu = 1000",
};

function peersSection(result: PeersResult): string {
  const { rows, means, cold, missing, versions } = result;
  const solvers = [...new Set(rows.flatMap(({ us }) => Object.keys(us)))];
  const cell = (x: number | undefined): string => (x === undefined ? "" : short(x));
  const table = markdownTable(
    ["problem, error", ...solvers, ...Object.keys(means).map((name) => `ratio of ${name}`)],
    rows.map(({ problem, error, us, ratios }) => [`${problem}, ${error.toExponential(0)}`, ...solvers.map((name) => cell(us[name])), ...Object.keys(means).map((name) => cell(ratios[name]))]),
  );
  const others = Object.keys(versions).filter((name) => !["node", "fluxion", "v8"].includes(name)).map((name) => `${name} ${versions[name]}`);
  const mean = Object.entries(means).map(([name, ratio]) => (ratio === null ? `${name} was not measured` : `${name} takes ${short(ratio)} times as long`));
  return [
    `${where(result)}, ${others.join(", ")}.${missing === null ? "" : ` Without SciPy: ${missing}.`}`,
    `Time of one solve in us for an error at the end.\n\n${table}`,
    `In the geometric mean ${mean.join(", ")}.`,
    `A fresh process: ${short(cold.load)} ms to evaluate the library, ${short(cold.first)} ms for the first solve of Lorenz's equations over [0, 10], ${short(cold.second)} ms for the second.`,
    ...Object.entries(workPrecision).map(([file, title]) => `${title}:\n\n![Time of a solve against its error: ${title}](figures/${file}.svg)`),
  ].join("\n\n");
}

/** out/bench/sundials.json. */
interface SundialsResult extends Setting {
  readonly rows: readonly { readonly problem: string; readonly algorithm: string; readonly error: number; readonly nfev: number; readonly cvode_nfev: number; readonly us: number; readonly cvode_us: number }[];
  readonly means: Readonly<Record<string, { readonly nfev: number; readonly us: number }>>;
}

function sundialsSection(result: SundialsResult): string {
  const rows = result.rows.map(({ problem, algorithm, error, nfev, cvode_nfev, us, cvode_us }) =>
    [`${problem}, ${algorithm}, ${error.toExponential(0)}`, ...[nfev, cvode_nfev, cvode_nfev / nfev, us, cvode_us, cvode_us / us].map(short)]);
  const head = ["problem, algorithm, error", "evaluations", "CVODE evaluations", "ratio", "us per solve", "CVODE us", "ratio"];
  const mean = Object.entries(result.means).map(([name, { nfev, us }]) => `${short(nfev)} times the evaluations of \`${name}\` and ${short(us)} times its time`);
  return `${where(result)}, SUNDIALS ${result.versions["sundials"]}.\n\n${markdownTable(head, rows)}\n\nIn the geometric mean CVODE takes ${mean.join(", ")}.`;
}

/** Sections of the page by name, with what makes them from the benchmark's result of the same name. */
const sections: Readonly<Record<string, (result: never) => string>> = { gradient: gradientSection, jax: jaxSection, lnn: lnnSection, threads: threadsSection, solvers: solversSection, output: outputSection, peers: peersSection, sundials: sundialsSection };

const names = Object.keys(sections).filter((name) => existsSync(`${root}/out/bench/${name}.json`));
if (names.length === 0) {
  console.error(`Cannot write the page as there must be results: run npm run bench -- NAME first, with one of ${Object.keys(sections).join(", ")}`);
  process.exit(2);
}
const page = `${root}/docs/benchmarks.md`;
writeFileSync(page, names.reduce((text, name) => replaceSection(text, name, sections[name](readJson(`out/bench/${name}.json`) as never)), readText("docs/benchmarks.md")));
mkdirSync(`${root}/docs/figures`, { recursive: true });
if (names.includes("gradient")) copyFileSync(`${root}/out/bench/gradient.svg`, `${root}/docs/figures/gradient-cost.svg`);
if (names.includes("peers")) for (const file of Object.keys(workPrecision)) copyFileSync(`${root}/out/bench/${file}.svg`, `${root}/docs/figures/${file}.svg`);
console.log(`Wrote docs/benchmarks.md: ${names.join(", ")}`);
