import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { backends } from "@fluxion/autodiff";
import { odeProblem, solve, tsit5, vern7 } from "@fluxion/ode-core";
import { sensealgs } from "@fluxion/sensitivity";
import { pendulum } from "@fluxion/systems";
import { decodeModel, encodeCheckpoint, formatTrajectoryCsv, median, rollout, rolloutError, parseTrajectoryCsv } from "@fluxion/train";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { main } from "./main.ts";
import type { TrainConfig } from "./config.ts";

let root = "";
const inRoot = (...path: string[]): string => join(root, ...path);
const read = (...path: string[]): string => readFileSync(inRoot(...path), "utf8");
const csv = (u0: readonly number[], end: number): string => {
  const t = Float64Array.from({ length: Math.round(end * 10) + 1 }, (_, k) => k / 10);
  return formatTrajectoryCsv({ t, u: solve(odeProblem(pendulum().field, u0, [0, end]), tsit5(), { reltol: 1e-9, saveAt: t }).u }, ["q", "v"]);
};

const config: TrainConfig = {
  output: "unused",
  data: { columns: ["q", "v"], train: "data/train-*.csv", evaluate: "data/standard.csv", heldOut: "data/heldout-*.csv" },
  system: { name: "pendulum" },
  models: {
    lnn: { name: "structuredLagrangianNN", coordinates: 1, angles: [0], energyScale: 10 },
    neural_ode: { name: "secondOrderNeuralODE", coordinates: 1, angles: [0] },
  },
  network: { name: "mlp", hidden: [4] },
  solver: { name: "rk4", dt: 0.1 },
  sensealg: { name: "discreteAdjoint" },
  loss: { name: "meanSquaredError" },
  optimizer: { name: "adam" },
  schedule: { name: "cosine", peak: 0.02 },
  curriculum: [{ intervals: 2, steps: 20 }, { intervals: 10, steps: 20 }],
  seed: 1,
};

/** Writes a configuration with some entries changed; `undefined` leaves one out. */
function writeConfig(changes: object = {}, name = "train.json"): string {
  writeFileSync(inRoot(name), JSON.stringify({ ...config, ...changes }));
  return inRoot(name);
}

