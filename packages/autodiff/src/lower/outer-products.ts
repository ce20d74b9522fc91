import { reshape } from "../broadcast.ts";
import { contract, contractPrimitive, type Labels } from "../contract.ts";
import { elementwise, neg } from "../elementwise.ts";
import { concat } from "../shape-ops.ts";
import type { Tensor } from "../tensor.ts";
import type { Replacement } from "./rewrite.ts";
import { worthwhile } from "./row-products.ts";

/** `x[k, i]` and `y[k, j]` whose product `"ki,kj->ij"` a contraction is, if it is one. */
export function asOuterProduct(node: Tensor): [x: Tensor, y: Tensor] | null {
  if (node.primitive !== contractPrimitive || node.shape.length !== 2 || node.size < worthwhile) return null;
  const { a, b, out } = node.attrs as Labels;
  const [i, j] = out;
  for (const [x, y, left, right] of [[a, b, node.args[0], node.args[1]], [b, a, node.args[1], node.args[0]]] as const) {
    if (x === i && y === j) return [reshape(left, [1, left.size]), reshape(right, [1, right.size])];
    if (x.length === 2 && y.length === 2 && x[1] === i && y[1] === j && x[0] === y[0]) return [left, right];
  }
  return null;
}

/** Factors `x[k, i]` and `y[k, j]` of a product that is added, or subtracted. */
type Factors = readonly [x: Tensor, y: Tensor, sign?: "negative"];

/**
 * Makes one product of a sum or difference of outer products, so that the result, a weight matrix' gradient for instance, is passed over once. It adds them up in the order in which they were added,
 * so that what cancels does so as before: sums with other terms between them are taken apart there.
 */
export function mergedOuterProducts(order: readonly Tensor[], outputs: readonly Tensor[]): [Tensor, Replacement][] {
  const readers = new Map<Tensor, number>();
  const read = (x: Tensor): unknown => readers.set(x, (readers.get(x) ?? 0) + 1);
  for (const node of order) node.args.forEach(read);
  outputs.forEach(read);
  /** Sums of products alone, one added after the other, with their factors. */
  const runs = new Map<Tensor, readonly Factors[]>();
  const inner = new Set<Tensor>();
  const single = (x: Tensor): Factors | null => (readers.get(x) === 1 ? asOuterProduct(x) : null);
  for (const node of order) {
    const subtracts = node.primitive === elementwise.sub;
    if (!(subtracts || node.primitive === elementwise.add) || node.shape.length !== 2) continue;
    for (const [first, last] of subtracts ? [node.args] : [node.args, node.args.toReversed()]) {
      const own = readers.get(first) === 1 ? runs.get(first) : undefined;
      const [before, after] = [own ?? single(first), single(last)];
      if (!before || !after) continue;
      runs.set(node, [...(own ?? [before as Factors]), subtracts ? [after[0], after[1], "negative"] : after]);
      if (own) inner.add(first);
      break;
    }
  }
  return [...runs].filter(([node]) => !inner.has(node)).map(([node, products]) => {
    const make = (value: Map<Tensor, Tensor>): void => {
      const left = concat(products.map(([x, , sign]) => (sign ? neg(value.get(x)!) : value.get(x)!)));
      value.set(node, contract("ki,kj->ij", left, concat(products.map(([, y]) => value.get(y)!))));
    };
    return [node, { needs: products.flatMap(([x, y]) => [x, y]), make }];
  });
}
