import { customPrimitive, expandCustom } from "./custom-vjp.ts";
import { constantPrimitive, literal, literalPrimitive, makeNode, tracing, type Tensor } from "./tensor.ts";
import { topological, type Program } from "./trace.ts";

/** Fixed arrays up to this size are computed once, when the program is built. */
const foldLimit = 4096;

/** The node, or its value where that is known now. */
function folded(node: Tensor): Tensor {
  if (node.args.length === 0 || node.size > foldLimit || !node.args.every(isFixed)) return node;
  const out = new Float64Array(node.size);
  node.primitive.evaluate(out, node.args.map(valuesOf), node);
  return literal(out, node.shape);
}

const isFixed = (x: Tensor): boolean => x.primitive === constantPrimitive || x.primitive === literalPrimitive;
const valuesOf = (x: Tensor): Float64Array => {
  const values = new Float64Array(x.size);
  x.primitive.evaluate(values, [], x);
  return values;
};

/**
 * The program ready for a backend: built anew in one table, so that equal subexpressions are one node and dead code is
 * gone, with fixed parts computed, and calls of functions that have their own reverse rule replaced by what they compute.
 */
export function expand({ inputs, outputs }: Program): Program {
  return tracing(() => {
    const value = new Map<Tensor, Tensor>(inputs.map((x) => [x, x]));
    const build = (roots: readonly Tensor[]): Tensor[] => {
      for (const node of topological(roots)) {
        if (value.has(node)) continue;
        const args = node.args.map((x) => value.get(x)!);
        value.set(node, node.primitive === customPrimitive ? build([expandCustom(node, args)])[0] : folded(makeNode(node.primitive, args, node.attrs)));
      }
      return roots.map((x) => value.get(x)!);
    };
    return { inputs, outputs: build(outputs) };
  });
}
