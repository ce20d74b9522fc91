import { add, at, mul, neg, sigmoid, stack, type Tensor } from "@fluxion/autodiff";
import { constantRate, dynamicsModel, mlp, type DynamicsModel } from "@fluxion/nn-core";
import { odeProblem, rk4, solve, tsit5 } from "@fluxion/ode-core";
import { discreteAdjoint } from "@fluxion/sensitivity";
import { massSpring } from "@fluxion/systems";
import { describe, expect, test } from "vitest";
import { encodeCheckpoint } from "./checkpoint.ts";
import { fit } from "./fit.ts";
import { decodeModel, decodeModelDescription, encodeModel, makeModel, type ModelConfig, type TrainedModel } from "./model-file.ts";
import { models } from "./models.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

const what = { json: "model.json", weights: "model.safetensors" };
const network = { name: "mlp", hidden: [3, 2] };
const trained = (model: ModelConfig["model"], columns: readonly string[]): TrainedModel => {
  const config = { model, network };
  const made = makeModel(config);
  return { config, columns, model: made, p: made.init(5) };
};
const lnn = trained({ name: "structuredLagrangianNN", coordinates: 1, angles: [0], energyScale: 10 }, ["q", "v"]);
const files = encodeModel(lnn, what.weights);

describe("a model file", () => {
  test.each([
    lnn,
    trained({ name: "lagrangianNN", coordinates: 1, velocityScale: 2 }, ["q", "v"]),
    trained({ name: "hamiltonianNN", coordinates: 1 }, ["q", "p"]),
    trained({ name: "neuralODE", dim: 3 }, ["a", "b", "c"]),
    trained({ name: "secondOrderNeuralODE", coordinates: 1 }, ["q", "v"]),
  ])("of $config.model.name reads back as the same model", (model) => {
    const { json, weights } = encodeModel(model, what.weights);
    const read = decodeModel(json, weights);
    expect([read.config, read.columns, read.p]).toEqual([model.config, model.columns, model.p]);
    const [u, a, b] = [Float64Array.from({ length: model.model.dim }, (_, i) => 0.3 - i), new Float64Array(model.model.dim), new Float64Array(model.model.dim)];
    model.model.bind(model.p).rhs(0, u, a);
    read.model.bind(read.p).rhs(0, u, b);
    expect(b).toEqual(a);
    // Written again it is the same file.
    expect(encodeModel(read, what.weights)).toEqual({ json, weights });
  });

  test("that could not be read back is not written", () => {
    for (const p of [lnn.p.slice(1), Float64Array.of(...lnn.p, 0)]) expect(() => encodeModel({ ...lnn, p }, what.weights)).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    expect(() => encodeModel({ ...lnn, p: lnn.p.with(3, NaN) }, what.weights)).toThrow(expect.objectContaining({ code: "NON_FINITE", message: expect.stringContaining("p[3]") as string }));
    expect(() => encodeModel({ ...lnn, columns: ["q"] }, what.weights)).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    expect(() => encodeModel(lnn, "folder/weights.safetensors")).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  const swish = (x: Tensor): Tensor => mul(x, sigmoid(x));
  test.each([
    ["the function swish", "activation", { ...lnn.config, network: { ...network, activation: swish } }],
    ["Infinity", "massFloor", { ...lnn.config, model: { ...lnn.config.model, massFloor: Infinity } }],
    ["[0]", "angles", { ...lnn.config, model: { ...lnn.config.model, angles: Int32Array.of(0) } }],
    ["3", "coordinates", { ...lnn.config, model: { ...lnn.config.model, coordinates: 3n } }],
  ])("whose config has %s, which JSON does not hold, is not written", (found, name, config) => {
    expect(() => encodeModel({ ...lnn, config }, what.weights)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringMatching(new RegExp(`must be JSON .*: "${name}" is ${found.replace(/[[\]]/g, "\\$&")}$`)) as string }));
  });

  test("with an activation of one's own is one of a model of one's own, by name", () => {
    const swishLNN = (options: Parameters<typeof models.structuredLagrangianNN>[0]): DynamicsModel => models.structuredLagrangianNN({ ...options, network: mlp({ hidden: [3], activation: swish }) });
    const [config, table] = [{ model: { name: "swishLNN", coordinates: 1 }, network: { name: "mlp" } }, { ...models, swishLNN }];
    const model = makeModel(config, { table });
    const { json, weights } = encodeModel({ config, columns: ["q", "v"], model, p: model.init(2) }, what.weights);
    const read = decodeModel(json, weights, { table });
    const [u, a, b] = [Float64Array.of(0.3, -0.7), new Float64Array(2), new Float64Array(2)];
    model.bind(model.init(2)).rhs(0, u, a);
    read.model.bind(read.p).rhs(0, u, b);
    expect(b).toEqual(a);
    // In a config that is not written a function is as good as a name.
    const direct = makeModel({ model: { name: "structuredLagrangianNN", coordinates: 1 }, network: { name: "mlp", hidden: [3], activation: swish } });
    direct.bind(read.p).rhs(0, u, b);
    expect(b).toEqual(a);
  });

  test("says in plain JSON what it is, and holds its parameters by name", () => {
    expect(JSON.parse(files.json)).toEqual({ format: "fluxion-model/1", ...lnn.config, columns: ["q", "v"], weights: what.weights });
    expect(Object.entries(decodeSafetensors(files.weights, "it").tensors).map(([path, { shape }]) => [path, shape])).toEqual(lnn.model.layout.entries.map(({ path, shape }) => [path, shape]));
  });
});

