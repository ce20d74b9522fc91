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

function gradientSection({ rows, backend, machine, versions, date }: GradientResult): string {
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
  const where = `Measured on ${date}: ${machine.cpu}, ${cores(machine.cores)}, ${machine.platform}; Node ${versions["node"]}, Fluxion ${versions["fluxion"]}, backend ${backend}.`;
  return `${where}\n\nTime of one gradient in ms, in brackets in us per parameter.\n\n${tables.join("\n\n")}\n\n![Time of one gradient against the number of parameters](figures/gradient-cost.svg)`;
}

if (!existsSync(`${root}/out/bench/gradient.json`)) {
  console.error("Cannot write the page as out/bench/gradient.json must exist: run npm run bench -- gradient first");
  process.exit(2);
}
const page = `${root}/docs/benchmarks.md`;
writeFileSync(page, replaceSection(readText("docs/benchmarks.md"), "gradient", gradientSection(readJson<GradientResult>("out/bench/gradient.json"))));
mkdirSync(`${root}/docs/figures`, { recursive: true });
copyFileSync(`${root}/out/bench/gradient.svg`, `${root}/docs/figures/gradient-cost.svg`);
console.log("Wrote docs/benchmarks.md and docs/figures/gradient-cost.svg");
