import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fluxion, type ProcessResult } from "./fluxion-process.ts";
import { root } from "./workspace.ts";

let out = "";
let result: ProcessResult;
beforeAll(async () => {
  out = mkdtempSync(join(tmpdir(), "fluxion-full-"));
  result = await fluxion(["train", `${root}/docs/examples/double-pendulum/train.json`, "--out", out], out);
}, 900_000);
afterAll(() => rmSync(out, { recursive: true, force: true }));

interface Metrics {
  readonly lnn: { readonly mse_0_1: number; readonly mse_0_10: number; readonly energy_drift_percent: number; readonly heldout_mse_0_10_median: number };
  readonly neural_ode: Metrics["lnn"];
}

test("the double-pendulum example, as it stands, reaches the published accuracy", () => {
  expect(result).toMatchObject({ code: 0 });
  const { lnn } = JSON.parse(readFileSync(join(out, "metrics.json"), "utf8")) as Metrics;
  expect(lnn.mse_0_1).toBeLessThan(1.2e-4);
  expect(lnn.mse_0_10).toBeLessThan(1.2e-2);
  expect(lnn.energy_drift_percent).toBeLessThan(3.8);
});

test("its Lagrangian network keeps energy better than the neural ODE of the same kind", () => {
  const { lnn, neural_ode: node } = JSON.parse(readFileSync(join(out, "metrics.json"), "utf8")) as Metrics;
  expect(lnn.energy_drift_percent).toBeLessThan(node.energy_drift_percent);
  expect(result.out).toContain("energy drift");
});
