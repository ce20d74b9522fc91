import { compile, div, grad, sum } from "@fluxion/autodiff";
import type { Loss } from "@fluxion/nn-core";

/** Penalties of `n` residuals in arrays of their own. */
export interface PenaltyKernel {
  /** To fill. */
  readonly residual: Float64Array;
  /** To read: the slopes of the penalties' sum over `entries`. */
  readonly slope: Float64Array;
  /** Computes the slopes and returns the sum of the penalties. */
  run(): number;
}

/** @param entries - What a sum of penalties is to be divided by. */
export function penaltyKernel({ penalty }: Loss, n: number, entries: number): PenaltyKernel {
  const total = (r: Parameters<Loss["penalty"]>[0]): ReturnType<Loss["penalty"]> => sum(penalty(r));
  const kernel = compile((r) => [total(r), div(grad(total)(r), entries)], [[n]]);
  const [residual, value, slope] = [...(kernel.inputs ?? [new Float64Array(n)]), ...(kernel.outputs ?? [new Float64Array(1), new Float64Array(n)])] as Float64Array[];
  const ins = [residual];
  const outs = [value, slope];
  return {
    residual,
    slope,
    run: () => {
      kernel(ins, outs);
      return value[0];
    },
  };
}
