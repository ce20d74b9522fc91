import { compile, grad, sum } from "@fluxion/autodiff";
import type { Loss } from "@fluxion/nn-core";

/** Writes the slopes of the summed penalty of a residual `[n]` and returns their sum's value. */
export function penaltyKernel({ penalty }: Loss, n: number): (residual: Float64Array, slope: Float64Array) => number {
  const total = (r: Parameters<Loss["penalty"]>[0]): ReturnType<Loss["penalty"]> => sum(penalty(r));
  const kernel = compile((r) => [total(r), grad(total)(r)], [[n]]);
  const value = new Float64Array(1);
  const ins: Float64Array[] = [value];
  const outs: Float64Array[] = [value, value];
  return (residual, slope) => {
    ins[0] = residual;
    outs[1] = slope;
    kernel(ins, outs);
    return value[0];
  };
}
