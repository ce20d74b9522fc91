import { createRequire } from "node:module";
import { basename, relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { OdeError } from "@fluxion/ode-core";
import { defineCommand, renderUsage, runCommand, type CommandDef } from "citty";
import { writeWhole } from "./files.ts";
import { progressBar } from "./progress-bar.ts";
import { writeReport, writeRun } from "./run-files.ts";
import { simulate } from "./simulate.ts";
import { prepareRun, trainModels, type ModelOutcome } from "./training-run.ts";

const { version } = createRequire(import.meta.url)("../package.json") as { version: string };

/** Exit code of a run that was stopped by Ctrl-C. */
const interrupted = 130;
/** Exit code of a training that ended early, as no parameters near by had a finite loss. All is written. */
const endedEarly = 1;

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const short = (path: string): string => relative(process.cwd(), path) || ".";

/** `text` as `stream` may show it: in colours only where it is a terminal and NO_COLOR is not set. */
const coloured = (text: string, { isTTY }: { readonly isTTY?: boolean }): string => (isTTY && !process.env["NO_COLOR"] ? text : stripVTControlCharacters(text));

async function runTraining(config: string, options: { out?: string; fraction?: number }): Promise<number> {
  const started = performance.now();
  const run = prepareRun(config, { ...(options.out ? { output: options.out } : {}), ...(options.fraction === undefined ? {} : { fraction: options.fraction }) });
  const stop = new AbortController();
  const onInterrupt = (): void => stop.abort();
  process.once("SIGINT", onInterrupt);
  let bar = progressBar(process.stderr);
  let at = 0;
  const outcomes = await trainModels(run, {
    signal: stop.signal,
    onModel: (key, start) => {
      bar.finish();
      bar = progressBar(process.stderr);
      const model = run.models.find((m) => m.key === key)!.model;
      say(`Training ${key}: ${model.name}, ${model.paramCount} parameters, ${run.data.train.length} trajectories${typeof start === "number" ? `, resumed at step ${start}` : ""}`);
      if (typeof start !== "number" && start.kept) say(`The checkpoint in ${short(run.output)}/ is of other data or options: it is kept as ${basename(start.kept)}.`);
    },
    onProgress: ({ step, steps, stage, stages, loss }) => {
      at = step;
      bar.update({ done: step, total: steps, stage: stage + 1, stages, loss });
    },
  }).finally(() => {
    process.removeListener("SIGINT", onInterrupt);
    bar.finish();
  });
  if (!outcomes) {
    say(`Stopped at step ${at}; the same command goes on from there.`);
    return interrupted;
  }
  writeRun(run, outcomes, (performance.now() - started) / 1000, version);
  const written = writeReport(run.output);
  process.stdout.write(summary(outcomes));
  const failed = outcomes.filter(({ failure }) => failure !== "");
  for (const { key, failure } of failed) say(`Training ${key} ended early, with the parameters of its last finite loss. ${failure}`);
  say(`Wrote ${short(run.output)}/ (metrics.json, model.safetensors, ${written.length - 1} figures); open ${short(written.at(-1)!)}`);
  return failed.length > 0 ? endedEarly : 0;
}

/** A small table of the metrics that matter. */
function summary(outcomes: readonly ModelOutcome[]): string {
  const cell = (x: number): string => x.toExponential(2).padStart(11);
  const rows = outcomes.map(({ key, mse, energyDriftPercent: drift, gradientMs }) =>
    `${key.padEnd(12)}${mse.map(({ error }) => cell(error)).join("")}${(drift === undefined ? "" : `${drift.toFixed(2)} %`).padStart(14)}${`${gradientMs.toFixed(1)} ms`.padStart(13)}`);
  return `${"model".padEnd(12)}${outcomes[0].mse.map(({ seconds }, i) => `${i === 0 ? "MSE " : ""}0-${seconds} s`.padStart(11)).join("")}${"energy drift".padStart(14)}${"gradient".padStart(13)}\n${rows.join("\n")}\n`;
}

const train = defineCommand({
  meta: { name: "train", description: "Train, evaluate and report the models of a configuration. Ctrl-C stops with a checkpoint; the same command goes on from it." },
  args: {
    config: { type: "positional", description: "JSON configuration", required: true },
    out: { type: "string", description: "folder to write, instead of the configuration's" },
    fraction: { type: "string", description: "train only this share of the steps (above 0, at most 1)" },
  },
  run: ({ args }) => runTraining(args.config, { ...(args.out ? { out: args.out } : {}), ...(args.fraction === undefined ? {} : { fraction: Number(args.fraction) }) }),
});

const simulateCommand = defineCommand({
  meta: { name: "simulate", description: "Roll a trained model out and write CSV" },
  args: {
    model: { type: "positional", description: "JSON description of a trained model", required: true },
    u0: { type: "string", description: "initial state, separated by commas", required: true },
    tspan: { type: "string", description: "start and end time, separated by a comma", default: "0,10" },
    saveAt: { type: "string", description: "time between saved states", default: "0.1" },
    solver: { type: "string", description: "name of the algorithm", default: "tsit5" },
    dt: { type: "string", description: "length of a step, for algorithms with fixed ones" },
    reltol: { type: "string", description: "relative and absolute tolerance", default: "1e-9" },
    maxIters: { type: "string", description: "most steps to take", default: "100000" },
    out: { type: "string", description: "file to write; default: standard output" },
  },
  run: ({ args }) => {
    const { model, u0, tspan, solver } = args;
    const csv = simulate(model, { u0, tspan, saveAt: Number(args.saveAt), solver, ...(args.dt === undefined ? {} : { dt: Number(args.dt) }), reltol: Number(args.reltol), maxIters: Number(args.maxIters) });
    if (args.out) writeWhole(args.out, csv);
    else process.stdout.write(csv);
    return 0;
  },
});

const report = defineCommand({
  meta: { name: "report", description: "Draw the figures of a finished run and write its report.html" },
  args: { run: { type: "positional", description: "folder that train wrote", required: true } },
  run: ({ args }) => {
    for (const path of writeReport(args.run)) say(`Wrote ${short(path)}`);
    return 0;
  },
});

/** Each has arguments of its own type, which the runner checks. */
const commands = { train, simulate: simulateCommand, report } as unknown as Readonly<Record<string, CommandDef>>;

/** Refuses what the parser would leave alone: options that do not exist, options without a value, words too many. */
function checkWords(name: string, { args = {} }: CommandDef, words: readonly string[]): void {
  const options = Object.entries(args as Record<string, { type?: string }>).filter(([, { type }]) => type !== "positional").map(([key]) => key);
  const needed = options.length > 0 ? `its options are ${options.map((key) => `--${key}`).join(", ")}` : "it has no options";
  let positionals = 0;
  for (let i = 0; i < words.length; i++) {
    const [, dashes, option, value] = /^(--?)([a-z][\w-]*)(=.*)?$/is.exec(words[i]) ?? [];
    if (option === undefined) positionals++;
    else if (dashes !== "--" || !options.includes(option)) throw new OdeError("INVALID_OPTION", `Cannot run fluxion ${name} as ${needed}: got "${words[i]}"`);
    else if (value === undefined && ++i >= words.length) throw new OdeError("INVALID_OPTION", `Cannot run fluxion ${name} as --${option} must have a value: none follows`);
  }
  if (positionals > 1) throw new OdeError("INVALID_OPTION", `Cannot run fluxion ${name} as it takes one word and options: got ${positionals} words`);
}

/**
 * Runs the `fluxion` command.
 *
 * @param argv - Words after the program's name.
 * @returns The exit code: 0, 1 for a training that ended early, 2 for bad input, 130 after Ctrl-C.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const root = defineCommand({ meta: { name: "fluxion", version, description: "Differentiable dynamics: train, simulate and report" }, subCommands: commands });
  const [name, ...rest] = argv;
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined;
  try {
    if (name === "--version") {
      process.stdout.write(`${version}\n`);
      return 0;
    }
    const help = name === undefined || [name, ...rest].some((word) => word === "--help" || word === "-h");
    if (help) {
      process.stdout.write(`${coloured(await renderUsage(command ?? root, command ? root : undefined), process.stdout)}\n`);
      return 0;
    }
    if (!command) throw new OdeError("UNKNOWN_NAME", `Cannot find command "${name}" as it must be one of ${Object.keys(commands).join(", ")}`);
    checkWords(name, command, rest);
    const { result } = await runCommand(command, { rawArgs: rest });
    return typeof result === "number" ? result : 0;
  } catch (cause) {
    const badUsage = cause instanceof Error && cause.name === "CLIError";
    if (!(cause instanceof OdeError) && !badUsage) throw cause;
    say(`fluxion: ${cause.message}`);
    return 2;
  }
}
