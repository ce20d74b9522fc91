import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatTrajectoryCsv } from "@fluxion/train";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TrainConfig } from "./config.ts";
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
