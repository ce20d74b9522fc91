// `npm run bench -- lnn`: a Lagrangian network against native code written by hand for this shape: right-hand sides, their
// vector-Jacobian products, gradients of an acceleration loss and of trajectories. Float64, one core; the least CPU time counts.
import { currentSetting, measure, printTable, short, writeResult } from "./harness.ts";
import { assertSameResult, lagrangianNetwork, lnnCase, lnnModel, type LnnCase, type LnnTask } from "./support/lagrangian-network.ts";
import { lnnTasks } from "./support/lnn-tasks.ts";
import { buildNativeLnn, nativeVectors, type NativeLnn } from "./support/native-lnn.ts";

interface Row {
  readonly task: LnnTask;
  readonly model: typeof lnnModel;
  readonly H: number;
  /** States or trajectories. */
  readonly batch: number;
  readonly dtype: "f64";
  readonly backend: "wasm" | "javascript";
  /** For one state of `rhs` and `rhs+vjp`, and for one whole gradient otherwise. */
  readonly us: number;
  /** With vectors of 256 bits. Null without a C++ compiler. */
  readonly native_us: number | null;
  /** `us / native_us`. */
  readonly ratio: number | null;
  /** With vectors of 512 bits, where the machine has them. */
  readonly native_512_us: number | null;
}

const tasks: readonly (readonly [task: LnnTask, batches: readonly number[], javascript: readonly number[]])[] = [
  ["rhs", [1, 100], [1]],
  ["rhs+vjp", [1, 100], [1]],
  ["acceleration", [100, 1500], []],
  ["rollout", [1, 10, 100], [1]],
];

/** Times of `data` by the native builds, narrow and wide vectors, which must give one result. */
function measureNative(builds: readonly (NativeLnn | undefined)[], data: LnnCase): readonly { readonly us: number; readonly value: number; readonly gradientNorm: number }[] {
  const results = builds.flatMap((build) => build?.run(data, 0.5) ?? []);
  for (const result of results) assertSameResult(`native ${data.task}, H = ${data.H}`, result, results[0]);
  return results;
}

function measureWidth(H: number, wide: boolean): Row[] {
  const builds = [256, ...(wide ? [512] : [])].map((vectorBits) => buildNativeLnn({ H, dtype: "f64", vectorBits }));
  const rows = tasks.flatMap(([task, batches, javascript]) =>
    batches.flatMap((batch) => {
      const data = lnnCase(task, H, batch);
      const native = measureNative(builds, data);
      const states = task === "rhs" || task === "rhs+vjp" ? batch : 1;
      return (javascript.includes(batch) ? (["wasm", "javascript"] as const) : (["wasm"] as const)).map((backend): Row => {
        const ours = lnnTasks[task](lagrangianNetwork(H, backend), data);
        const us = (1000 * measure(ours.run)) / states;
        if (native.length > 0) assertSameResult(`${task}, H = ${H}`, ours.result(), native[0]);
        const [narrowUs, wideUs] = [0, 1].map((i) => (i < native.length ? native[i].us / states : null));
        return { task, model: lnnModel, H, batch, dtype: "f64", backend, us, native_us: narrowUs, ratio: narrowUs && us / narrowUs, native_512_us: wideUs };
      });
    }),
  );
  for (const build of builds) build?.close();
  return rows;
}

const vectors = nativeVectors();
const rows = [10, 32, 128].flatMap((H) => measureWidth(H, vectors?.wide ?? false));
const cell = (x: number | null): string => (x === null ? "-" : short(x));
printTable(
  ["task", "backend", "H", "batch", "us", "native us", "ratio", "native 512 us"],
  rows.map((r) => [r.task, r.backend, String(r.H), String(r.batch), short(r.us), cell(r.native_us), cell(r.ratio), cell(r.native_512_us)]),
);
writeResult("lnn.json", `${JSON.stringify({ ...currentSetting(), rows }, null, 2)}\n`);
