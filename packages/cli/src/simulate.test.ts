import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { algorithms } from "@fluxion/ode-core";
import { encodeModel, makeModel } from "@fluxion/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { simulate, type SimulateOptions } from "./simulate.ts";

let folder = "";
const inFolder = (name: string): string => join(folder, name);
const config = { model: { name: "secondOrderNeuralODE", coordinates: 1 }, network: { name: "mlp", hidden: [3] } };
const model = makeModel(config);
const { json, weights } = encodeModel({ config, columns: ["q", "v"], model, p: model.init(1) }, "model.safetensors");
const options: SimulateOptions = { u0: "1,2", tspan: "0,0.5", saveAt: 0.1, solver: "tsit5", reltol: 1e-9, maxIters: 1000 };

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fluxion-simulate-"));
  writeFileSync(inFolder("model.json"), json);
  writeFileSync(inFolder("model.safetensors"), weights);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Refused with this code and words. */
function expectRefusal(path: string, changes: Partial<SimulateOptions>, code: string, ...hints: readonly string[]): void {
  const ask = (): string => simulate(path, { ...options, ...changes });
  expect(ask).toThrow(expect.objectContaining({ name: "OdeError", code }));
  for (const hint of hints) expect(ask).toThrow(hint);
}

describe("simulate", () => {
  const splitting = Object.values(algorithms).map((make) => make()).filter(({ structure }) => structure !== undefined).map(({ name }) => name);
  test.each(splitting)("by %s is refused, as accelerations depend on velocities", (solver) => {
    expectRefusal(inFolder("model.json"), { solver, dt: 1e-3 }, "MISSING_CAPABILITY", "must not depend on the velocity");
  });

  test.each(Object.keys(algorithms).filter((name) => !splitting.includes(name)))("by %s gives the same motion by the name alone", (solver) => {
    const numbers = (csv: string): number[] => csv.trim().split("\n").slice(1).join(",").split(",").map(Number);
    const expected = numbers(simulate(inFolder("model.json"), options));
    const found = numbers(simulate(inFolder("model.json"), { ...options, solver, reltol: 1e-6, dt: 1e-3 }));
    expect(found.length).toBe(18);
    found.forEach((x, i) => expect(x).toBeCloseTo(expected[i], 2));
  });

  test.each([
    ["a state of another length", { u0: "1,2,3" }, "SHAPE_MISMATCH", "u0"],
    ["a state that is no list of numbers", { u0: "1,two" }, "INVALID_OPTION", "--u0"],
    ["a span of one number", { tspan: "3" }, "INVALID_OPTION", "--tspan"],
    ["a span backwards", { tspan: "0.5,0" }, "INVALID_OPTION", "the start before the end"],
    ["times that are none", { saveAt: NaN }, "INVALID_OPTION", "saveAt"],
    ["an unknown solver", { solver: "rk5" }, "UNKNOWN_NAME", '"rk5"', "rk4"],
    ["a solver without its step", { solver: "rk4" }, "INVALID_OPTION", '"dt" is required'],
    ["a step that is none", { dt: NaN }, "INVALID_OPTION", '"dt"'],
    ["a tolerance that is none", { reltol: NaN }, "INVALID_OPTION", '"reltol"'],
    ["a tolerance of 0", { reltol: 0 }, "INVALID_OPTION", '"reltol"'],
    ["part of a step", { maxIters: 2.5 }, "INVALID_OPTION", '"maxIters"'],
  ] as [string, Partial<SimulateOptions>, string, ...string[]][])("refuses %s", (_, changes, code, ...hints) => {
    expectRefusal(inFolder("model.json"), changes, code, ...hints);
  });

  test("says what to do where there are too few steps", () => {
    expectRefusal(inFolder("model.json"), { maxIters: 2 }, "SOLVE_FAILED", "must reach t = 0.5: ", "maxIters = 2 steps", "more steps with --maxIters", "larger --reltol", "another --solver");
  });

  test("refuses a model that is missing, truncated or not one", () => {
    expectRefusal(inFolder("none.json"), {}, "INVALID_FILE", "none.json");
    writeFileSync(inFolder("other.json"), json.replaceAll("model.safetensors", "other.safetensors"));
    expectRefusal(inFolder("other.json"), {}, "INVALID_FILE", "other.safetensors");
    writeFileSync(inFolder("other.safetensors"), weights.subarray(0, -8));
    expectRefusal(inFolder("other.json"), {}, "INVALID_FILE", "other.safetensors");
    writeFileSync(inFolder("other.json"), "{}");
    expectRefusal(inFolder("other.json"), {}, "INVALID_FILE", "other.json", "format");
  });
});
