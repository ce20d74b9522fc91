// What every benchmark shares: a clock, processes, the facts of the machine, files and tables.
import { fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { readJson, root } from "../workspace.ts";
import { freeCores, keepToCore } from "./support/cores.ts";

/** How long to measure. */
export interface MeasureOptions {
  /** CPU time to spend on one measurement, in ms. Default 800. */
  readonly budget?: number;
  /** Short runs are repeated until a sample takes this long, in ms. Default 4. */
  readonly sample?: number;
  /** The processor's time, of all threads together, or that of a clock on the wall. Default the processor's. */
  readonly clock?: "cpu" | "wall";
}

function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Time of one call of `run` in ms: the least of many samples, which other programs on the machine disturb least. */
export function measure(run: () => void, { budget = 800, sample = 4, clock = "cpu" }: MeasureOptions = {}): number {
  const now = clock === "cpu" ? cpuMilliseconds : () => performance.now();
  const timeOf = (repeats: number): number => {
    const started = now();
    for (let i = 0; i < repeats; i++) run();
    return (now() - started) / repeats;
  };
  const begun = now();
  let least = timeOf(1);
  // The first runs compile: the number of repeats follows the times as they fall.
  do least = Math.min(least, timeOf(Math.max(1, Math.ceil(sample / least))));
  while (now() - begun < budget);
  return least;
}

const taskVariable = "FLUXION_BENCH_TASK";

/** What a process is to measure, after `inOwnProcesses` prepared it. */
interface Task<S> {
  readonly part: string;
  readonly prepared: S;
  readonly core: number | null;
}

/**
 * The results of `work` for each of the parts, as many as `passes`. Each is measured in a process of its own, one after the other: what the engine learnt from one
 * part would make it compile the next one worse than it compiles a program that does nothing else. The benchmark starts itself anew for each part, and what is to
 * run once belongs behind this call. Results must survive JSON.
 *
 * A process and what it starts keep to one core, where the host allows it, and passes take turns among the cores: on a machine that is shared, one core
 * may be slower than another for minutes, and what is compared must meet the same one.
 *
 * @param prepare - Runs once, before; what it returns is handed to each part and must survive JSON, too.
 */
export async function inOwnProcesses<T, S>(parts: readonly string[], passes: number, work: (part: string, prepared: S) => T | Promise<T>, prepare: () => S): Promise<T[][]> {
  const given = process.env[taskVariable];
  if (given !== undefined) {
    const { part, prepared, core } = JSON.parse(given) as Task<S>;
    if (core !== null) keepToCore(core);
    const result = await work(part, prepared);
    process.send?.(result, () => process.exit());
    return new Promise(() => {});
  }
  const cores = freeCores();
  const prepared = prepare();
  const results = parts.map((): T[] => []);
  for (let pass = 0; pass < passes; pass++) {
    const core = cores.length > 0 ? cores[pass % cores.length] : null;
    for (const [i, part] of parts.entries()) results[i].push(await startPart({ part, prepared, core }));
  }
  return results;
}

function startPart<T>(task: Task<unknown>): Promise<T> {
  const child = fork(process.argv[1], process.argv.slice(2), { env: { ...process.env, [taskVariable]: JSON.stringify(task) } });
  return new Promise((resolve, reject) => {
    child.once("message", (result) => resolve(result as T));
    child.once("exit", (code) => reject(new Error(`Cannot measure ${task.part} as its process must send a result: it ended with code ${code}`)));
  });
}

/** Where and with what a benchmark ran. */
export interface Setting {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly platform: string };
  readonly versions: Readonly<Record<string, string>>;
  /** Day of the run, `YYYY-MM-DD`. */
  readonly date: string;
}

/** The setting of this process. */
export function currentSetting(): Setting {
  const all = cpus();
  return {
    machine: { cpu: all[0].model.trim(), cores: all.length, platform: `${process.platform} ${process.arch}` },
    versions: { fluxion: readJson<{ version: string }>("packages/cli/package.json").version, node: process.versions.node, v8: process.versions.v8 },
    date: new Date().toISOString().slice(0, 10),
  };
}

/** Writes `out/bench/<file>` and says so. */
export function writeResult(file: string, content: string): void {
  mkdirSync(`${root}/out/bench`, { recursive: true });
  writeFileSync(`${root}/out/bench/${file}`, content);
  console.log(`Wrote out/bench/${file}`);
}

/** Three significant digits, without an exponent. */
export const short = (x: number): string => Number(x.toPrecision(3)).toString();

/** Prints rows under a head, columns as wide as their widest cell. */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i].length)));
  for (const row of [head, ...rows]) console.log(row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  ").trimEnd());
}

/** A table in Markdown, numbers to the right. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

/** `text` with what stands between `<!-- name:begin -->` and `<!-- name:end -->` replaced. */
export function replaceSection(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`Cannot write section ${name} as the page must hold ${begin} and ${end} in this order: it does not`);
  return `${text.slice(0, from + begin.length)}\n${content.trim()}\n${text.slice(to)}`;
}
