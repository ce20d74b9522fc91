import type { Backend } from "./compile.ts";
import { callOf } from "./lower/call.ts";
import type { CompileInner, Tensor } from "./tensor.ts";
import { topological } from "./trace.ts";

/**
 * The reference backend: one node after the other, each into its own array, with the primitives' own `evaluate`. Needs no
 * code generation, so it runs on pages whose content security policy forbids `eval`; 10 to 100 times slower than the others.
 */
export const interpreter: Backend = {
  name: "interpreter",
  compile({ inputs, outputs }, { accumulate, dtype }) {
    // Primitives compute with the numbers that the arrays hold, whatever their kind.
    const numbers = (size: number): Float64Array => (dtype === "f32" ? (new Float32Array(size) as unknown as Float64Array) : new Float64Array(size));
    const values = new Map<Tensor, Float64Array>();
    const steps: (() => void)[] = [];
    for (const node of topological(outputs)) {
      const out = numbers(node.size);
      values.set(node, out);
      if (inputs.includes(node)) continue;
      const args = node.args.map((x) => values.get(x)!);
      if (args.length === 0) node.primitive.evaluate(out, args, node);
      else {
        const run = callOf(node, (program, sums) => interpreter.compile(program, { accumulate: sums, dtype, relaxedSimd: false }));
        steps.push(() => run(out, args));
      }
    }
    return (ins, outs) => {
      inputs.forEach((x, i) => values.get(x)?.set(ins[i].subarray(0, x.size)));
      for (const step of steps) step();
      outputs.forEach((y, k) => {
        const from = values.get(y)!;
        const to = outs[k];
        if (accumulate[k]) for (let i = 0; i < from.length; i++) to[i] += from[i];
        else to.set(from);
      });
    };
  },
};

/** For computing a value once, while a program is built. */
export const interpret: CompileInner = (program, accumulate) => interpreter.compile(program, { accumulate, dtype: "f64", relaxedSimd: false });
