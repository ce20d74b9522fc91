import { jvp, reshape, Tensor, trace, vjp, vmap, type TracedRhs } from "@fluxion/autodiff";
import { OdeError, shown } from "@fluxion/ode-core";
import { withArrays, type KernelArrays } from "./kernel-arrays.ts";

/** Saved states `u[k]`, each of one or several trajectories one after another, their times and the parameters. */
export interface SavedStates {
  readonly times: Float64Array;
  readonly u: readonly Float64Array[];
  readonly p: Float64Array;
}

/** What of saved states is compared with data. Arrays are good until the next call. */
export interface Observable {
  /** How many numbers are observed of a state. */
  readonly width: number;
  /** At each time, of one trajectory after another. */
  values(saved: SavedStates): readonly Float64Array[];
  /** The gradient by the saved states for `slopes` by the values; adds that by the parameters to `gradient[m]`. */
  pull(saved: SavedStates, slopes: readonly Float64Array[], gradient: Float64Array): readonly Float64Array[];
  /** Changes of the values for those of saved states and parameters. */
  push(saved: SavedStates, changes: readonly Float64Array[], dp: Float64Array): readonly Float64Array[];
}

/** All `n` components of the state. */
export const wholeState = (n: number): Observable => ({ width: n, values: ({ u }) => u, pull: (_saved, slopes) => slopes, push: (_saved, changes) => changes });

/**
 * Functions of time, state `u[n]` and parameters `p[m]`, compiled for a power of two of states at once, with their derivatives where these are needed.
 *
 * @throws OdeError `INVALID_TRACE` for what is no traced array, `SHAPE_MISMATCH` for one that is neither a number nor a list of some.
 */
export function tracedObservable(observe: TracedRhs, n: number, m: number): Observable {
  const each: TracedRhs = (t, u, p) => asList(observe(t, u, p));
  const [{ size: width }] = trace((t, u, p) => [each(t, u, p)], [[], [n], [m]]).outputs;
  const kernels = new Map<string, KernelArrays>();
  const run = (task: Task, { times, u, p }: SavedStates, ...more: readonly (readonly Float64Array[])[]): KernelArrays["outs"] => {
    const count = u[0].length / n;
    const rows = count * times.length;
    const size = 2 ** Math.ceil(Math.log2(rows));
    const kernel = kernels.get(`${task} ${size}`) ?? compiled(task, each, { n, m, width, size });
    kernels.set(`${task} ${size}`, kernel);
    const [t, states, parameters, ...others] = kernel.ins;
    times.forEach((time, k) => t.fill(time, k * count, (k + 1) * count));
    fill(states, u);
    parameters.set(p);
    others.forEach((rest, i) => rest.fill(0, fill(rest, more[i])));
    // The rest are copies of the last state: at zero the function may not be defined.
    t.fill(t[rows - 1], rows);
    for (let row = rows; row < size; row++) states.copyWithin(row * n, (rows - 1) * n, rows * n);
    kernel.run();
    return kernel.outs;
  };
  const cut = ({ times, u }: SavedStates, all: Float64Array, perState: number): Float64Array[] => {
    const length = (u[0].length / n) * perState;
    return Array.from(times, (_, k) => all.subarray(k * length, (k + 1) * length));
  };
  return {
    width,
    values: (saved) => cut(saved, run("values", saved)[0], width),
    pull: (saved, slopes, gradient) => {
      const [byState, byParameters] = run("pull", saved, slopes);
      for (let i = 0; i < m; i++) gradient[i] += byParameters[i];
      return cut(saved, byState, n);
    },
    push: (saved, changes, dp) => cut(saved, run("push", saved, changes, [dp])[0], width),
  };
}

type Task = "values" | "pull" | "push";

/** A kernel for `size` states, of their times, themselves, the parameters and what {@link Observable} names. */
function compiled(task: Task, observe: TracedRhs, { n, m, width, size }: { readonly n: number; readonly m: number; readonly width: number; readonly size: number }): KernelArrays {
  const all = vmap(observe, [0, 0, null]);
  const at = [[size], [size, n], [m]];
  switch (task) {
    case "values":
      return withArrays(all, at, [size * width]);
    case "pull":
      return withArrays((t, u, p, slopes) => vjp((v, q) => all(t, v, q), u, p)[1](slopes), [...at, [size, width]], [size * n, m]);
    case "push":
      return withArrays((t, u, p, du, dp) => jvp((v, q) => all(t, v, q), [u, p], [du, dp])[1], [...at, [size, n], [m]], [size * width]);
  }
}

function asList(y: unknown): Tensor {
  if (!(y instanceof Tensor)) throw new OdeError("INVALID_TRACE", `Cannot match trajectories as observe must return a traced array: it returned ${shown(y)}`);
  if (y.shape.length > 1 || y.size === 0) throw new OdeError("SHAPE_MISMATCH", `Cannot match trajectories as observe must return a number or a list of some: current shape is [${y.shape.join(", ")}]`);
  return reshape(y, [y.size]);
}

/** Writes rows one after another; returns where they end. */
function fill(out: Float64Array, rows: readonly Float64Array[]): number {
  let end = 0;
  for (const row of rows) {
    out.set(row, end);
    end += row.length;
  }
  return end;
}
