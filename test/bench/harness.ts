// What every benchmark shares: a clock, the facts of the machine, files and tables.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { readJson, root } from "../workspace.ts";

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
