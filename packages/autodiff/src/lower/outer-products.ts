import { reshape } from "../broadcast.ts";
import { contract, contractPrimitive, type Labels } from "../contract.ts";
import { elementwise } from "../elementwise.ts";
import { concat } from "../shape-ops.ts";
import { makeNode, type Tensor } from "../tensor.ts";
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

/** The addends of a sum, through sums that nothing else reads. */
function addends(node: Tensor, readers: ReadonlyMap<Tensor, number>): Tensor[] {
  const found: Tensor[] = [];
  const pending = [node];
  while (pending.length > 0) {
    const x = pending.pop()!;
    if (x.primitive === elementwise.add && (x === node || readers.get(x) === 1)) pending.push(x.args[1], x.args[0]);
    else found.push(x);
  }
  return found;
}

/** Makes one product of a sum of outer products, so that the result, a weight matrix' gradient for instance, is passed over once. */
export function mergedOuterProducts(order: readonly Tensor[], outputs: readonly Tensor[]): [Tensor, Replacement][] {
  const readers = new Map<Tensor, number>();
  const read = (x: Tensor): unknown => readers.set(x, (readers.get(x) ?? 0) + 1);
  /** Sums that are part of a larger one. */
  const inner = new Set<Tensor>();
  for (const node of order) {
    node.args.forEach(read);
    if (node.primitive === elementwise.add) for (const x of node.args) inner.add(x);
  }
  outputs.forEach(read);
  return order.flatMap((node): [Tensor, Replacement][] => {
    if (node.primitive !== elementwise.add || node.shape.length !== 2 || (inner.has(node) && readers.get(node) === 1)) return [];
    const parts = addends(node, readers).map((x) => ({ x, factors: readers.get(x) === 1 ? asOuterProduct(x) : null }));
    const products = parts.flatMap(({ factors }) => (factors ? [factors] : []));
    if (products.length < 2) return [];
    const others = parts.flatMap(({ x, factors }) => (factors ? [] : [x]));
    const make = (value: Map<Tensor, Tensor>): void => {
      const stack = (side: 0 | 1): Tensor => concat(products.map((factors) => value.get(factors[side])!));
      const merged = contract("ki,kj->ij", stack(0), stack(1));
      value.set(node, others.reduce((sum, x) => makeNode(elementwise.add, [sum, value.get(x)!], {}), merged));
    };
    return [[node, { needs: [...products.flat(), ...others], make }]];
  });
}
