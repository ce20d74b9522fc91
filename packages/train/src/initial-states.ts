import { concat, jvp, Tensor, vjp } from "@fluxion/autodiff";
import { assertFinite, assertLength, OdeError, shown } from "@fluxion/ode-core";
import { withArrays, type KernelArrays } from "./kernel-arrays.ts";

/** The states that several trajectories start at, as a function of the parameters, with arrays of its own. */
export interface InitialStates {
  /** To read: `[trajectories * n]`, one after another. */
  readonly states: Float64Array;
  /** To fill: the gradient of a loss by the states. */
  readonly slope: Float64Array;
  /** Computes the states at `p[m]`. @throws OdeError `SHAPE_MISMATCH` for parameters of another length, `NON_FINITE`. */
  run(p: Float64Array): void;
  /** Adds the gradient by the parameters of the last `run` to `gradient[m]`. */
  pull(gradient: Float64Array): void;
  /** The change of the states by that of the parameters `dp[m]` at the last `run`. To read: overwritten by the next call. */
  push(dp: Float64Array): Float64Array;
}

/** Which trajectories, and the lengths of state and parameters. */
export interface InitialStatesOptions {
  readonly trajectories: readonly number[];
  readonly n: number;
  readonly m: number;
}

/**
 * Compiles the states of all trajectories as one program, and its products with their gradient and with a change of the parameters as others, when they are needed: what
 * trajectories share is computed once, and a thousand of them take a second where a program for each would take ten.
 *
 * @throws OdeError `INVALID_TRACE` for what is no traced array, `SHAPE_MISMATCH` for one that is no state.
 */
export function initialStates(initialState: (p: Tensor, trajectory: number) => Tensor, { trajectories, n, m }: InitialStatesOptions): InitialStates {
  const all = (p: Tensor): Tensor => concat(trajectories.map((k) => checked(initialState(p, k), k, n)));
  const size = trajectories.length * n;
  const values = withArrays(all, [[m]], [size]);
  let reverse: KernelArrays | undefined;
  let forward: KernelArrays | undefined;
  const slope = new Float64Array(size);
  const [at] = values.ins;
  return {
    states: values.outs[0],
    slope,
    run: (p) => {
      assertLength("p", p, m);
      assertFinite("p", p);
      at.set(p);
      values.run();
    },
    pull: (gradient) => {
      reverse ??= withArrays((p, w) => vjp(all, p)[1](w), [[m], [size]], [m]);
      const [sum] = runOn(reverse, at, slope);
      for (let i = 0; i < m; i++) gradient[i] += sum[i];
    },
    push: (dp) => {
      forward ??= withArrays((p, v) => jvp(all, [p], [v])[1], [[m], [m]], [size]);
      return runOn(forward, at, dp)[0];
    },
  };
}

function runOn({ ins, outs, run }: KernelArrays, ...given: readonly Float64Array[]): readonly Float64Array[] {
  given.forEach((x, i) => ins[i].set(x));
  run();
  return outs;
}

function checked(state: Tensor, trajectory: number, n: number): Tensor {
  if (!(state instanceof Tensor)) throw new OdeError("INVALID_TRACE", `Cannot match trajectories as initialState must return a traced array: it returned ${shown(state)} for trajectory ${trajectory}`);
  if (state.shape.length !== 1 || state.size !== n) {
    throw new OdeError("SHAPE_MISMATCH", `Cannot match trajectories as initialState must return the state's [${n}] numbers: current shape is [${state.shape.join(", ")}] for trajectory ${trajectory}`);
  }
  return state;
}
