import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { markdownTable, measure, replaceSection } from "./bench/harness.ts";
import { readText, root } from "./workspace.ts";

test("a section of a page is replaced, the rest is left alone, and again gives the same", () => {
  const page = "# Head\n<!-- a:begin -->\nold\n<!-- a:end -->\nafter <!-- b:begin --><!-- b:end -->\n";
  const once = replaceSection(page, "a", "new\n\ntext\n");
  expect(once).toBe("# Head\n<!-- a:begin -->\nnew\n\ntext\n<!-- a:end -->\nafter <!-- b:begin --><!-- b:end -->\n");
  expect(replaceSection(once, "a", "new\n\ntext")).toBe(once);
  expect(() => replaceSection(page, "c", "")).toThrow("must hold <!-- c:begin -->");
});

test("each part of a benchmark runs in processes of its own, on one core each, with what was prepared once, and sends its results", () => {
  const run = (argument: string): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [`${root}/node_modules/tsx/dist/cli.mjs`, `${root}/test/fixtures/own-processes.ts`, argument], { encoding: "utf8" });
  interface Sent { readonly part: string; readonly prepared: number; readonly before: number; readonly pid: number; readonly argument: string; readonly cores: number[] }
  const { pid, before, cores, results } = JSON.parse(run("x").stdout) as { pid: number; before: number; cores: number[]; results: Sent[][] };
  expect(before).toBe(0);
  expect(results.map((passes) => passes.map(({ part, prepared, before: count, argument }) => [part, prepared, count, argument]))).toEqual(
    ["a", "b"].map((part) => [0, 1].map(() => [part, pid, 1, "x"])),
  );
  expect(new Set([pid, ...results.flat().map((one) => one.pid)]).size).toBe(5);
  for (const passes of results) expect(passes.map((one) => one.cores)).toEqual(cores.length === 0 ? [[], []] : [[cores[0]], [cores[1 % cores.length]]]);
  const failed = run("fail");
  expect(failed.status).not.toBe(0);
  expect(failed.stderr).toContain("Cannot measure a as its process must send a result: it ended with code 3");
});

test("a measured time is the CPU time of one call", () => {
  const spin = (): void => {
    const end = process.cpuUsage().user + 5000;
    while (process.cpuUsage().user < end);
  };
  const ms = measure(spin, { budget: 30 });
  expect(ms).toBeGreaterThan(4.9);
  // A wrong unit would be off by a thousand; a busy machine adds system time.
  expect(ms).toBeLessThan(100);
});

test("a time by a clock on the wall counts what is slept away", () => {
  const sleep = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  const ms = measure(sleep, { budget: 30, clock: "wall" });
  expect(ms).toBeGreaterThan(4.5);
  expect(ms).toBeLessThan(100);
});

test("the page of benchmarks holds results and its figure", () => {
  const page = readText("docs/benchmarks.md");
  const section = page.slice(page.indexOf("<!-- gradient:begin -->"), page.indexOf("<!-- gradient:end -->"));
  for (const name of ["structuredLagrangianNN", "lagrangianNN", "secondOrderNeuralODE"]) expect(section).toContain(`\`${name}\`:`);
  expect(section).toMatch(/Measured on \d{4}-\d\d-\d\d: .+ cores?, .+; Node \d+/);
  const [, figure] = /!\[[^\]]+\]\(([^)]+)\)/.exec(section)!;
  expect(existsSync(`${root}/docs/${figure}`)).toBe(true);
});

test("the page compares with other libraries, and holds a figure for each problem", () => {
  const page = readText("docs/benchmarks.md");
  const section = page.slice(page.indexOf("<!-- peers:begin -->"), page.indexOf("<!-- peers:end -->"));
  for (const problem of ["lotka_volterra", "kepler_e06_10", "pleiades"]) expect(section).toContain(`| ${problem}, 1e-6 |`);
  for (const name of ["odex", "dopri", "ode45-cash-karp", "numeric", "SciPy RK45"]) expect(section).toMatch(new RegExp(`${name} takes [\\d.]+ times as long`));
  expect(section).toMatch(/[\d.]+ ms for the first solve/);
  const figures = [...section.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, path]) => path);
  expect(figures.length).toBe(4);
  for (const path of figures) expect(existsSync(`${root}/docs/${path}`)).toBe(true);
});

test.each([
  ["lnn", ["| rollout, H = 128, f64, wasm | 100 |", "| rhs+vjp, H = 10, f32, wasm | 1 |"], /[\d.]+ ms in a fresh process/],
  ["jax", ["| rollout, H = 32, f64 | 10 |", "| acceleration, H = 128, f32 | 1500 |"], /JAX \d+\.\d+\.\d+ with `XLA_FLAGS/],
  ["threads", ["| rollout, H = 10 | 2 |", "| rollout, H = 128 | 2 |"], /[\d.]+ other programs were running/],
  ["solvers", ["| lorenz, tsit5, 1e-9 |", "| hires, rodas4, 1e-7 |", "| pleiades, dop853 (C), 1e-6 |"], /Measured on/],
  ["output", ["| lotka_volterra, tsit5 |", "| pleiades, fbdf |"], /every step, dense/],
] as const)("the page has the table of %s, with machine and versions", (name, rows, words) => {
  const page = readText("docs/benchmarks.md");
  const section = page.slice(page.indexOf(`<!-- ${name}:begin -->`), page.indexOf(`<!-- ${name}:end -->`));
  expect(section).toMatch(/Measured on \d{4}-\d\d-\d\d: .+ cores?, .+; Node \d+.+Fluxion \d+/);
  for (const row of rows) expect(section).toContain(row);
  expect(section).toMatch(words);
});

test("the page compares multistep methods with CVODE", () => {
  const page = readText("docs/benchmarks.md");
  const section = page.slice(page.indexOf("<!-- sundials:begin -->"), page.indexOf("<!-- sundials:end -->"));
  for (const row of ["pleiades, vcabm, 1e-6", "hires, fbdf, 1e-6"]) expect(section).toContain(`| ${row} |`);
  expect(section).toMatch(/SUNDIALS \d+\.\d+\.\d+/);
  for (const name of ["vcabm", "fbdf"]) expect(section).toMatch(new RegExp(`[\\d.]+ times the evaluations of \`${name}\``));
});

test("a Markdown table has one line for each row", () => {
  expect(markdownTable(["a", "b"], [["1", "2"]])).toBe("| a | b |\n| --- | ---: |\n| 1 | 2 |");
});
