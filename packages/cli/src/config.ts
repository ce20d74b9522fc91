import { backends, type BackendName } from "@fluxion/autodiff";
import { OdeError } from "@fluxion/ode-core";
import { parseJson, type PluginConfig } from "@fluxion/train";
import * as v from "valibot";

const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const text = v.pipe(v.string(), v.nonEmpty());
/** Says of an object's entry that it is unknown or missing. */
const entryMessage = (entries: object) => ({ expected, message }: v.BaseIssue<unknown>): string => {
  if (expected === "never") return `unknown entry, known are ${Object.keys(entries).join(", ")}`;
  return expected === "Object" ? message : "is missing";
};
/** An object of these entries and no others. */
const strict = <const T extends v.ObjectEntries>(entries: T) => v.strictObject(entries, entryMessage(entries));
/** An object of these entries and any others. */
const loose = <const T extends v.ObjectEntries>(entries: T) => v.looseObject(entries, entryMessage(entries));
/** A plug-in: its own factory checks the options behind the name. */
const plugin = loose({ name: text });

/** The whole of a training run, as it stands in its JSON file. Paths are relative to that file, `output` to the working folder. */
export interface TrainConfig {
  /** Folder to write. */
  readonly output: string;
  /** CSV files with columns `t` and `columns`; `*` in a file name stands for any text. */
  readonly data: {
    readonly columns: readonly string[];
    readonly train: string;
    readonly evaluate: string;
    readonly heldOut: string;
  };
  /** The system that was recorded, where it is a known one: the metrics then tell true energies. */
  readonly system?: PluginConfig | undefined;
  /** By the key they have in metrics.json; the first one is written as model.json and model.safetensors. */
  readonly models: Readonly<Record<string, PluginConfig>>;
  readonly network: PluginConfig;
  readonly solver: PluginConfig & { readonly dt?: number | undefined; readonly reltol?: number | undefined; readonly abstol?: number | undefined; readonly maxIters?: number | undefined };
  readonly sensealg: PluginConfig;
  readonly loss: PluginConfig;
  /** Standard deviation of the observations, or one for each column: what residuals are divided by before the penalty. Default 1. */
  readonly sigma?: number | readonly number[] | undefined;
  readonly optimizer: PluginConfig;
  /** Learning rate over each stage. */
  readonly schedule: PluginConfig;
  /** Stages of training, with the number of sampling intervals that are compared. */
  readonly curriculum: readonly { readonly intervals: number; readonly steps: number }[];
  /** Largest norm of a gradient. */
  readonly clipNorm?: number | undefined;
  readonly seed: number;
  /** Threads that share the trajectories of each gradient. Default 1. Another number gives another rounding. */
  readonly threads?: number | undefined;
  readonly backend?: BackendName | undefined;
}

/** Words that metrics.json, the figures and the files of a run use themselves. */
const reserved = ["wall_seconds", "seed", "backend", "sensealg", "versions", "truth", "model", "metrics", "config", "series"];
const modelKey = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9_]*$/, "must be a key of lower-case letters, digits and _"),
  v.check((key) => !reserved.includes(key), ({ input }) => `"${input}" must be another key, as the run's own files use it`),
);

const configSchema: v.GenericSchema<unknown, TrainConfig> = strict({
  output: text,
  data: strict({ columns: v.pipe(v.array(text), v.minLength(1)), train: text, evaluate: text, heldOut: text }),
  system: v.optional(plugin),
  models: v.pipe(v.record(modelKey, plugin), v.minEntries(1)),
  network: plugin,
  solver: loose({ name: text, dt: v.optional(positive), reltol: v.optional(positive), abstol: v.optional(positive), maxIters: v.optional(count) }),
  sensealg: plugin,
  loss: plugin,
  sigma: v.optional(v.union([positive, v.array(positive)])),
  optimizer: plugin,
  schedule: plugin,
  curriculum: v.pipe(v.array(strict({ intervals: count, steps: count })), v.minLength(1)),
  clipNorm: v.optional(positive),
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff)),
  threads: v.optional(count),
  backend: v.optional(v.picklist(["auto", ...(Object.keys(backends) as (keyof typeof backends)[])])),
});

/**
 * Checks the text of a configuration file.
 *
 * @param what - What the text is called, for messages.
 * @throws OdeError `INVALID_OPTION` that names the path of every wrong entry; `INVALID_FILE` when it is no JSON.
 */
export function parseConfig(json: string, what: string): TrainConfig {
  const result = v.safeParse(configSchema, parseJson(json, what));
  if (result.success) return result.output;
  const issues = result.issues.map((issue) => `${v.getDotPath(issue) ?? "the file"}: ${issue.message}`);
  throw new OdeError("INVALID_OPTION", `Cannot use ${what} as it must have the documented entries: ${issues.join("; ")}`);
}

/** Runs `make` and puts the entry's place in front of what it has to say about wrong names and options. */
export function at<T>(what: string, path: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof OdeError)) throw cause;
    throw new OdeError(cause.code, `${what}: ${path}: ${cause.message}`, { cause });
  }
}
