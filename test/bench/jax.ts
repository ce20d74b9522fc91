// `npm run bench -- jax`: gradients of a Lagrangian network against JAX, one core, the same numbers to 1e-9.
// Needs a Python with JAX: `python3`, or the one that the environment variable FLUXION_PYTHON names.
import { currentSetting, inOwnProcesses, measure, printTable, short, writeResult } from "./harness.ts";
import { canUseJax, jaxFlags, runJax, type JaxResult } from "./support/jax-lnn.ts";
import { assertSameResult, lagrangianNetwork, lnnCase, lnnModel } from "./support/lagrangian-network.ts";
import { lnnTasks } from "./support/lnn-tasks.ts";

type Dtype = "f64" | "f32";

interface Row {
  readonly task: "acceleration" | "rollout";
  readonly model: typeof lnnModel;
  readonly H: number;
  readonly trajectories_or_batch: number;
  readonly dtype: Dtype;
  /** One gradient, the least of many. */
  readonly us: number;
  /** The fastest form of the program in JAX. */
  readonly jax_us: number;
  readonly jax_median_us: number;
  readonly jax_compile_s: number;
  readonly jax_form: string;
  /** `jax_us / us`: how many times as fast as JAX. */
  readonly ratio: number;
  /** Derivatives of L by JAX itself, as they are ours by this library. */
  readonly jax_automatic_us: number;
  /** The program that the authors of Lagrangian networks published. */
  readonly jax_published_us: number;
}

const tasks: readonly (readonly [task: Row["task"], widths: readonly number[], counts: readonly number[]])[] = [
  ["rollout", [10, 32, 128], [1, 10, 100]],
  ["acceleration", [32, 128], [100, 1500]],
];

interface Part {
  readonly task: Row["task"];
  readonly H: number;
  readonly count: number;
  readonly dtype: Dtype;
}

/** What one process measures: ours, and JAX in each form. */
interface Measured {
  readonly us: number;
  readonly forms: readonly JaxResult[];
}

function compare({ task, H, count, dtype }: Part): Measured {
  const data = lnnCase(task, H, count);
  const ours = lnnTasks[task](lagrangianNetwork(H, { backend: "wasm", dtype }), data);
  const before = measure(ours.run);
  const forms = runJax(data, dtype, 0.7);
  const us = 1000 * Math.min(before, measure(ours.run));
  for (const form of forms) assertSameResult(`${task}, H = ${H}, ${count}, JAX ${form.form}`, ours.result(), form, dtype === "f64" ? 1e-9 : 1e-3);
  return { us, forms };
}

function rowOf({ task, H, count, dtype }: Part, passes: readonly Measured[]): Row {
  const us = Math.min(...passes.map((pass) => pass.us));
  const forms = passes.flatMap((pass) => pass.forms);
  const least = (some: readonly JaxResult[]): JaxResult => some.reduce((best, form) => (form.us < best.us ? form : best));
  const theirs = least(forms);
  const of = (wanted: JaxResult["form"]): number => least(forms.filter(({ form }) => form === wanted)).us;
  return {
    task, model: lnnModel, H, trajectories_or_batch: count, dtype, us, jax_us: theirs.us, jax_median_us: theirs.medianUs,
    jax_compile_s: theirs.compileSeconds, jax_form: theirs.form, ratio: theirs.us / us, jax_automatic_us: of("automatic"), jax_published_us: of("as published"),
  };
}

const parts: readonly Part[] = (["f64", "f32"] as const).flatMap((dtype) => tasks.flatMap(([task, widths, counts]) => widths.flatMap((H) => counts.map((count) => ({ task, H, count, dtype })))));
const measured = await inOwnProcesses(parts.map((part) => JSON.stringify(part)), 2, (part) => compare(JSON.parse(part) as Part), () => {
  if (canUseJax()) return;
  console.error("Cannot compare with JAX as a Python must import it: python3, or the one named by FLUXION_PYTHON, does not");
  process.exit(2);
});
const rows = measured.map((passes, i) => rowOf(parts[i], passes));
const { versions: own, ...setting } = currentSetting();
printTable(
  ["task", "dtype", "H", "count", "ms", "JAX ms", "JAX median ms", "JAX compile s", "ratio", "JAX form", "JAX automatic ms", "JAX as published ms", "ratio to that"],
  rows.map((r) => [r.task, r.dtype, String(r.H), String(r.trajectories_or_batch), short(r.us / 1000), short(r.jax_us / 1000), short(r.jax_median_us / 1000), short(r.jax_compile_s), short(r.ratio), r.jax_form, short(r.jax_automatic_us / 1000), short(r.jax_published_us / 1000), short(r.jax_published_us / r.us)]),
);
writeResult("jax.json", `${JSON.stringify({ ...setting, versions: { ...own, jax: measured[0][0].forms[0].jax }, jax_flags: jaxFlags, rows }, null, 2)}\n`);
