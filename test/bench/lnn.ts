// `npm run bench -- lnn`: a Lagrangian network against native code written by hand for this shape: right-hand sides, their
// vector-Jacobian products, gradients of an acceleration loss and of trajectories; right-hand sides with their products also of a
// Hamiltonian network and a neural ODE. One core; the least CPU time counts.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TargetOptions } from "@fluxion/autodiff";
import { median } from "@fluxion/train";
import { currentSetting, inOwnProcesses, measure, printTable, short, writeResult } from "./harness.ts";
import { coldCompile, leastOf, type ColdCompile } from "./support/cold-start.ts";
import { assertSameResult, lnnCase, lnnModel, type LnnCase, type LnnResult, type LnnTask } from "./support/lagrangian-network.ts";
import { lnnTasks } from "./support/lnn-tasks.ts";
import { buildNativeNetwork, nativeVectors, type NativeNetwork } from "./support/native-network.ts";
import { comparedNetworks } from "./support/networks.ts";

type Dtype = "f64" | "f32";
type BackendLabel = "wasm" | "wasm, unfused" | "js";

/** What is measured in one process: our program, and in turn the native one. */
interface Part {
  readonly task: LnnTask;
  readonly model: string;
  readonly H: number;
  /** States or trajectories. */
  readonly batch: number;
  readonly dtype: Dtype;
  readonly backend: BackendLabel;
}

interface Row extends Part {
  /** For one state of `rhs` and `rhs+vjp`, and for one whole gradient otherwise. */
  readonly us: number;
  /** With vectors of 256 bits. Null without a C++ compiler. */
  readonly native_us: number | null;
  /** `us / native_us`. */
  readonly ratio: number | null;
  /** With vectors of 512 bits, where the machine has them. */
  readonly native_512_us: number | null;
}

/** By their labels. */
const targets: Readonly<Record<BackendLabel, TargetOptions>> = {
  wasm: { backend: "wasm" },
  "wasm, unfused": { backend: "wasm", relaxedSimd: false },
  js: { backend: "js" },
};
/** JavaScript computes right-hand sides, and one trajectory. */
const backendsOf = (dtype: Dtype, task: LnnTask, batch: number): readonly BackendLabel[] =>
  dtype === "f32" ? ["wasm"] : task === "acceleration" || (task === "rollout" && batch > 1) ? ["wasm", "wasm, unfused"] : ["wasm", "wasm, unfused", "js"];

const tasks: readonly (readonly [task: LnnTask, batches: readonly number[]])[] = [
  ["rhs", [1, 100]],
  ["rhs+vjp", [1, 100]],
  ["acceleration", [100, 1500]],
  ["rollout", [1, 10, 100]],
];
/** How far results may be apart. */
const tolerance: Readonly<Record<Dtype, number>> = { f64: 1e-9, f32: 1e-3 };

const widths = (["f64", "f32"] as const).flatMap((dtype) => [10, 32, 128].map((H) => ({ dtype, H })));
const parts: readonly Part[] = widths.flatMap(({ dtype, H }) => [
  ...tasks.flatMap(([task, batches]) => batches.flatMap((batch) => backendsOf(dtype, task, batch).map((backend) => ({ task, model: lnnModel, H, batch, dtype, backend })))),
  ...comparedNetworks.filter(({ name }) => name !== lnnModel).flatMap(({ name }) => [1, 100].flatMap((batch) => backendsOf(dtype, "rhs+vjp", batch).filter((backend) => backend !== "js").map((backend) => ({ task: "rhs+vjp" as const, model: name, H, batch, dtype, backend })))),
]);

/** Programs take turns, so that what else runs on the machine disturbs all of them; the least time of each counts. */
const rounds = 4;
/** Every part is measured this often, at different times. */
const passes = 2;

/** Least times by the native builds, narrow and wide vectors, which must give one result. */
function measureNative(builds: readonly (NativeNetwork | undefined)[], data: LnnCase, dtype: Dtype): readonly (LnnResult & { readonly us: number })[] {
  const results = builds.flatMap((build) => build?.run(data, 0.15) ?? []);
  for (const result of results) assertSameResult(`native ${data.task}, H = ${data.H}`, result, results[0], tolerance[dtype]);
  return results;
}

/** @param folder - For native programs, which are built once for all processes. */
function measurePart({ task, model, H, batch, dtype, backend }: Part, folder: string): Row {
  const { native: network, outputs, make } = comparedNetworks.find(({ name }) => name === model)!;
  const builds = [256, ...(nativeVectors()?.wide ? [512] : [])].map((vectorBits) => buildNativeNetwork({ network, H, dtype, vectorBits }, folder));
  const data = lnnCase(task, H, batch, outputs);
  const ours = lnnTasks[task](make(H, { ...targets[backend], dtype }), data);
  let us = Infinity;
  const native = builds.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    const results = measureNative(builds, data, dtype);
    results.forEach((result, i) => (native[i] = Math.min(native[i], result.us)));
    us = Math.min(us, 1000 * measure(ours.run, { budget: 400 }));
    if (results.length > 0) assertSameResult(`${task}, ${model}, H = ${H}`, ours.result(), results[0], tolerance[dtype]);
  }
  const states = task === "rhs" || task === "rhs+vjp" ? batch : 1;
  const [narrow, broad] = [0, 1].map((i) => (native[i] < Infinity ? native[i] / states : null));
  return { task, model, H, batch, dtype, backend, us: us / states, native_us: narrow, ratio: narrow && us / states / narrow, native_512_us: broad };
}

const lesser = (x: number | null, y: number | null): number | null => (x === null || y === null ? x : Math.min(x, y));

/** The least times of two measurements of a part. */
function least(one: Row, other: Row): Row {
  const [us, native_us] = [Math.min(one.us, other.us), lesser(one.native_us, other.native_us)];
  return { ...one, us, native_us, ratio: native_us && us / native_us, native_512_us: lesser(one.native_512_us, other.native_512_us) };
}

let folder = "";
let earlier: readonly ColdCompile[] = [];
const measured = await inOwnProcesses(
  parts.map((part) => JSON.stringify(part)),
  passes,
  (part, shared: string) => measurePart(JSON.parse(part) as Part, shared),
  () => {
    earlier = coldCompile(8);
    return (folder = mkdtempSync(join(tmpdir(), "fluxion-lnn-")));
  },
);
rmSync(folder, { recursive: true });
const rows = measured.map((all) => all.reduce(least));
const cell = (x: number | null): string => (x === null ? "-" : short(x));
printTable(
  ["task", "backend", "model", "dtype", "H", "batch", "us", "native us", "ratio", "native 512 us"],
  rows.map((r) => [r.task, r.backend, r.model.split(" 4")[0], r.dtype, String(r.H), String(r.batch), short(r.us), cell(r.native_us), cell(r.ratio), cell(r.native_512_us)]),
);
const cold = [...earlier, ...coldCompile(8)];
const compile = { ...leastOf(cold), median: median(cold.map(({ first }) => first)) };
console.log(`From a network of width 128 to its first right-hand side and product: ${short(compile.first)} ms in a fresh process (median ${short(compile.median)} ms), then ${short(compile.second)} ms`);
writeResult("lnn.json", `${JSON.stringify({ ...currentSetting(), rows, compile }, null, 2)}\n`);
