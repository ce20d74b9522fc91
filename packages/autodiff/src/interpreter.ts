import type { Backend } from "./compile.ts";
import { OdeError } from "@fluxion/ode-core";
import { inputPrimitive, type Tensor } from "./tensor.ts";
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
      if (node.primitive === inputPrimitive && !inputs.includes(node)) {
        throw new OdeError("INVALID_TRACE", `Cannot compile the program as all its unknowns must be its inputs: "${node.attrs.name}" is not (was a traced array kept from another trace?)`);
      }
      const out = numbers(node.size);
      values.set(node, out);
      if (node.primitive === inputPrimitive) continue;
      const args = node.args.map((x) => values.get(x)!);
      if (args.length === 0) node.primitive.evaluate(out, args, node);
      else steps.push(() => node.primitive.evaluate(out, args, node));
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
