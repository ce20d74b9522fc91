import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { buildSync } from "esbuild";
import { root } from "../../workspace.ts";

/** Runs a program on the bundled library in `runs` fresh processes of Node.js. It prints times by name as JSON. */
function inFreshProcesses<T extends Readonly<Record<keyof T, number>>>(name: string, program: string, runs: number): T[] {
  const folder = `${root}/out/bench`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${name}.source.mjs`, program);
  buildSync({ entryPoints: [`${folder}/${name}.source.mjs`], outfile: `${folder}/${name}.mjs`, bundle: true, format: "esm", platform: "node", conditions: ["@fluxion/source"], logLevel: "error" });
  return Array.from({ length: runs }, () => JSON.parse(spawnSync(process.execPath, [`${folder}/${name}.mjs`], { encoding: "utf8" }).stdout) as T);
}

/** The least of each time. */
export const leastOf = <T extends Readonly<Record<keyof T, number>>>(all: readonly T[]): T =>
  Object.fromEntries((Object.keys(all[0]) as (keyof T)[]).map((key) => [key, Math.min(...all.map((one) => one[key]))])) as unknown as T;

/** Times of a fresh process in ms. */
export interface ColdSolve {
  /** Loading the library. */
  readonly load: number;
  /** The first solve, of Lorenz's equations over [0, 10] with the options of a beginner. */
  readonly first: number;
  /** The second, the same. */
  readonly second: number;
}

export const coldSolve = (runs: number): ColdSolve[] => inFreshProcesses("cold-solve", `
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
`, runs);

/** Times in ms from a Lagrangian network of two hidden layers of width 128 to the results of its first right-hand side and vector-Jacobian product. */
export interface ColdCompile {
  /** In a fresh process. */
  readonly first: number;
  /** Of another network in the same process. */
  readonly second: number;
}

export const coldCompile = (runs: number): ColdCompile[] => inFreshProcesses("cold-compile", `
import { lagrangianNN } from "@fluxion/lnn";
import { mlp } from "@fluxion/nn-core";
const run = (width) => {
  const network = mlp({ hidden: [width, 128], activation: "softplus" });
  const p = lagrangianNN({ coordinates: 2, network }).init(1);
  const begun = performance.now();
  const tape = lagrangianNN({ coordinates: 2, network, backend: "wasm" }).bind(p).tape();
  const [u, out] = [Float64Array.of(0.1, 0.2, 0.3, 0.4), new Float64Array(4)];
  tape.vjp(tape.push(0, u, out), u, out);
  return performance.now() - begun;
};
const first = run(128);
console.log(JSON.stringify({ first, second: run(127) }));
`, runs);