test("Blob and fetch take the bytes: the compiler knows that their memory is not shared", () => {
  const memory: readonly ArrayBuffer[] = [files.weights, encodeSafetensors({}), encodeCheckpoint({ p: lnn.p, kept: lnn.p, optimizer: {}, losses: [], rhsEvaluations: 0, step: 0 }, "")].map(({ buffer }) => buffer);
  expect(memory.every((buffer) => buffer instanceof ArrayBuffer)).toBe(true);
});

describe("a damaged one", () => {
  const changed = (changes: object): string => JSON.stringify({ ...(JSON.parse(files.json) as object), ...changes });
  const invalid = (name: string, reason: string): unknown => expect.objectContaining({ code: "INVALID_FILE", message: expect.stringMatching(new RegExp(`${name}.*${reason}`)) as string });

  test.each([
    ["truncated", files.json.slice(0, -5), "must be JSON"],
    ["empty", "", "must be JSON"],
    ["of another kind", '{"layers":[]}', 'format must be "fluxion-model/1": none'],
    ["null", "null", "format"],
    ["of a later format", changed({ format: "fluxion-model/9" }), "fluxion-model/9"],
    ["without a model", changed({ model: undefined }), "must each have a name"],
    ["with a network that is none", changed({ network: "mlp" }), "must each have a name"],
    ["without columns", changed({ columns: "q" }), "columns must be a list"],
    ["with too many columns", changed({ columns: ["q", "v", "w"] }), "must name 2 entries: there are 3"],
    ["that names a file elsewhere", changed({ weights: "../model.safetensors" }), "must name a file beside it"],
  ])("description %s", (_, json, reason) => {
    expect(() => decodeModel(json, files.weights, { what })).toThrow(invalid("model.json", reason));
  });

  test.each([
    ["UNKNOWN_NAME", { model: { name: "hypernet" } }, "structuredLagrangianNN"],
    ["UNKNOWN_NAME", { model: { name: "constructor" } }, "structuredLagrangianNN"],
    ["UNKNOWN_NAME", { network: { name: "transformer" } }, "mlp"],
    ["INVALID_OPTION", { model: { ...lnn.config.model, coordinates: "1" } }, "coordinates"],
  ])("gives %s for %j", (code, changes, hint) => {
    expect(() => decodeModel(changed(changes), files.weights, { what })).toThrow(expect.objectContaining({ code, message: expect.stringContaining(hint) as string }));
  });

  const { tensors } = decodeSafetensors(files.weights, "it");
  const { "0.bias": bias, ...rest } = tensors;
  test.each([
    ["empty", new Uint8Array(0), ""],
    ["cut in the header", files.weights.slice(0, 40), ""],
    ["cut by one byte", files.weights.slice(0, -1), ""],
    ["with a byte too many", Uint8Array.of(...files.weights, 0), ""],
    ["of another kind", new TextEncoder().encode("PK\u0003\u0004 a zip file and no safetensors"), ""],
    ["without one of the parameters", encodeSafetensors(rest), '"0.bias" of shape \\[3\\]: it does not'],
    ["with one of another shape", encodeSafetensors({ ...tensors, "0.bias": { shape: [1, 3], data: bias.data } }), "shape is \\[1, 3\\]"],
    ["with one too many", encodeSafetensors({ ...tensors, extra: bias }), '"extra" is not one'],
    ["with a number that is none", encodeSafetensors({ ...tensors, "0.bias": { shape: [3], data: Float64Array.of(0, Number.NaN, 0) } }), 'every number of "0.bias" must be finite'],
  ])("file of parameters %s", (_, weights, reason) => {
    expect(() => decodeModel(files.json, weights, { what })).toThrow(invalid("model.safetensors", reason));
  });

  test("is named in a general way where it is not said what it is called", () => {
    expect(() => decodeModel("{", files.weights)).toThrow(invalid("the model's JSON", "must be JSON"));
    expect(() => decodeModel(files.json, files.weights.slice(0, -1))).toThrow(invalid("the model's weights", ""));
  });

  test("the description alone can be read", () => {
    expect(decodeModelDescription(files.json, "it")).toEqual({ ...lnn.config, columns: ["q", "v"], weights: what.weights });
  });
});

