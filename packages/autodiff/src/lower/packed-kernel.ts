import { reshape } from "../broadcast.ts";
import type { Numbers } from "../compile.ts";
import { pack } from "../pack.ts";
import { slice } from "../shape-ops.ts";
import { input, tracing, type CompileInner, type Tensor } from "../tensor.ts";
import { substitute, type Program } from "../trace.ts";

/** A kernel whose arrays are fixed: one holds all inputs of a program one after the other, one all outputs. */
export interface PackedKernel {
  readonly input: Numbers;
  readonly output: Numbers;
  /** Outputs that are added to, apart from the others. */
  readonly sums: Numbers;
  run(): void;
}

/** Compiles a program for {@link PackedKernel}; `sums` are expressions of its inputs, too. */
export function packedKernel({ inputs, outputs }: Program, sums: readonly Tensor[], compile: CompileInner): PackedKernel {
  const program = tracing(() => {
    const all = input("all", [inputs.reduce((n, x) => n + x.size, 0)]);
    let from = 0;
    const parts = inputs.map((x) => reshape(slice(all, from, (from += x.size)), x.shape));
    const results = substitute({ inputs, outputs: [...outputs, ...sums] }, parts);
    return { inputs: [all], outputs: [pack(results.slice(0, outputs.length)), pack(results.slice(outputs.length))] };
  });
  const kernel = compile(program, [false, true]);
  const ins = [kernel.inputs?.[0] ?? new Float64Array(program.inputs[0].size)];
  const outs = program.outputs.map((y, k) => kernel.outputs?.[k] ?? new Float64Array(y.size));
  return { input: ins[0], output: outs[0], sums: outs[1], run: () => kernel(ins, outs) };
}

/** Copies `size` numbers. Makes no window of the arrays, which would be an allocation. */
export function move(to: Numbers, at: number, from: Numbers, begin: number, size: number): void {
  for (let i = 0; i < size; i++) to[at + i] = from[begin + i];
}
