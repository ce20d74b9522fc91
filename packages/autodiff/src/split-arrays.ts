import type { Backend, KernelOptions, Numbers, SplitKernel } from "./compile.ts";
import { recordLimit, type SplitProgram } from "./split.ts";

/** Both parts of a split program by a backend whose kernels work on any array: one array per record. */
export function splitArrays(backend: Pick<Backend, "compile">, { first, second, shared }: SplitProgram, options: KernelOptions): SplitKernel {
  const [one, two] = [backend.compile(first, { ...options, accumulate: first.outputs.map(() => false) }), backend.compile(second, options)];
  const numbers = (size: number): Numbers => (options.dtype === "f32" ? new Float32Array(size) : new Float64Array(size));
  const size = second.inputs[0].size;
  const records = [numbers(size)];
  const ins = first.inputs.map((x) => numbers(x.size));
  const outs = first.outputs.slice(0, -1).map((y) => numbers(y.size));
  const lateIns = second.inputs.slice(1).map((x, k) => (k < shared.length ? ins[shared[k]] : numbers(x.size)));
  const lateOuts = second.outputs.map((y) => numbers(y.size));
  const [firstOuts, secondIns] = [[...outs, records[0]], [records[0], ...lateIns]];
  return {
    first: {
      inputs: ins,
      outputs: outs,
      run: (record) => {
        firstOuts[outs.length] = records[record];
        one(ins, firstOuts);
      },
    },
    second: {
      inputs: lateIns,
      outputs: lateOuts,
      run: (record) => {
        secondIns[0] = records[record];
        two(secondIns, lateOuts);
      },
    },
    reserve: (count) => {
      if (count * size > recordLimit) return false;
      while (records.length < count) records.push(numbers(size));
      return true;
    },
  };
}
