import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { lnnInput, type LnnCase, type LnnResult } from "./lagrangian-network.ts";

/** What the JAX program prints for one form of the accelerations. Times are CPU times of one gradient. */
export interface JaxResult extends LnnResult {
  readonly us: number;
  readonly medianUs: number;
  readonly compileSeconds: number;
  readonly form: "automatic" | "by hand, products" | "by hand, sums";
  readonly jax: string;
}

/** JAX in a Python of its own, on one core. */
export interface JaxLnn {
  /** How it is kept to one thread. */
  readonly flags: string;
  /** Compiles the gradient of a task in each form and times it for about `seconds`. */
  run(data: LnnCase, dtype: "f64" | "f32", seconds: number): readonly JaxResult[];
}

const xlaFlags = "--xla_cpu_multi_thread_eigen=false";

/** JAX of the Python named by FLUXION_PYTHON, or of `python3`; `undefined` where it cannot be imported. */
export function startJax(): JaxLnn | undefined {
  const python = process.env["FLUXION_PYTHON"] ?? "python3";
  if (spawnSync(python, ["-c", "import jax"]).status !== 0) return undefined;
  const script = fileURLToPath(new URL("../peers/jax_lnn.py", import.meta.url));
  const pin = spawnSync("taskset", ["--version"]).status === 0 ? ["taskset", "-c", "0"] : [];
  return {
    flags: `${[`XLA_FLAGS=${xlaFlags}`, ...pin].join(" ")}`,
    run: (data, dtype, seconds) => {
      const [command, ...args] = [...pin, python, script, data.task, String(data.H), String(data.count), dtype, String(seconds)];
      const { stdout, stderr, status } = spawnSync(command, args, { input: lnnInput(data), encoding: "utf8", env: { ...process.env, JAX_PLATFORMS: "cpu", XLA_FLAGS: xlaFlags } });
      if (status !== 0) throw new Error(`Cannot run JAX for ${data.task}, H = ${data.H}: ${stderr}`);
      return JSON.parse(stdout) as JaxResult[];
    },
  };
}