describe("a table that was extended by a spread", () => {
  /** `dq/dt = v`, `dv/dt = -k q - c v` with two parameters and no network. */
  const dampedOscillator = (_options: { readonly network?: unknown; readonly backend?: unknown }): DynamicsModel =>
    dynamicsModel({
      name: "dampedOscillator",
      dim: 2,
      layer: { params: { k: [], c: [] }, init: ({ k, c }) => void ([k.data[0], c.data[0]] = [0.5, 0.5]) },
      rhs: (_t, u, { k, c }) => stack([at(u, 1), neg(add(mul(k, at(u, 0)), mul(c, at(u, 1))))]),
    });
  const table = { ...models, dampedOscillator };
  const config = { model: { name: "dampedOscillator" }, network: { name: "mlp" } };

  test("trains its model to the truth, saves it and reads it back", async () => {
    const t = Float64Array.from({ length: 11 }, (_, k) => k / 5);
    const { u } = solve(odeProblem(massSpring({ stiffness: 2 }).field, [1, 0], [0, 2]), tsit5(), { reltol: 1e-10, saveAt: t });
    const model = makeModel(config, { table });
    const { state } = await fit({
      model,
      trajectories: [{ t, u }],
      algorithm: rk4(),
      solver: { dt: 0.05 },
      sensealg: discreteAdjoint(),
      stages: [{ intervals: 10, steps: 400, schedule: constantRate({ rate: 0.02 }) }],
      start: model.init(1),
    });
    expect(Math.abs(state.p[0] - 2)).toBeLessThan(1e-3);
    expect(Math.abs(state.p[1])).toBeLessThan(1e-3);

    const { json, weights } = encodeModel({ config, columns: ["q", "v"], model, p: state.p }, what.weights);
    expect(decodeModel(json, weights, { table }).p).toEqual(state.p);
    expect(() => decodeModel(json, weights)).toThrow(expect.objectContaining({ code: "UNKNOWN_NAME" }));
  });

  test("still makes the others", () => {
    expect(makeModel(lnn.config, { table }).name).toBe("structuredLagrangianNN");
  });
});

test("a model is made and read by the backend that is asked for, and unknown options are refused", () => {
  const refused = (code: string, reason: string): unknown => expect.objectContaining({ code, message: expect.stringContaining(reason) as string });
  const asked: unknown[] = [];
  const table = { ...models, structuredLagrangianNN: (options: Parameters<typeof models.structuredLagrangianNN>[0]) => (asked.push(options.backend), models.structuredLagrangianNN(options)) };
  for (const make of [(options: object) => makeModel(lnn.config, options), (options: object) => decodeModel(files.json, files.weights, options).model]) {
    for (const backend of [undefined, "auto", "interpreter"]) make({ backend, table });
    expect(asked.splice(0)).toEqual(["auto", "auto", "interpreter"]);
    expect(() => make({ backend: "fortran" })).toThrow(refused("INVALID_OPTION", '"backend"'));
    expect(() => make(what)).toThrow(refused("INVALID_OPTION", 'backend, table: got "json"'));
    expect(() => make("auto" as never)).toThrow(refused("INVALID_ARGUMENT", 'the options must be an object: current value is "auto"'));
  }
});

test("a config without one of its two parts is told which", () => {
  const refused = (config: object, reason: string): void => expect(() => makeModel(config as ModelConfig)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message: `Cannot make a model as its ${reason}` }));
  refused({ model: lnn.config.model }, 'network must be an object with a name, such as { name: "mlp" }: current value is undefined');
  refused({ model: lnn.config.model, network: "mlp" }, 'network must be an object with a name, such as { name: "mlp" }: current value is "mlp"');
  refused({ network }, 'model must be an object with a name, such as { name: "neuralODE" }: current value is undefined');
});
