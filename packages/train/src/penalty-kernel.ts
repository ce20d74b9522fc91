import { compile, div, grad, sum, type Tensor } from "@fluxion/autodiff";
import type { Loss } from "@fluxion/nn-core";
import { OdeError } from "@fluxion/ode-core";

/** Penalties of up to so many residuals as it was made for, in arrays of its own, which all who use the same loss share: they are good until the next evaluation. */
export interface PenaltyKernel {
  /** To fill. */
  readonly residual: Float64Array;
  /** To read: the slopes of the penalties' sum over `entries`. */
  readonly slope: Float64Array;
  /**
   * Computes the slopes and returns the sum of the penalties of the first `count` residuals. Those in `missing` are none: they add nothing, and have no slope.
   *
   * @param entries - What a sum of penalties is to be divided by.
   */
  run(count: number, entries: number, missing?: readonly number[]): number;
}

/** By loss and number: compiling one takes longer than most evaluations, and each batch of data has a loss function of its own. */
const kernels = new WeakMap<Loss, Map<number, PenaltyKernel>>();

/** @throws OdeError `SHAPE_MISMATCH` when the loss has not one penalty for each residual. */
export function penaltyKernel(loss: Loss, n: number): PenaltyKernel {
  const known = kernels.get(loss) ?? new Map<number, PenaltyKernel>();
  kernels.set(loss, known);
  const kernel = known.get(n) ?? compiled(loss, n);
  known.set(n, kernel);
  return kernel;
}

function compiled({ name, penalty }: Loss, n: number): PenaltyKernel {
  const each = (r: Tensor): Tensor => {
    const y = penalty(r);
    if (y.shape.length !== 1 || y.size !== n) throw new OdeError("SHAPE_MISMATCH", `Cannot use loss "${name}" as it must have a penalty for each residual: current shape is [${y.shape.join(", ")}] for [${n}]`);
    return y;
  };
  const kernel = compile((r, entries) => [each(r), div(grad((x) => sum(each(x)))(r), entries)], [[n], []]);
  const ins = (kernel.inputs ?? [new Float64Array(n), new Float64Array(1)]) as Float64Array[];
  const outs = (kernel.outputs ?? [new Float64Array(n), new Float64Array(n)]) as Float64Array[];
  const [penalties, slope] = outs;
  return {
    residual: ins[0],
    slope,
    run: (count, entries, missing = []) => {
      ins[1][0] = entries;
      for (const i of missing) ins[0][i] = 0;
      kernel(ins, outs);
      for (const i of missing) penalties[i] = slope[i] = 0;
      let total = 0;
      for (let i = 0; i < count; i++) total += penalties[i];
      return total;
    },
  };
}
