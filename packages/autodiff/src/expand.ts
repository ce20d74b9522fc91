import { customPrimitive, expandCustom } from "./custom-vjp.ts";
import { makeNode, tracing, type Tensor } from "./tensor.ts";
import { topological, type Program } from "./trace.ts";

/**
 * The program ready for a backend: built anew in one table, so that equal subexpressions are one node and dead code is
 * gone, with calls of functions that have their own reverse rule replaced by what they compute.
 */
export function expand({ inputs, outputs }: Program): Program {
  return tracing(() => {
    const value = new Map<Tensor, Tensor>(inputs.map((x) => [x, x]));
    const build = (roots: readonly Tensor[]): Tensor[] => {
      for (const node of topological(roots)) {
        if (value.has(node)) continue;
        const args = node.args.map((x) => value.get(x)!);
        value.set(node, node.primitive === customPrimitive ? build([expandCustom(node, args)])[0] : makeNode(node.primitive, args, node.attrs));
      }
      return roots.map((x) => value.get(x)!);
    };
    return { inputs, outputs: build(outputs) };
  });
}
