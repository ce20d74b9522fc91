import { compile, concat, Tensor, vjp } from "@fluxion/autodiff";
import { assertFinite, assertLength, OdeError, shown } from "@fluxion/ode-core";

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
}

/** Which trajectories, and the lengths of state and parameters. */
export interface InitialStatesOptions {
  readonly trajectories: readonly number[];
  readonly n: number;
  readonly m: number;
}

/**
 * Compiles the states of all trajectories as one program, and its product with their gradient as another one: what trajectories share is
 * computed once, and a thousand of them take a second where a program for each would take ten.
 *
 * @throws OdeError `INVALID_TRACE` for what is no traced array, `SHAPE_MISMATCH` for one that is no state.
 */
export function initialStates(initialState: (p: Tensor, trajectory: number) => Tensor, { trajectories, n, m }: InitialStatesOptions): InitialStates {
  const all = (p: Tensor): Tensor => concat(trajectories.map((k) => checked(initialState(p, k), k, n)));
  const [forward, reverse] = [compile(all, [[m]]), compile((p, w) => vjp(all, p)[1](w), [[m], [trajectories.length * n]])];
  const room = (length: number): Float64Array => new Float64Array(length);
  const size = trajectories.length * n;
  const [ins, outs] = [forward.inputs ?? [room(m)], forward.outputs ?? [room(size)]] as Float64Array[][];
  const [reverseIns, reverseOuts] = [reverse.inputs ?? [room(m), room(size)], reverse.outputs ?? [room(m)]] as Float64Array[][];
  return {
    states: outs[0],
    slope: reverseIns[1],
    run: (p) => {
      assertLength("p", p, m);
      assertFinite("p", p);
      ins[0].set(p);
      reverseIns[0].set(p);
      forward(ins, outs);
    },
    pull: (gradient) => {
      reverse(reverseIns, reverseOuts);
      for (let i = 0; i < m; i++) gradient[i] += reverseOuts[0][i];
    },
  };
}

function checked(state: Tensor, trajectory: number, n: number): Tensor {
  if (!(state instanceof Tensor)) throw new OdeError("INVALID_TRACE", `Cannot match trajectories as initialState must return a traced array: it returned ${shown(state)} for trajectory ${trajectory}`);
  if (state.shape.length !== 1 || state.size !== n) {
    throw new OdeError("SHAPE_MISMATCH", `Cannot match trajectories as initialState must return the state's [${n}] numbers: current shape is [${state.shape.join(", ")}] for trajectory ${trajectory}`);
  }
  return state;
}
