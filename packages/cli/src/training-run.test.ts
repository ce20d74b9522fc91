import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { odeProblem, solve, vern7 } from "@fluxion/ode-core";
import { pendulum } from "@fluxion/systems";
import { formatTrajectoryCsv, trajectoryLoss } from "@fluxion/train";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TrainConfig } from "./config.ts";
import { writeReport, writeRun } from "./run-files.ts";
import { prepareRun, trainModels, type PreparedRun, type TrainingStart } from "./training-run.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fluxion-run-"));
  const t = Float64Array.from({ length: 6 }, (_, k) => k / 10);
  [0.5, 0.7, 0.9].forEach((start, i) => writeFileSync(join(folder, `${i}.csv`), formatTrajectoryCsv({ t, u: [...t].map((time) => Float64Array.of(start * Math.exp(-time))) }, ["x"])));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config: TrainConfig = {
  output: "unused",
  data: { columns: ["x"], train: "0.csv", evaluate: "1.csv", heldOut: "2.csv" },
  models: { node: { name: "neuralODE", dim: 1 } },
  network: { name: "mlp", hidden: [3] },
  solver: { name: "rk4", dt: 0.1 },
  sensealg: { name: "discreteAdjoint" },
  loss: { name: "meanSquaredError" },
  optimizer: { name: "adam" },
  schedule: { name: "cosine", peak: 0.02 },
  curriculum: [{ intervals: 2, steps: 20 }],
  seed: 1,
};

/** Trains until one step is done, or none when it goes on, and returns where it began. */
async function startOf(data: Partial<TrainConfig["data"]>): Promise<TrainingStart | undefined> {
  const stop = new AbortController();
  let start: TrainingStart | undefined;
  const onModel = (_key: string, at: TrainingStart): void => {
    start = at;
    if (typeof at === "number" || at.kept) stop.abort();
  };
  expect(await trainModels(prepare(data), { signal: stop.signal, onModel, onProgress: () => stop.abort() })).toBeNull();
  return start;
}

function prepare(data: Partial<TrainConfig["data"]>): PreparedRun {
  const path = join(folder, "train.json");
  writeFileSync(path, JSON.stringify({ ...config, data: { ...config.data, ...data } }));
  return prepareRun(path, { output: join(folder, "run") });
}

const run = (name: string): string => join(folder, "run", name);
const bytes = (name: string): string => readFileSync(run(name), "latin1");

test("a checkpoint of other recordings is not resumed from but kept, to the end of the training and until the next one; other recordings to evaluate do not matter", async () => {
  const [current, old] = ["checkpoint-node.safetensors", "checkpoint-node-old.safetensors"];
  expect(await startOf({})).toEqual({});
  expect(await startOf({ evaluate: "2.csv" })).toBe(1);
  const first = bytes(current);
  expect(await startOf({ train: "1.csv" })).toEqual({ kept: run(old) });
  expect(bytes(old) === first).toBe(true);
  const second = bytes(current);
  expect(second === first).toBe(false);
  expect(await startOf({ train: "*.csv" })).toEqual({ kept: run(old) });
  expect(bytes(old) === second).toBe(true);
  expect(await trainModels(prepare({ train: "*.csv" }), {})).toHaveLength(1);
  expect(readdirSync(join(folder, "run")).filter((name) => name.startsWith("checkpoint"))).toEqual([old]);
  expect(bytes(old) === second).toBe(true);
});

test("entries that were not observed, empty in the files, are left out: of training, of errors and of figures", async () => {
  const t = Float64Array.from({ length: 21 }, (_, k) => k / 10);
  // Few angles, and of every third time nothing.
  const gaps = solve(odeProblem(pendulum().field, [0.5, 0], [0, 2]), vern7(), { saveAt: t }).u.map(([q, v], k) => (k === 0 ? [q, v] : [k % 5 === 0 ? q : NaN, k % 3 === 0 ? NaN : v]));
  const trajectory = { t, u: gaps.map((state) => Float64Array.from(state)) };
  writeFileSync(join(folder, "gaps.csv"), formatTrajectoryCsv(trajectory, ["q", "v"]));
  expect(readFileSync(join(folder, "gaps.csv"), "utf8")).toMatch(/\n0\.3,,\n/);
  const path = join(folder, "gaps.json");
  const data = { columns: ["q", "v"], train: "gaps.csv", evaluate: "gaps.csv", heldOut: "gaps.csv" };
  writeFileSync(path, JSON.stringify({ ...config, data, system: { name: "pendulum" }, models: { node: { name: "neuralODE", dim: 2 } }, curriculum: [{ intervals: 20, steps: 5 }], sigma: [0.5, 2] }));
  const prepared = prepareRun(path, { output: join(folder, "run") });
  const [outcome] = (await trainModels(prepared, {}))!;
  const { model } = prepared.models[0];
  expect(outcome.losses[0]).toBe(trajectoryLoss({ ...prepared.fitting, model, trajectories: [trajectory], sigma: [0.5, 2] })(model.init(1)).loss);
  expect(prepared.fitting.sigma).toEqual([0.5, 2]);
  expect(outcome.losses[4]).toBeLessThan(outcome.losses[0]);
  // The start counts with the error 0.
  const entries = gaps.flat().filter((x) => !Number.isNaN(x)).length;
  const squares = gaps.flatMap((state, k) => state.map((x, i) => (outcome.motion.u[k][i] - x) ** 2)).filter((x) => !Number.isNaN(x));
  expect(outcome.mse.at(-1)!.error).toBeCloseTo(squares.reduce((a, b) => a + b) / entries, 10);
  writeRun(prepared, [outcome], 1, "");
  const figures = writeReport(join(folder, "run")).filter((file) => file.endsWith(".svg"));
  expect(figures.length).toBeGreaterThan(2);
  for (const file of figures) expect(readFileSync(file, "utf8")).not.toMatch(/NaN|null|undefined/);
});
