import { reshape } from "../broadcast.ts";
import { contract, contractPrimitive, type Labels } from "../contract.ts";
import { concat, slice } from "../shape-ops.ts";
import type { Tensor } from "../tensor.ts";
import type { Replacement } from "./rewrite.ts";
import { isShortSum } from "./short-sums.ts";

/** Products with smaller matrices gain nothing from being merged. */
export const worthwhile = 32;

/** `rows . matrix'` (`"ik"`) or `rows . matrix` (`"ki"`): a product of a matrix with one vector or several as rows. */
interface RowProduct {
  readonly matrix: Tensor;
  readonly rows: Tensor;
  /** Labels of the matrix: `k` is the summed axis. */
  readonly labels: "ik" | "ki";
}

/** Reads a contraction as a product of rows with a matrix, if it is one whose rows and results are laid out row by row. */
function asRowProduct(node: Tensor): RowProduct | null {
  if (node.primitive !== contractPrimitive || isShortSum(node)) return null;
  const { a, b, out } = node.attrs as Labels;
  for (const [m, x, matrix, rows] of [[a, b, node.args[0], node.args[1]], [b, a, node.args[1], node.args[0]]] as const) {
    if (m.length !== 2 || matrix.size < worthwhile || x.length < 1) continue;
    const k = x.at(-1)!;
    const i = [...m].find((label) => label !== k);
    if (!m.includes(k) || i === undefined || x.includes(i) || out !== `${x.slice(0, -1)}${i}`) continue;
    return { matrix, rows, labels: m[1] === k ? "ik" : "ki" };
  }
  return null;
}

interface Member {
  readonly node: Tensor;
  readonly product: RowProduct;
}

/** The earliest and the latest level of each node, a product standing one above those that it needs, and at its level if it is `fixed`. */
function levels(order: readonly Tensor[], fixed: ReadonlyMap<Tensor, number>): { earliest: ReadonlyMap<Tensor, number>; latest: ReadonlyMap<Tensor, number> } {
  const height = (x: Tensor): number => (x.primitive === contractPrimitive ? 1 : 0);
  const earliest = new Map<Tensor, number>();
  for (const node of order) earliest.set(node, fixed.get(node) ?? height(node) + node.args.reduce((l, x) => Math.max(l, earliest.get(x)!), 0));
  let top = 0;
  for (const level of earliest.values()) top = Math.max(top, level);
  const latest = new Map<Tensor, number>();
  for (const node of order.toReversed()) {
    const own = fixed.get(node) ?? latest.get(node) ?? top;
    latest.set(node, own);
    for (const x of node.args) latest.set(x, Math.min(latest.get(x) ?? top, own - height(node)));
  }
  return { earliest, latest };
}

/** Products of one matrix, all or none of them `first`, in groups that can be computed at one level each: so no group needs another one that needs it. */
function mergeable(order: readonly Tensor[], first: ReadonlySet<Tensor>): Member[][] {
  const byMatrix = new Map<string, Member[]>();
  for (const node of order) {
    const product = asRowProduct(node);
    if (!product) continue;
    const key = `${product.matrix.id} ${product.labels} ${first.has(node)}`;
    const others = byMatrix.get(key);
    if (others) others.push({ node, product });
    else byMatrix.set(key, [{ node, product }]);
  }
  const rank = new Map(order.map((node, i) => [node, i]));
  const fixed = new Map<Tensor, number>();
  const groups: Member[][] = [];
  let current: ReturnType<typeof levels> | undefined;
  for (let rest of byMatrix.values()) {
    while (rest.length > 1) {
      const { earliest, latest } = (current ??= levels(order, fixed));
      const last = rest.toSorted((x, y) => earliest.get(y.node)! - earliest.get(x.node)!);
      const level = earliest.get(last[0].node)!;
      const candidates = last.filter(({ node }) => latest.get(node)! >= level);
      /** What the members need: none of these can be one. */
      const below = new Set<Tensor>();
      const members = candidates.filter(({ node }) => {
        const joins = !below.has(node);
        if (joins && candidates.length > 1) addArguments(node, below);
        return joins;
      });
      rest = rest.filter((member) => !members.includes(member));
      if (members.length < 2) continue;
      for (const { node } of members) fixed.set(node, level);
      current = undefined;
      groups.push(members.toSorted((x, y) => rank.get(x.node)! - rank.get(y.node)!));
    }
  }
  return groups;
}

/** Adds everything that `node` is computed from. */
function addArguments(node: Tensor, found: Set<Tensor>): void {
  const pending = [...node.args];
  for (let x = pending.pop(); x; x = pending.pop()) {
    if (found.has(x)) continue;
    found.add(x);
    pending.push(...x.args);
  }
}

/**
 * Merges products of one matrix with several vectors into one product with their rows stacked, so that the matrix is read
 * once for all of them: the tangents and cotangents of a layer are such products. None of them depends on another. Those in `first` wait for no others.
 */
export function mergedRowProducts(order: readonly Tensor[], first: ReadonlySet<Tensor>): [Tensor, Replacement][] {
  return mergeable(order, first).flatMap((members) => {
    const needs = members.flatMap(({ product: { rows, matrix } }) => [rows, matrix]);
    const replacement: Replacement = { needs, make: (value) => mergeGroup(members, value) };
    return members.map(({ node }): [Tensor, Replacement] => [node, replacement]);
  });
}

function mergeGroup(members: readonly Member[], value: Map<Tensor, Tensor>): void {
  const { labels, matrix } = members[0].product;
  const stacked = members.map(({ product: { rows } }) => reshape(value.get(rows)!, [rows.size / rows.shape.at(-1)!, rows.shape.at(-1)!]));
  const result = contract(`${labels},rk->ri`, value.get(matrix)!, concat(stacked));
  let from = 0;
  members.forEach(({ node }, i) => {
    const count = stacked[i].shape[0];
    value.set(node, reshape(slice(result, from, from + count), node.shape));
    from += count;
  });
}
