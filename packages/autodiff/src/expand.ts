import { mergeScans } from "./merge-scans.ts";
import { isFixed, literal, makeNode, tracing, withArgs, type Tensor } from "./tensor.ts";
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

const valuesOf = (x: Tensor): Float64Array => {
  const values = new Float64Array(x.size);
  x.primitive.evaluate(values, [], x);
  return values;
};

/** The node with the programs that it runs expanded. */
function withPrograms(node: Tensor, args: readonly Tensor[]): Tensor {
  const { primitive, attrs } = node;
  const { programs } = primitive;
  return makeNode(primitive, args, programs ? programs.with(attrs, programs.of(attrs).map(expand)) : attrs);
}

/**
 * The program ready for a backend: built anew in one table, so that equal subexpressions are one node and dead code is
 * gone, with fixed parts computed, and calls that stand for other operations replaced by these, in the programs of loops and
 * branches, too.
 */
export function expand({ inputs, outputs }: Program): Program {
  return tracing(() => {
    const value = new Map<Tensor, Tensor>(inputs.map((x) => [x, x]));
    const settled = new Set<Tensor>(inputs);
    /** Folds what a simplification made of several operations, too. */
    const settle = (node: Tensor): Tensor => {
      if (settled.has(node)) return node;
      const made = withArgs(node, node.args.map(settle));
      const result = made === node ? folded(node) : settle(made);
      settled.add(result);
      return result;
    };
    const build = (roots: readonly Tensor[]): Tensor[] => {
      for (const node of topological(roots)) {
        if (value.has(node)) continue;
        const args = node.args.map((x) => value.get(x)!);
        const other = node.primitive.expand?.(args, node.attrs);
        value.set(node, other ? build([other])[0] : settle(withPrograms(node, args)));
      }
      return roots.map((x) => value.get(x)!);
    };
    return mergeScans({ inputs, outputs: build(outputs) });
  });
}