let [out, err] = ["", ""];
/** Runs the command in this process; `out` and `err` hold what it wrote. */
async function fluxion(...argv: string[]): Promise<number> {
  [out, err] = ["", ""];
  const spies = [
    vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((out += String(text)))),
    vi.spyOn(process.stderr, "write").mockImplementation((text) => Boolean((err += String(text)))),
  ];
  try {
    return await main(argv);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Every file of a folder with its bytes, as text that is quick to compare. */
const snapshot = (folder: string): Record<string, string> => Object.fromEntries(readdirSync(inRoot(folder)).toSorted().map((name) => [name, readFileSync(inRoot(folder, name), "latin1")]));
/** metrics.json without what is measured with a clock. */
const untimed = (folder: string): unknown => JSON.parse(read(folder, "metrics.json"), (key, value: unknown) => (key === "wall_seconds" || key === "gradient_ms" ? undefined : value));

let trained = -1;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "fluxion-cli-"));
  mkdirSync(inRoot("data"));
  for (const [name, u0, end] of [["train-0", [0.5, 0], 1], ["train-1", [-0.8, 0.3], 1], ["standard", [0.5, 0], 4], ["heldout-0", [0.7, 0.1], 4], ["heldout-1", [0.2, 0.2], 4]] as const) {
    writeFileSync(inRoot("data", `${name}.csv`), csv(u0, end));
  }
  trained = await fluxion("train", writeConfig(), "--out", inRoot("run"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => rmSync(inRoot("again"), { recursive: true, force: true }));

describe("fluxion train", () => {
  test("writes its files and nothing else", () => {
    expect(trained).toBe(0);
    expect(readdirSync(inRoot("run")).toSorted()).toEqual(
      ["config.json", "energy.svg", "loss.svg", "metrics.json", "model.json", "model.safetensors", "neural_ode.json", "neural_ode.safetensors", "report.html", "series.json", "trajectory-1.svg", "trajectory-4.svg"],
    );
    expect(JSON.parse(read("run", "config.json"))).toEqual(config);
    for (const name of ["energy", "loss", "trajectory-1", "trajectory-4"]) expect(read("run", "report.html")).toContain(read("run", `${name}.svg`));
  });

  test("metrics.json has exactly the documented keys, all of them finite", () => {
    const metrics = JSON.parse(read("run", "metrics.json")) as Record<string, Record<string, unknown>>;
    expect(Object.keys(metrics).toSorted()).toEqual(["backend", "lnn", "neural_ode", "seed", "sensealg", "versions", "wall_seconds"]);
    const keys = ["energy_drift_percent", "gradient_ms", "heldout_mse_0_4_median", "mse_0_1", "mse_0_4", "parameters", "rhs_evaluations"];
    for (const model of [metrics["lnn"], metrics["neural_ode"]]) {
      expect(Object.keys(model).toSorted()).toEqual(keys);
      for (const value of Object.values(model)) expect(value).toBeGreaterThan(0);
    }
    expect(metrics).toMatchObject({ seed: 1, backend: "wasm", sensealg: "discreteAdjoint", versions: { node: process.versions.node }, lnn: { parameters: 22 }, neural_ode: { parameters: 21 } });
  });

  test("its numbers are those of the written model, by the library's own functions", () => {
    const { model, p, columns } = decodeModel(read("run", "model.json"), readFileSync(inRoot("run", "model.safetensors")));
    const observed = (name: string) => parseTrajectoryCsv(read("data", name), { columns, what: name });
    const truth = observed("standard.csv");
    const { u } = rollout(model, p, truth);
    const heldOut = ["heldout-0.csv", "heldout-1.csv"].map(observed).map((other) => rolloutError(rollout(model, p, other).u, other, 4));
    const lnn = (JSON.parse(read("run", "metrics.json")) as { lnn: object }).lnn;
    expect(lnn).toMatchObject({ mse_0_1: rolloutError(u, truth, 1), mse_0_4: rolloutError(u, truth, 4), heldout_mse_0_4_median: median(heldOut) });
  });

  test("twice with one seed gives the same numbers and the same model, another seed does not", async () => {
    expect(await fluxion("train", writeConfig(), "--out", inRoot("again"))).toBe(0);
    expect(untimed("again")).toEqual(untimed("run"));
    const [first, second] = [snapshot("run"), snapshot("again")];
    for (const name of ["model.safetensors", "model.json", "neural_ode.safetensors", "series.json", "loss.svg", "energy.svg"]) expect(second[name] === first[name]).toBe(true);
    expect(await fluxion("train", writeConfig({ seed: 2 }), "--out", inRoot("again"))).toBe(0);
    expect(snapshot("again")["model.safetensors"] === first["model.safetensors"]).toBe(false);
  });

  test.each(Object.keys(sensealgs))("differentiates with %s by the name alone", async (name) => {
    expect(await fluxion("train", writeConfig({ sensealg: { name } }), "--out", inRoot("again"))).toBe(0);
    const { sensealg, lnn } = JSON.parse(read("again", "metrics.json")) as { sensealg: string; lnn: { mse_0_1: number } };
    expect(sensealg).toBe(name);
    // One gradient up to small errors, hence nearly one model.
    expect(lnn.mse_0_1 / (JSON.parse(read("run", "metrics.json")) as { lnn: { mse_0_1: number } }).lnn.mse_0_1).toBeCloseTo(1, name === "interpolatingAdjoint" ? 1 : 3);
  });

  test.each(Object.keys(backends))("computes with the backend %s by the name alone", async (name) => {
    expect(await fluxion("train", writeConfig({ backend: name }), "--out", inRoot("again"), "--fraction", "0.1")).toBe(0);
    expect(untimed("again")).toMatchObject({ backend: name });
  });

  test("--fraction trains that share of the steps", async () => {
    expect(await fluxion("train", writeConfig(), "--out", inRoot("again"), "--fraction", "0.1")).toBe(0);
    expect((JSON.parse(read("again", "series.json")) as { losses: { loss: number[] }[] }).losses.map(({ loss }) => loss.length)).toEqual([4, 4]);
    expect((JSON.parse(read("again", "config.json")) as TrainConfig).curriculum).toEqual(config.curriculum.map((stage) => ({ ...stage, steps: 2 })));
  });

  test("a training that cannot go on is written as far as it went, and ends with code 1", async () => {
    // Enough iterations for the first stage, too few for the second.
    const solver = { name: "tsit5", reltol: 1e-3, abstol: 1e-3, maxIters: 2 };
    expect(await fluxion("train", writeConfig({ solver, curriculum: [config.curriculum[0], { intervals: 10, steps: 30 }] }), "--out", inRoot("again"))).toBe(1);
    expect(err).toMatch(/Training lnn ended early, with the parameters of its last finite loss\. .*maxIters/);
    expect(readdirSync(inRoot("again")).toSorted()).toEqual(readdirSync(inRoot("run")).toSorted());
    const [{ loss }] = (JSON.parse(read("again", "series.json")) as { losses: { loss: (number | null)[] }[] }).losses;
    expect(loss.map((x) => x !== null)).toEqual([...new Array<boolean>(20).fill(true), ...new Array<boolean>(21).fill(false)]);
  });

  test("keeps the checkpoint of another training, and tells where", async () => {
    mkdirSync(inRoot("again"));
    const empty = new Float64Array(0);
    writeFileSync(inRoot("again", "checkpoint-lnn.safetensors"), encodeCheckpoint({ p: empty, kept: empty, optimizer: {}, losses: [], step: 0, rhsEvaluations: 0 }, "other"));
    expect(await fluxion("train", writeConfig(), "--out", inRoot("again"), "--fraction", "0.05")).toBe(0);
    expect(err).toMatch(/\nThe checkpoint in .*again\/ is of other data or options: it is kept as checkpoint-lnn-old\.safetensors\.\n/);
    expect(readdirSync(inRoot("again")).toSorted()).toEqual(["checkpoint-lnn-old.safetensors", ...readdirSync(inRoot("run"))].toSorted());
  });

  test("recordings that start at another time than 0 have the same figures, later", async () => {
    for (const name of ["train-0", "train-1", "standard", "heldout-0", "heldout-1"]) {
      const { t, u } = parseTrajectoryCsv(read("data", `${name}.csv`), { columns: ["q", "v"], what: name });
      writeFileSync(inRoot("data", `later-${name}.csv`), formatTrajectoryCsv({ t: t.map((time) => time + 100), u }, ["q", "v"]));
    }
    const data = { columns: ["q", "v"], train: "data/later-train-*.csv", evaluate: "data/later-standard.csv", heldOut: "data/later-heldout-*.csv" };
    expect(await fluxion("train", writeConfig({ data }), "--out", inRoot("again"), "--fraction", "0.1")).toBe(0);
    const curves = (svg: string): number => [...svg.matchAll(/<path [^>]*d="M[^"]*(?:L[^"]*){5}"/g)].length;
    for (const name of ["trajectory-1", "trajectory-4"]) {
      expect(curves(read("again", `${name}.svg`))).toBe(curves(read("run", `${name}.svg`)));
      expect(read("again", `${name}.svg`)).toMatch(/>100(\.0)?<\/text>/);
    }
  });

  test("recordings of an unknown system are trained on as well, without energies", async () => {
    expect(await fluxion("train", writeConfig({ system: undefined }), "--out", inRoot("again"))).toBe(0);
    const metrics = (folder: string): { lnn: Record<string, number> } => JSON.parse(read(folder, "metrics.json")) as { lnn: Record<string, number> };
    const { energy_drift_percent: drift, gradient_ms: _, ...others } = metrics("run").lnn;
    expect(drift).toBeGreaterThan(0);
    expect(metrics("again").lnn).toEqual({ ...others, gradient_ms: expect.any(Number) });
    expect(readdirSync(inRoot("again"))).not.toContain("energy.svg");
    expect(read("again", "report.html")).not.toMatch(/Energy drift|True energy/);
    expect(out).toMatch(/^lnn( +[\d.]+e[+-]\d+){2} +[\d.]+ ms$/m);
  });

  test("shows a table of the metrics on standard output, the rest on standard error", async () => {
    expect(await fluxion("train", writeConfig(), "--out", inRoot("again"), "--fraction", "0.05")).toBe(0);
    const { lnn } = JSON.parse(read("again", "metrics.json")) as { lnn: { mse_0_1: number; energy_drift_percent: number } };
    const [head, first, second, ...rest] = out.split("\n");
    expect(head).toMatch(/^model +MSE 0-1 s +0-4 s +energy drift +gradient$/);
    expect(first.split(/ +/).slice(0, 2)).toEqual(["lnn", lnn.mse_0_1.toExponential(2)]);
    expect(first).toContain(`${lnn.energy_drift_percent.toFixed(2)} %`);
    expect(second).toMatch(/^neural_ode /);
    expect(rest).toEqual([""]);
    expect(err).toMatch(/Training lnn: structuredLagrangianNN, 22 parameters, 2 trajectories\n[^]*Training neural_ode[^]*Wrote .*again\/ \(metrics.json, model.safetensors, 4 figures\); open .*report.html\n$/);
  });
});

/** Runs a wrong request: one line on standard error, code 2, and every file as it was. */
async function expectRefusal(argv: readonly string[], ...hints: readonly string[]): Promise<void> {
  const before = snapshot("run");
  expect(await fluxion(...argv)).toBe(2);
  expect(out).toBe("");
  expect(err).toMatch(/^fluxion: [^\n]+\n$/);
  for (const hint of hints) expect(err).toContain(hint);
  expect(snapshot("run")).toEqual(before);
}

describe("bad input ends with code 2, one clear line, and nothing overwritten", () => {
  test.each([
    ["an unknown sensealg", { sensealg: { name: "backsolve" } }, "sensealg: ", "one of discreteAdjoint, finiteDifference"],
    ["an option that a sensealg does not have", { sensealg: { name: "discreteAdjoint", checkpoints: 3 } }, "sensealg: ", '"checkpoints"'],
    ["an option of the wrong type", { sensealg: { name: "interpolatingAdjoint", reltol: "small" } }, "sensealg: ", '"reltol" must be a number > 0: current value is "small"'],
    ["a sensealg without a name", { sensealg: "discreteAdjoint" }, "sensealg"],
    ["an unknown entry", { sensealgo: { name: "discreteAdjoint" } }, "sensealgo: unknown entry, known are output, data, "],
    ["an unknown entry of an entry", { curriculum: [{ intervals: 2, steps: 20, rate: 1 }] }, "curriculum.0.rate: unknown entry, known are intervals, steps"],
    ["an entry left out", { models: undefined }, "entries: models: is missing"],
    ["a name left out", { solver: { dt: 0.1 } }, "entries: solver.name: is missing"],
    ["a word for a number", { solver: { name: "rk4", dt: "0.1" } }, "solver.dt"],
    ["a step that is not positive", { solver: { name: "rk4", dt: 0 } }, "solver.dt"],
    ["an unknown solver", { solver: { name: "rk5", dt: 0.1 } }, "solver: ", "rk4"],
    ["a solver without its step", { solver: { name: "rk4" } }, "solver: ", '"dt"'],
    ["a wrong stage", { curriculum: [{ intervals: 2, steps: 20 }, { intervals: 2, steps: 2.5 }] }, "curriculum.1.steps"],
    ["no stage", { curriculum: [] }, "curriculum"],
    ["a wrong seed", { seed: -1 }, "seed"],
    ["threads that are none", { threads: 0 }, "threads"],
    ["a wrong backend", { backend: "gpu" }, "backend"],
    ["an unknown model", { models: { lnn: { name: "transformer" } } }, "models.lnn: ", "structuredLagrangianNN"],
    ["a wrong option of a model", { models: { lnn: { name: "structuredLagrangianNN", coordinates: 0 } } }, "models.lnn: ", '"coordinates"'],
    ["a model of another size", { models: { lnn: { name: "structuredLagrangianNN", coordinates: 2 } } }, "models.lnn: ", "it has 4"],
    ["a model under a reserved word", { models: { seed: { name: "structuredLagrangianNN", coordinates: 1 } } }, "models", "seed"],
    ["a wrong network", { network: { name: "mlp", hidden: [4], activation: "relu" } }, "network: ", '"activation"'],
    ["an unknown loss", { loss: { name: "hinge" } }, "loss: ", "huber"],
    ["an unknown optimiser", { optimizer: { name: "lion" } }, "optimizer: ", "adam"],
    ["a wrong schedule", { schedule: { name: "cosine", peak: -1 } }, "schedule: ", '"peak"'],
    ["an unknown system", { system: { name: "moon" } }, "system: ", "pendulum"],
    ["a pattern that matches nothing", { data: { ...config.data, train: "data/none-*.csv" } }, "data.train: ", "none-*.csv"],
    ["a folder that is none", { data: { ...config.data, evaluate: "nowhere/standard.csv" } }, "data.evaluate: ", "nowhere"],
    ["a network of one model's own", { models: { lnn: { ...config.models["lnn"], network: { name: "mlp", hidden: [64] } } } }, "models.lnn: ", "network must stand beside it"],
    ["a backend of one model's own", { models: { lnn: { ...config.models["lnn"], backend: "gpu" } } }, "models.lnn: ", "backend must stand beside it"],
    ["two recordings to evaluate", { data: { ...config.data, evaluate: "data/heldout-*.csv" } }, "data.evaluate: ", "it must name one file: 2 match"],
    ["an unknown column", { data: { ...config.data, columns: ["q", "w"] } }, "data.train: ", "train-0.csv", "line 1"],
    ["two columns of one name", { data: { ...config.data, columns: ["q", "q"] } }, "each must have a name of its own"],
  ] as [string, object, ...string[]][])("%s", async (_, changes, ...hints) => {
    await expectRefusal(["train", writeConfig(changes), "--out", inRoot("run")], ...hints);
  });

  test.each([
    ["empty", "", "line 1"],
    ["without states", "t,q,v\n", "line 2"],
    ["that starts with NaN", "t,q,v\n0,NaN,2\n0.1,1,2\n", "its first state must be known as a whole, as models start there: it is [NaN, 2]"],
    ["with a field missing", "t,q,v\n0,1,2\n0.1,2\n", "line 3 must have 3 fields"],
    ["with times out of order", "t,q,v\n0,1,2\n0,1,2\n", "line 3 must have t > 0"],
    ["with a column of another name", "t,q,w\n0,1,2\n1,1,2\n", '"w" is unknown'],
  ])("a recording %s", async (_, text, hint) => {
    writeFileSync(inRoot("data", "bad.csv"), text);
    await expectRefusal(["train", writeConfig({ data: { ...config.data, heldOut: "data/b*.csv" } }), "--out", inRoot("run")], "data.heldOut: ", "bad.csv", hint);
  });

  test("a configuration that is missing or no JSON", async () => {
    await expectRefusal(["train", inRoot("none.json"), "--out", inRoot("run")], "none.json");
    writeFileSync(inRoot("cut.json"), JSON.stringify(config).slice(0, 100));
    await expectRefusal(["train", inRoot("cut.json"), "--out", inRoot("run")], "cut.json", "must be JSON");
  });

  test("a command line that is none", async () => {
    for (const argv of [["evaluate"], ["train"], ["train", "a", "b"], ["train", "a", "--speed", "3"], ["train", "a", "-out", "b"], ["train", "a", "-o", "b"], ["train", "a", "--out"], ["simulate", inRoot("run", "model.json")]]) await expectRefusal(argv);
    await expectRefusal(["train", writeConfig(), "--out", inRoot("run"), "--fraction", "2"], "--fraction must be above 0 and at most 1: current value is 2");
    await expectRefusal(["train", writeConfig(), "--out", inRoot("run"), "--fraction", "half"], "--fraction");
    await expectRefusal(["train", writeConfig(), "--out", inRoot("train.json", "out")], "train.json");
  });

  test("a checkpoint that is damaged is not trained over", async () => {
    mkdirSync(inRoot("again"));
    writeFileSync(inRoot("again", "checkpoint-lnn.safetensors"), "damaged");
    await expectRefusal(["train", writeConfig(), "--out", inRoot("again")], "checkpoint-lnn.safetensors");
    expect(read("again", "checkpoint-lnn.safetensors")).toBe("damaged");
  });

  test("a training whose solves fail keeps what an earlier one wrote", async () => {
    const before = snapshot("run");
    expect(await fluxion("train", writeConfig({ solver: { name: "tsit5", maxIters: 1 } }), "--out", inRoot("run"))).toBe(2);
    expect(err.trim().split("\n").at(-1)).toMatch(/^fluxion: Cannot train lnn as its loss must be finite at the start: .*maxIters/);
    expect(snapshot("run")).toEqual(before);
  });
});

describe("fluxion simulate", () => {
  const words = (): string[] => ["simulate", inRoot("run", "model.json"), "--u0", "-0.4,0.25", "--tspan", "1,3", "--saveAt", "0.25"];

  test.each([
    ["as it is", [], tsit5(), { reltol: 1e-9, abstol: 1e-9 }],
    ["by another algorithm", ["--solver", "vern7", "--reltol", "1e-6", "--maxIters", "50", "--dt", "0.01"], vern7(), { reltol: 1e-6, abstol: 1e-6, dt: 0.01 }],
  ])("writes CSV equal to the library's own rollout, %s", async (_, more, algorithm, options) => {
    expect(await fluxion(...words(), ...more, "--out", inRoot("motion.csv"))).toBe(0);
    const { model, p } = decodeModel(read("run", "model.json"), readFileSync(inRoot("run", "model.safetensors")));
    const own = solve(odeProblem(model, [-0.4, 0.25], [1, 3], p), algorithm, { ...options, saveAt: 0.25 });
    expect(own.t.length).toBe(9);
    expect(read("motion.csv")).toBe(formatTrajectoryCsv(own, ["q", "v"]));
    expect(await fluxion(...words(), ...more)).toBe(0);
    expect(out).toBe(read("motion.csv"));
    await expectRefusal([...words(), "--maxIters", "3", "--out", inRoot("motion.csv")], "maxIters = 3 steps");
    expect(read("motion.csv")).toBe(formatTrajectoryCsv(own, ["q", "v"]));
  });

  test.each([["--u0", "1,2,3"], ["--tspan", "3"], ["--saveAt", "often"], ["--reltol", "small"], ["--maxIters", "many"], ["--dt", "0"], ["--solver", "rk5"], ["--out", "/nowhere/at/all.csv"]])("refuses %s %s", async (option, value) => {
    await expectRefusal([...words(), option, value], option === "--solver" || option === "--out" ? value : option.slice(2));
  });
});

describe("fluxion report", () => {
  test("draws the same figures and the same page again", async () => {
    const before = snapshot("run");
    for (const name of Object.keys(before).filter((file) => /\.(svg|html)$/.test(file))) rmSync(inRoot("run", name));
    expect(await fluxion("report", inRoot("run"))).toBe(0);
    expect(snapshot("run")).toEqual(before);
    expect(err.trim().split("\n").length).toBe(5);
  });

  test("says that an error is not finite, of a model that blew up", async () => {
    mkdirSync(inRoot("again"));
    for (const name of ["series.json", "config.json"]) writeFileSync(inRoot("again", name), read("run", name));
    const metrics = JSON.parse(read("run", "metrics.json")) as { lnn: object; neural_ode: object };
    writeFileSync(inRoot("again", "metrics.json"), JSON.stringify({ ...metrics, neural_ode: { ...metrics.neural_ode, mse_0_4: Infinity } }));
    expect(await fluxion("report", inRoot("again"))).toBe(0);
    expect(/0 to 4 s.*/.exec(read("again", "report.html"))?.[0]).toMatch(/<td class="best">[\d. ×]+.*<td>not finite<\/td>/);
  });

  test("refuses a folder that holds no finished run", async () => {
    await expectRefusal(["report", inRoot("nothing")], "metrics.json");
    await expectRefusal(["report", inRoot("data")], "metrics.json");
    mkdirSync(inRoot("again"));
    for (const name of ["metrics.json", "series.json", "config.json"]) writeFileSync(inRoot("again", name), "{}");
    await expectRefusal(["report", inRoot("again")], "series.json");
  });
});
