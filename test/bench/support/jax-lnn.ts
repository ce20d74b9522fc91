import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { lnnInput, type LnnCase, type LnnResult } from "./lagrangian-network.ts";

/** What the JAX program prints for one form of the accelerations. Times are CPU times of one gradient. */
export interface JaxResult extends LnnResult {
  readonly us: number;
  readonly medianUs: number;
  readonly compileSeconds: number;
  readonly form: "as published" | "automatic" | "by hand, products" | "by hand, sums";
  readonly jax: string;
}

const python = process.env["FLUXION_PYTHON"] ?? "python3";
const script = fileURLToPath(new URL("../peers/jax_lnn.py", import.meta.url));
const xlaFlags = "--xla_cpu_multi_thread_eigen=false";

/** How JAX is kept to one thread, besides on one core. */
export const jaxFlags = `XLA_FLAGS=${xlaFlags}`;

/** Whether the Python named by FLUXION_PYTHON, or `python3`, can import JAX. */
export const canUseJax = (): boolean => spawnSync(python, ["-c", "import jax"]).status === 0;

/** Compiles the gradient of a task in each form and times it for about `seconds`. */
export function runJax(data: LnnCase, dtype: "f64" | "f32", seconds: number): readonly JaxResult[] {
  const { stdout, stderr, status } = spawnSync(python, [script, data.task, String(data.H), String(data.count), dtype, String(seconds)], {
    input: lnnInput(data), encoding: "utf8", env: { ...process.env, JAX_PLATFORMS: "cpu", XLA_FLAGS: xlaFlags },
  });
  if (status !== 0) throw new Error(`Cannot run JAX for ${data.task}, H = ${data.H}: ${stderr}`);
  return JSON.parse(stdout) as JaxResult[];
}
