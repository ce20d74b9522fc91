import { networks, type DynamicsModel } from "@fluxion/nn-core";
import { assertFinite, assertKnown, assertLength, fromConfig, OdeError, shown, type Table } from "@fluxion/ode-core";
import type { BackendName } from "@fluxion/autodiff";
import { parseJson, unreadable } from "./file-errors.ts";
import { models } from "./models.ts";
import { decodeSafetensors, encodeSafetensors, type Bytes } from "./safetensors.ts";

/** A plug-in by name with its options, as it stands in JSON. */
export interface PluginConfig {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** What makes a model again, without its parameters. */
export interface ModelConfig {
  /** A name of the model table and its options but for the network and the backend. */
  readonly model: PluginConfig;
  /** A name of the network table and its options. */
  readonly network: PluginConfig;
}

/** A model with trained parameters. */
export interface TrainedModel {
  readonly config: ModelConfig;
  /** Names of the state's entries. */
  readonly columns: readonly string[];
  readonly model: DynamicsModel;
  readonly p: Float64Array;
}

/** Options of {@link makeModel}. */
export interface MakeModelOptions {
  /** What the model is compiled by. Default `"auto"`. */
  readonly backend?: BackendName | undefined;
  /** The models to choose from, by name. Default: all of Fluxion's, `models`; `{ ...models, mine }` adds your own. */
  readonly table?: Table<DynamicsModel> | undefined;
}

/** Options of {@link decodeModel}. */
export interface DecodeModelOptions extends MakeModelOptions {
  /** What the two files are called, for messages: usually their paths. Default `"the model's JSON"` and `"the model's weights"`. */
  readonly what?: { readonly json: string; readonly weights: string } | undefined;
}

const makeNames: readonly (keyof MakeModelOptions)[] = ["backend", "table"];
const format = "fluxion-model/1";

/**
 * Makes a model from its configuration.
 *
 * @throws OdeError `UNKNOWN_NAME`; `INVALID_OPTION` for an unknown option, or one of the model or of the network; `INVALID_ARGUMENT` for a configuration without a model or a network.
 */
export function makeModel(config: ModelConfig, options: MakeModelOptions = {}): DynamicsModel {
  assertKnown("make a model", options, makeNames);
  const { backend = "auto", table = models } = options;
  const { model, network } = config;
  for (const [entry, value, name] of [["model", model, "neuralODE"], ["network", network, "mlp"]] as const) {
    if (typeof value !== "object" || value === null) throw new OdeError("INVALID_ARGUMENT", `Cannot make a model as its ${entry} must be an object with a name, such as { name: "${name}" }: current value is ${shown(value)}`);
  }
  for (const entry of ["network", "backend"]) {
    if (entry in model) throw new OdeError("INVALID_OPTION", `Cannot make model "${model.name}" as ${entry} must stand beside it, not among its options: current value is ${JSON.stringify(model[entry])}`);
  }
  return fromConfig(table, { ...model, network: fromConfig(networks, network), backend });
}

/**
 * The two files of a trained model: JSON that says what it is, and its parameters as safetensors, named by `weights`.
 * JSON holds no functions, such as an activation of one's own: a model with one becomes an entry of the table that {@link makeModel} takes, `{ ...models, mine }`, and is found there by its name.
 *
 * @throws OdeError `SHAPE_MISMATCH`, `NON_FINITE` or `INVALID_ARGUMENT` if {@link decodeModel} would not read them back.
 */
export function encodeModel({ config, columns, model, p }: TrainedModel, weights: string): { json: string; weights: Bytes } {
  assertLength("p", p, model.paramCount);
  assertFinite("p", p);
  if (columns.length !== model.dim) throw new OdeError("SHAPE_MISMATCH", `Cannot write a model as columns must name ${model.dim} entries: there are ${columns.length}`);
  if (/[\\/]/.test(weights)) throw new OdeError("INVALID_ARGUMENT", `Cannot write a model as weights must name a file beside it: current value is ${JSON.stringify(weights)}`);
  const tensors = Object.fromEntries(model.layout.entries.map(({ path, shape, offset, size }) => [path, { shape: [...shape], data: p.subarray(offset, offset + size) }]));
  return { json: `${JSON.stringify({ format, ...config, columns, weights }, writable, 2)}\n`, weights: encodeSafetensors(tensors, { format }) };
}

/** An entry for `JSON.stringify`, which would drop or change it without a word. */
function writable(name: string, value: unknown): unknown {
  if (["function", "symbol", "bigint"].includes(typeof value) || ArrayBuffer.isView(value) || (typeof value === "number" && !Number.isFinite(value))) {
    throw new OdeError("INVALID_ARGUMENT", `Cannot write a model as its config must be JSON (functions stand in a model of your own, an entry of the table that makeModel takes): "${name}" is ${shown(value)}`);
  }
  return value;
}

const isPlugin = (x: unknown): x is PluginConfig => typeof x === "object" && x !== null && typeof (x as { name?: unknown }).name === "string";

/** The description of a model file; its `weights` name the file with the parameters. @throws OdeError `INVALID_FILE` */
export function decodeModelDescription(json: string, what: string): ModelConfig & { readonly columns: readonly string[]; readonly weights: string } {
  const value = parseJson(json, what) as Record<string, unknown>;
  if (value?.["format"] !== format) throw unreadable(what, `its format must be "${format}"`, JSON.stringify(value?.["format"]) ?? "none is given");
  const { model, network, columns, weights } = value;
  if (!isPlugin(model) || !isPlugin(network)) throw unreadable(what, "model and network must each have a name", "one of them has none");
  if (!Array.isArray(columns) || columns.some((c) => typeof c !== "string")) throw unreadable(what, "columns must be a list of names", JSON.stringify(columns) ?? "none");
  if (typeof weights !== "string" || /[\\/]/.test(weights)) throw unreadable(what, "weights must name a file beside it", JSON.stringify(weights) ?? "none");
  return { model, network, columns: columns as string[], weights };
}

/**
 * A trained model from its two files. Loading runs no code from them.
 *
 * @throws OdeError `INVALID_FILE` for damaged files or parameters that do not fit, `UNKNOWN_NAME` or `INVALID_OPTION` for a model that does not exist here, or an unknown option.
 */
export function decodeModel(json: string, weights: Uint8Array, options: DecodeModelOptions = {}): TrainedModel {
  assertKnown("read a model", options, ["what", ...makeNames]);
  const { what = { json: "the model's JSON", weights: "the model's weights" }, ...making } = options;
  const { columns, ...config } = decodeModelDescription(json, what.json);
  const model = makeModel(config, making);
  if (columns.length !== model.dim) throw unreadable(what.json, `columns must name ${model.dim} entries`, `there are ${columns.length}`);
  const { tensors } = decodeSafetensors(weights, what.weights);
  const p = new Float64Array(model.paramCount);
  for (const { path, shape, offset } of model.layout.entries) {
    const found = tensors[path];
    if (!found || found.shape.join() !== shape.join()) throw unreadable(what.weights, `it must hold "${path}" of shape [${shape.join(", ")}]`, found ? `its shape is [${found.shape.join(", ")}]` : "it does not");
    if (!found.data.every(Number.isFinite)) throw unreadable(what.weights, `every number of "${path}" must be finite`, "one is not");
    p.set(found.data, offset);
  }
  const extra = Object.keys(tensors).find((name) => !model.layout.entries.some(({ path }) => path === name));
  if (extra !== undefined) throw unreadable(what.weights, "it must hold the model's parameters and nothing else", `"${extra}" is not one`);
  return { config: { model: config.model, network: config.network }, columns, model, p };
}
