import { reshapePrimitive, sumPrimitive } from "../broadcast.ts";
import { contractPrimitive } from "../contract.ts";
import { isElementwise } from "../elementwise.ts";
import { addAtPrimitive, searchSortedPrimitive, takePrimitive } from "../lookup.ts";
import { concatPrimitive, padPrimitive } from "../shape-ops.ts";
import { makeNode, tracing, withArgs, type Primitive, type Tensor } from "../tensor.ts";
import { topological, type Program } from "../trace.ts";
import { isLeaf } from "./schedule.ts";
import { isContiguous, viewOf, type View } from "./view.ts";

/** The argument in storage of its own: in front of operations that read whole arrays. */
export const copyPrimitive: Primitive<Record<string, never>> = {
  name: "copy",
  shape: ([x]) => x.shape,
  jvp: ([dx]) => dx,
  vjp: (g) => [g],
  batch: ([x]) => makeNode(copyPrimitive, [x], {}),
  evaluate: (out, [x]) => void out.set(x),
};

const lookups = new Set<Primitive>([searchSortedPrimitive, takePrimitive, addAtPrimitive]);

/** Operations whose places are computed: both backends write code of their own, which reads tables where they stand. */
export const isLookup = ({ primitive }: Tensor): boolean => lookups.has(primitive);

const emitted = new Set<Primitive>([contractPrimitive, sumPrimitive, concatPrimitive, padPrimitive, reshapePrimitive, copyPrimitive, ...lookups]);

/** Operations that backends generate no code for run their `evaluate` on whole arrays of the arena. */
export const isCall = (node: Tensor): boolean => !isElementwise(node) && !emitted.has(node.primitive);

/** Inserts copies where an operation needs a whole array and would get a window or an input. */
export function withCopies({ inputs, outputs }: Program): Program {
  return tracing(() => {
    const value = new Map<Tensor, Tensor>(inputs.map((x) => [x, x]));
    const views = new Map<Tensor, View>();
    const view = (x: Tensor): View => {
      if (!views.has(x)) views.set(x, viewOf(x, view));
      return views.get(x)!;
    };
    for (const node of topological(outputs)) {
      if (value.has(node)) continue;
      let args = node.args.map((x) => value.get(x)!);
      const owns = node.args.length > 0 && viewOf(node, (x) => view(value.get(x)!)).base === node;
      if (owns && isCall(node)) args = args.map((x) => (view(x).base === x && !isLeaf(x) ? x : makeNode(copyPrimitive, [x], {})));
      if (owns && (node.primitive === reshapePrimitive || isLookup(node))) args = args.map((x) => (isContiguous(x.shape, view(x).strides) ? x : makeNode(copyPrimitive, [x], {})));
      value.set(node, withArgs(node, args));
    }
    return { inputs, outputs: outputs.map((y) => value.get(y)!) };
  });
}
