import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fluxion } from "./fluxion-process.ts";
import { root } from "./workspace.ts";

let folder = "";
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "fluxion-process-"))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The example with a smaller network, fewer steps and one held-out recording, its data by absolute paths. */
function writeConfig(): void {
  const example = `${root}/docs/examples/double-pendulum`;
  const config = JSON.parse(readFileSync(`${example}/train.json`, "utf8")) as { data: object };
  const data = { ...config.data, train: `${example}/data/train-*.csv`, evaluate: `${example}/data/heldout-01.csv`, heldOut: `${example}/data/heldout-00.csv` };
  const smaller = { network: { name: "mlp", hidden: [12] }, curriculum: [{ intervals: 2, steps: 100 }, { intervals: 10, steps: 400 }] };
  writeFileSync(join(folder, "train.json"), JSON.stringify({ ...config, data, ...smaller }));
}

/** Sends Ctrl-C once, some steps after the model `key` has begun. */
function duringTraining(key: string): (text: string, interrupt: () => void) => void {
  let sent = false;
  return (text, interrupt) => {
    if (sent || !new RegExp(`Training ${key}[^]*stage`).test(text)) return;
    sent = true;
    setTimeout(interrupt, 150);
  };
}

const read = (run: string, name: string): string => readFileSync(join(folder, run, name), "latin1");
const metrics = (run: string): unknown => JSON.parse(read(run, "metrics.json"), (key, value: unknown) => (key === "wall_seconds" || key === "gradient_ms" ? undefined : value));

test("Ctrl-C ends with 130 and a checkpoint, and the same command goes on to the very numbers of an uninterrupted run", async () => {
  writeConfig();
  const [whole, first] = await Promise.all([
    fluxion(["train", "train.json", "--out", "whole"], folder),
    fluxion(["train", "train.json", "--out", "parts"], folder, duringTraining("lnn")),
  ]);
  expect(whole.code).toBe(0);
  expect(first).toMatchObject({ code: 130, out: "" });
  expect(first.err).toMatch(/\nStopped at step \d+; the same command goes on from there\.\n$/);
  expect(readdirSync(join(folder, "parts"))).toEqual(["checkpoint-lnn.safetensors"]);

  const second = await fluxion(["train", "train.json", "--out", "parts"], folder, duringTraining("neural_ode"));
  expect(second.code).toBe(130);
  expect(second.err).toMatch(/Training lnn: .*resumed at step [1-9]\d*\n/);
  expect(readdirSync(join(folder, "parts")).toSorted()).toEqual(["checkpoint-lnn.safetensors", "checkpoint-neural_ode.safetensors"]);

  const third = await fluxion(["train", "train.json", "--out", "parts"], folder);
  expect(third.code).toBe(0);
  expect(third.err).toMatch(/Training lnn: .*resumed at step 500\n[^]*Training neural_ode: .*resumed at step [1-9]\d*\n/);
  expect(metrics("parts")).toEqual(metrics("whole"));
  for (const name of ["model.safetensors", "neural_ode.safetensors", "series.json", "loss.svg"]) expect(read("parts", name) === read("whole", name)).toBe(true);
  expect(readdirSync(join(folder, "parts")).toSorted()).toEqual(readdirSync(join(folder, "whole")).toSorted());
  // The time of a gradient is known even for the model that had nothing left to train.
  expect(read("parts", "metrics.json")).not.toContain("null");

  const gone = await fluxion(["train", "train.json", "--out", "parts", "--fraction", "2"], folder);
  expect(gone).toMatchObject({ code: 2, out: "", err: "fluxion: Cannot train as --fraction must be above 0 and at most 1: current value is 2\n" });
});

test("a pipe gets help without colours", async () => {
  const { code, out, err } = await fluxion(["--help"], folder);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/USAGE fluxion train\|simulate\|report\b/);
});
