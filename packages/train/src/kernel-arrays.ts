import { compile, type Shape, type Tensor } from "@fluxion/autodiff";

/** A kernel with arrays for its arguments and results, its own ones where it has some. */
export interface KernelArrays {
  /** To fill. */
  readonly ins: readonly Float64Array[];
  /** To read. */
  readonly outs: readonly Float64Array[];
  /** Computes `outs` of `ins`. */
  run(): void;
}

/** @param sizes - Of the results of `f`. */
export function withArrays(f: (...args: Tensor[]) => Tensor | readonly Tensor[], shapes: readonly Shape[], sizes: readonly number[]): KernelArrays {
  const kernel = compile(f, shapes);
  const ins = (kernel.inputs ?? shapes.map((shape) => new Float64Array(shape.reduce((a, b) => a * b, 1)))) as Float64Array[];
  const outs = (kernel.outputs ?? sizes.map((size) => new Float64Array(size))) as Float64Array[];
  return { ins, outs, run: () => kernel(ins, outs) };
}
