import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { buildSync } from "esbuild";
import { root } from "../../workspace.ts";

/** Times of a fresh process in ms, the least of some processes. */
export interface ColdStart {
  /** Loading the library. */
  readonly load: number;
  /** The first solve, of Lorenz's equations over [0, 10] with the options of a beginner. */
  readonly first: number;
  /** The second, the same. */
  readonly second: number;
}

const program = `
const begun = performance.now();
const { odeProblem, solve, tsit5 } = await import("@fluxion/ode-core");
const loaded = performance.now();
const lorenz = (_t, u, [sigma, rho, beta], du) => {
  du[0] = sigma * (u[1] - u[0]);
  du[1] = u[0] * (rho - u[2]) - u[1];
  du[2] = u[0] * u[1] - beta * u[2];
};
const run = () => solve(odeProblem(lorenz, [1, 0, 0], [0, 10], [10, 28, 8 / 3]), tsit5());
run();
const first = performance.now();
run();
console.log(JSON.stringify({ load: loaded - begun, first: first - loaded, second: performance.now() - first }));
`;

/** Runs `runs` fresh processes of Node.js on the bundled library. */
export function coldStart(runs: number): ColdStart {
  const folder = `${root}/out/bench`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/cold-start.source.mjs`, program);
  buildSync({ entryPoints: [`${folder}/cold-start.source.mjs`], outfile: `${folder}/cold-start.mjs`, bundle: true, format: "esm", platform: "node", conditions: ["@fluxion/source"], logLevel: "error" });
  const all = Array.from({ length: runs }, () => JSON.parse(spawnSync(process.execPath, [`${folder}/cold-start.mjs`], { encoding: "utf8" }).stdout) as ColdStart);
  const least = (key: keyof ColdStart): number => Math.min(...all.map((one) => one[key]));
  return { load: least("load"), first: least("first"), second: least("second") };
}
