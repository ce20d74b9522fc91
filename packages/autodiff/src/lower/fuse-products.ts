import { reshape } from "../broadcast.ts";
import { contract, contractPrimitive, type Labels } from "../contract.ts";
import { elementwise } from "../elementwise.ts";
import { concat, slice } from "../shape-ops.ts";
import { writeOutShortSums } from "./short-sums.ts";
import { makeNode, tracing, withArgs, type Tensor } from "../tensor.ts";
import { topological, type Program } from "../trace.ts";

/** Products with smaller matrices gain nothing from being merged. */
const worthwhile = 32;

/** `rows . matrix'` (`"ik"`) or `rows . matrix` (`"ki"`): a product of a matrix with one vector or several as rows. */
interface RowProduct {
  readonly matrix: Tensor;
  readonly rows: Tensor;
  /** Labels of the matrix: `k` is the summed axis. */
  readonly labels: "ik" | "ki";
}

/** Reads a contraction as a product of rows with a matrix, if it is one whose rows and results are laid out row by row. */
function asRowProduct(node: Tensor): RowProduct | null {
  if (node.primitive !== contractPrimitive) return null;
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
 * once for all of them: the tangents and cotangents of a layer are such products. None of them depends on another.
 */
function mergeRowProducts({ inputs, outputs }: Program, early: number): Program {
  const order = topological(outputs);
  const groupOf = new Map(mergeable(order, new Set(topological(outputs.slice(0, early)))).flatMap((members) => members.map(({ node }) => [node, members] as const)));
  if (groupOf.size === 0) return { inputs, outputs };
  const value = new Map<Tensor, Tensor>(inputs.map((x) => [x, x]));
  const pending = [...outputs].reverse();
  while (pending.length > 0) {
    const node = pending[pending.length - 1];
    const members = groupOf.get(node);
    const needed = members ? members.flatMap(({ product: { rows, matrix } }) => [rows, matrix]) : node.args;
    const missing = value.has(node) ? [] : needed.filter((x) => !value.has(x));
    if (missing.length > 0) {
      pending.push(...missing.reverse());
      continue;
    }
    pending.pop();
    if (value.has(node)) continue;
    if (members) mergeGroup(members, value);
    else value.set(node, withArgs(node, node.args.map((x) => value.get(x)!)));
  }
  return { inputs, outputs: outputs.map((y) => value.get(y)!) };
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
function mergeOuterProducts({ inputs, outputs }: Program): Program {
  const order = topological(outputs);
  const readers = new Map<Tensor, number>();
  /** Sums that are part of a larger one. */
  const inner = new Set<Tensor>();
  for (const node of order) {
    for (const x of node.args) {
      readers.set(x, (readers.get(x) ?? 0) + 1);
      if (node.primitive === elementwise.add) inner.add(x);
    }
  }
  for (const y of outputs) readers.set(y, (readers.get(y) ?? 0) + 1);
  const value = new Map<Tensor, Tensor>(inputs.map((x) => [x, x]));
  for (const node of order) {
    if (value.has(node)) continue;
    const isWhole = node.primitive === elementwise.add && node.shape.length === 2 && !(inner.has(node) && readers.get(node) === 1);
    const parts = isWhole ? addends(node, readers) : [];
    const products = parts.map((x) => (readers.get(x) === 1 ? asOuterProduct(x) : null));
    if (products.filter((product) => product !== null).length < 2) {
      value.set(node, withArgs(node, node.args.map((x) => value.get(x)!)));
      continue;
    }
    const built = (x: Tensor): Tensor => value.get(x) ?? withArgs(x, x.args.map(built));
    const stack = (side: 0 | 1): Tensor => concat(products.flatMap((product) => (product ? [built(product[side])] : [])));
    const merged = contract("ki,kj->ij", stack(0), stack(1));
    value.set(node, parts.reduce((sum, x, i) => (products[i] ? sum : makeNode(elementwise.add, [sum, value.get(x)!], {})), merged));
  }
  return { inputs, outputs: outputs.map((y) => value.get(y)!) };
}

/** Merges matrix products for the backends that generate code for them. Those for the first `early` outputs wait for no others. */
export const fuseProducts = (program: Program, early = 0): Program => tracing(() => mergeOuterProducts(mergeRowProducts(writeOutShortSums(program), early)));
