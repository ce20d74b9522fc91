import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { buildPrograms, runProgram } from "./built-programs.ts";
import { root } from "./workspace.ts";

/** What training-scenarios.ts prints of each model. */
interface Outcome {
  readonly losses: readonly number[];
  readonly rhsEvaluations: number;
  readonly timed: boolean;
  readonly mse: number;
}

const folder = mkdtempSync(join(tmpdir(), "fluxion-training-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The example with a smaller network and fewer steps, its data by absolute paths. */
function writeConfig(name: string, changes: object): void {
  const example = `${root}/docs/examples/double-pendulum`;
  const config = JSON.parse(readFileSync(`${example}/train.json`, "utf8")) as { data: object };
  const data = { ...config.data, train: `${example}/data/train-*.csv`, evaluate: `${example}/data/heldout-01.csv`, heldOut: `${example}/data/heldout-00.csv` };
  const smaller = { network: { name: "mlp", hidden: [6] }, curriculum: [{ intervals: 2, steps: 30 }, { intervals: 10, steps: 30 }] };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ ...config, data, ...smaller, ...changes }));
}

test("a training on two threads gives the same bits again, and the numbers of one thread but for rounding", async () => {
  writeConfig("one", {});
  for (const name of ["two", "again"]) writeConfig(name, { threads: 2 });
  const programs = await buildPrograms("test/fixtures/training-scenarios.ts", "packages/cli/src/training-loss.ts");
  try {
    const { one, two, again } = JSON.parse(await runProgram(programs, "training-scenarios", folder)) as Record<"one" | "two" | "again", readonly Outcome[]>;
    expect(two.map(({ losses }) => losses.length)).toEqual([60, 60]);
    expect(again).toEqual(two);
    for (const name of ["model", "neural_ode"]) {
      const [first, second] = ["two", "again"].map((run) => readFileSync(join(folder, run, `${name}.safetensors`)));
      expect(first.equals(second)).toBe(true);
    }
    one.forEach((serial, k) => {
      const threaded = two[k];
      expect(threaded.rhsEvaluations).toBe(serial.rhsEvaluations);
      threaded.losses.forEach((x, step) => expect(Math.abs(x / serial.losses[step] - 1)).toBeLessThan(1e-6));
      expect(Math.abs(threaded.mse / serial.mse - 1)).toBeLessThan(1e-6);
      // Sums in another order: without threads every bit would be the same.
      expect(threaded.losses).not.toEqual(serial.losses);
      expect(threaded.timed).toBe(true);
    });
  } finally {
    rmSync(programs, { recursive: true, force: true });
  }
}, 270_000);
