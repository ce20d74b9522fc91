// `npm run bench -- lnn`: a Lagrangian network against native code written by hand for this shape: right-hand sides, their
// vector-Jacobian products, gradients of an acceleration loss and of trajectories. One core; the least CPU time counts.
import { setFlagsFromString } from "node:v8";
import type { TargetOptions } from "@fluxion/autodiff";
import { currentSetting, measure, printTable, short, writeResult } from "./harness.ts";
import { coldCompile } from "./support/cold-start.ts";
import { assertSameResult, lagrangianNetwork, lnnCase, lnnModel, type LnnCase, type LnnTask } from "./support/lagrangian-network.ts";
import { lnnTasks, productsOf } from "./support/lnn-tasks.ts";
import { buildNativeLnn, nativeVectors, type NativeLnn } from "./support/native-lnn.ts";
import { lagrangianUnits, relatives } from "./support/relatives.ts";

// Node 22 has fused multiply-add by default, Node 20 behind this flag.
if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");

type Dtype = "f64" | "f32";
type BackendLabel = "wasm" | "wasm, fused" | "javascript";

interface Row {
  readonly task: LnnTask;
  readonly model: string;
  readonly H: number;
  /** States or trajectories. */
  readonly batch: number;
  readonly dtype: Dtype;
  readonly backend: BackendLabel;
  /** For one state of `rhs` and `rhs+vjp`, and for one whole gradient otherwise. */
  readonly us: number;
  /** With vectors of 256 bits; for other models than the Lagrangian one its time for as many products of hidden layers. Null without a C++ compiler. */
  readonly native_us: number | null;
  /** `us / native_us`. */
  readonly ratio: number | null;
  /** With vectors of 512 bits, where the machine has them. */
  readonly native_512_us: number | null;
}

interface Target {
  readonly backend: BackendLabel;
  readonly options: TargetOptions;
  /** Only the tasks with one state or trajectory. */
  readonly single: boolean;
}

const targets: Readonly<Record<Dtype, readonly Target[]>> = {
  f64: [
    { backend: "wasm", options: { backend: "wasm", relaxedSimd: false }, single: false },
    { backend: "wasm, fused", options: { backend: "wasm" }, single: false },
    { backend: "javascript", options: { backend: "javascript" }, single: true },
  ],
  f32: [{ backend: "wasm", options: { backend: "wasm", dtype: "f32", relaxedSimd: false }, single: false }],
};

const tasks: readonly (readonly [task: LnnTask, batches: readonly number[]])[] = [
  ["rhs", [1, 100]],
  ["rhs+vjp", [1, 100]],
  ["acceleration", [100, 1500]],
  ["rollout", [1, 10, 100]],
];
/** How far results may be apart. */
const tolerance: Readonly<Record<Dtype, number>> = { f64: 1e-9, f32: 1e-3 };

/** Programs take turns, so that what else runs on the machine disturbs all of them; the least time of each counts. */
const rounds = 4;
const least = (times: readonly number[]): number => Math.min(...times);

/** Times of `data` by the native builds, narrow and wide vectors, which must give one result. */
function measureNative(builds: readonly (NativeLnn | undefined)[], data: LnnCase, dtype: Dtype): readonly { readonly us: number; readonly value: number; readonly gradientNorm: number }[] {
  const results = builds.flatMap((build) => build?.run(data, 0.15) ?? []);
  for (const result of results) assertSameResult(`native ${data.task}, H = ${data.H}`, result, results[0], tolerance[dtype]);
  return results;
}

function measureWidth(H: number, dtype: Dtype, wide: boolean): Row[] {
  const builds = [256, ...(wide ? [512] : [])].map((vectorBits) => buildNativeLnn({ H, dtype, vectorBits }));
  const rows = tasks.flatMap(([task, batches]) =>
    batches.flatMap((batch) => {
      const data = lnnCase(task, H, batch);
      const states = task === "rhs" || task === "rhs+vjp" ? batch : 1;
      const programs = targets[dtype].filter(({ single }) => !single || batch === 1).map((target) => ({ ...target, ours: lnnTasks[task](lagrangianNetwork(H, target.options), data) }));
      const turns = Array.from({ length: rounds }, () => ({
        native: measureNative(builds, data, dtype),
        own: programs.map(({ ours }) => 1000 * measure(ours.run, { budget: 250 })),
      }));
      const [native] = turns.map((turn) => turn.native);
      const [narrowUs, wideUs] = [0, 1].map((i) => (i < native.length ? least(turns.map((turn) => turn.native[i].us)) / states : null));
      return programs.map(({ backend, ours }, i): Row => {
        const us = least(turns.map((turn) => turn.own[i])) / states;
        if (native.length > 0) assertSameResult(`${task}, H = ${H}`, ours.result(), native[0], tolerance[dtype]);
        return { task, model: lnnModel, H, batch, dtype, backend, us, native_us: narrowUs, ratio: narrowUs && us / narrowUs, native_512_us: wideUs };
      });
    }),
  );
  for (const build of builds) build?.close();
  return rows;
}

/** Other models against what the native code takes for one product of hidden layers. */
function measureRelatives(H: number, dtype: Dtype): Row[] {
  const build = buildNativeLnn({ H, dtype, vectorBits: 256 });
  const rows = [1, 100].flatMap((batch) => {
    const data = lnnCase("rhs+vjp", H, batch);
    const programs = relatives.flatMap((relative) =>
      targets[dtype].filter(({ single }) => !single).map(({ backend, options }) => {
        const model = relative.make(H, options);
        return { ...relative, backend, run: productsOf(model, model.init(1), data).run };
      }));
    const turns = Array.from({ length: rounds }, () => ({
      native: measureNative([build], data, dtype),
      own: programs.map(({ run }) => 1000 * measure(run, { budget: 250 })),
    }));
    const unit = build ? least(turns.map((turn) => turn.native[0].us)) / batch / lagrangianUnits : null;
    return programs.map(({ name, units, backend }, i): Row => {
      const us = least(turns.map((turn) => turn.own[i])) / batch;
      const native = unit && units * unit;
      return { task: "rhs+vjp", model: name, H, batch, dtype, backend, us, native_us: native, ratio: native && us / native, native_512_us: null };
    });
  });
  build?.close();
  return rows;
}

const vectors = nativeVectors();
const rows = (["f64", "f32"] as const).flatMap((dtype) => [10, 32, 128].flatMap((H) => [...measureWidth(H, dtype, vectors?.wide ?? false), ...measureRelatives(H, dtype)]));
const cell = (x: number | null): string => (x === null ? "-" : short(x));
printTable(
  ["task", "backend", "model", "dtype", "H", "batch", "us", "native us", "ratio", "native 512 us"],
  rows.map((r) => [r.task, r.backend, r.model.split(" 4")[0], r.dtype, String(r.H), String(r.batch), short(r.us), cell(r.native_us), cell(r.ratio), cell(r.native_512_us)]),
);
const compile = coldCompile(15);
console.log(`From a network of width 128 to its first right-hand side and product: ${short(compile.first)} ms in a fresh process, then ${short(compile.second)} ms`);
writeResult("lnn.json", `${JSON.stringify({ ...currentSetting(), rows, compile }, null, 2)}\n`);
