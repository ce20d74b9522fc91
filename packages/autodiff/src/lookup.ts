import { OdeError, shown } from "@fluxion/ode-core";
import { batchAll, reshape } from "./broadcast.ts";
import { asTensor, makeNode, numbersOf, shapeError, sizeOf, Tensor, tensor, type NestedArray, type Primitive, type TensorLike } from "./tensor.ts";

/** Arrays under a new leading axis of length `size`, which is merged with that of the stacks: `[b, ...]` becomes `[size * b, ...]`. */
const merged = (args: readonly Tensor[], batched: readonly boolean[], size: number): Tensor[] =>
  batchAll(args, batched, size).map((x) => reshape(x, [x.shape[0] * x.shape[1], ...x.shape.slice(2)]));

/**
 * An operation on stacks `table[b, ...]` and `places[b, k]` under a new axis: places alone are more places in the same table, which need no copies of it.
 */
function batchLookup<A>(primitive: Primitive<A>, args: readonly Tensor[], batched: readonly boolean[], size: number, attrs: A): Tensor {
  const [table, places] = args;
  const shared = !batched[0] && table.shape[0] === 1;
  const [b, k] = places.shape.slice(-2);
  const result = makeNode(primitive, shared ? [table, reshape(places, [1, size * k])] : merged(args, batched, size), attrs);
  return reshape(result, shared ? [size, 1, k, ...result.shape.slice(2)] : [size, b, ...result.shape.slice(1)]);
}

/** How many of `a[b, n]`, whose rows ascend, are at most each of `x[b, k]`. */
export const searchSortedPrimitive: Primitive<Record<string, never>> = {
  name: "searchSorted",
  shape: ([a, x]) => {
    if (a.shape.length !== 2 || x.shape.length !== 2 || a.shape[0] !== x.shape[0]) throw shapeError("searchSorted", "it needs as many rows as sorted rows", [a, x]);
    return x.shape;
  },
  jvp: () => null,
  vjp: () => [null, null],
  batch: (args, batched, size, attrs) => batchLookup(searchSortedPrimitive, args, batched, size, attrs),
  evaluate: (out, [a, x], { args: [{ shape: [, n] }, { shape: [, k] }] }) => {
    for (let i = 0; i < out.length; i++) {
      const row = Math.floor(i / k) * n;
      let [low, high] = [0, n];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (a[row + middle] <= x[i]) low = middle + 1;
        else high = middle;
      }
      out[i] = low;
    }
  },
};

/** What stands for an entry that there is not. */
export interface Missing {
  readonly missing: number;
}

/** Rows `x[b, i, :]` of `x[b, n, r]` for each place `i` of `places[b, k]`, rounded down, as `[b, k, r]`. */
export const takePrimitive: Primitive<Missing> = {
  name: "take",
  shape: ([x, places]) => {
    if (x.shape.length !== 3 || places.shape.length !== 2 || x.shape[0] !== places.shape[0]) throw shapeError("take", "it needs places for each stack of rows", [x, places]);
    return [...places.shape, x.shape[2]];
  },
  jvp: ([dx], { args: [, places], attrs }) => dx && makeNode(takePrimitive, [dx, places], attrs),
  vjp: (g, { args: [x, places] }) => [makeNode(addAtPrimitive, [g, places], { n: x.shape[1] }), null],
  batch: (args, batched, size, attrs) => batchLookup(takePrimitive, args, batched, size, attrs),
  evaluate: (out, [x, places], { args: [{ shape: [, n] }], shape: [, k, r], attrs }) => {
    for (let i = 0; i < places.length; i++) {
      const there = places[i] >= 0 && places[i] < n;
      const from = (Math.floor(i / k) * n + Math.floor(places[i])) * r;
      for (let j = 0; j < r; j++) out[i * r + j] = there ? x[from + j] : (attrs.missing as number);
    }
  },
  // As JSON, NaN would be null.
  key: ({ missing }) => String(missing),
};

/** The adjoint of {@link takePrimitive}: adds the rows of `g[b, k, r]` up at their places, to `[b, n, r]`. */
export const addAtPrimitive: Primitive<{ readonly n: number }> = {
  name: "addAt",
  shape: ([g, places], { n }) => {
    if (g.shape.length !== 3 || places.shape.length !== 2 || places.shape.some((s, d) => s !== g.shape[d])) throw shapeError("addAt", "it needs a place for each row", [g, places]);
    return [g.shape[0], n, g.shape[2]];
  },
  jvp: ([dg], { args: [, places], attrs }) => dg && makeNode(addAtPrimitive, [dg, places], attrs),
  vjp: (g, { args: [, places] }) => [makeNode(takePrimitive, [g, places], { missing: 0 }), null],
  batch: (args, batched, size, attrs) => {
    const result = makeNode(addAtPrimitive, merged(args, batched, size), attrs);
    return reshape(result, [size, result.shape[0] / size, ...result.shape.slice(1)]);
  },
  evaluate: (out, [g, places], { args: [{ shape: [, k, r] }], attrs: { n } }) => {
    out.fill(0);
    for (let i = 0; i < places.length; i++) {
      if (!(places[i] >= 0 && places[i] < n)) continue;
      const to = (Math.floor(i / k) * n + Math.floor(places[i])) * r;
      for (let j = 0; j < r; j++) out[to + j] += g[i * r + j];
    }
  },
};

/** A traced array, or known numbers. */
export type ArrayLikeTensor = Tensor | NestedArray | Float64Array;

/** Known numbers become constants. */
export const arrayOf = (x: ArrayLikeTensor): Tensor => (x instanceof Tensor ? x : tensor(x));

/** The array `a`, if known numbers of it ascend. */
export function ascending(name: string, a: ArrayLikeTensor, strictly: boolean): Tensor {
  if (!(a instanceof Tensor)) {
    const { data } = numbersOf(a);
    const fall = data.findIndex((x, i) => i > 0 && !(strictly ? x > data[i - 1] : x >= data[i - 1]));
    if (fall > 0) throw new OdeError("INVALID_ARGUMENT", `Cannot trace ${name} as its sorted numbers must ascend: entry ${fall} is ${shown(data[fall])} after ${shown(data[fall - 1])}`);
  }
  const sorted = arrayOf(a);
  if (sorted.shape.length !== 1) throw shapeError(name, "the sorted numbers must be a vector", [sorted]);
  return sorted;
}

/**
 * How many entries of `sorted[n]`, which ascend, are at most each entry of `x`, from 0 to n: NumPy's `searchsorted` from the right. Has no derivative.
 * NaN counts none. Cost: `log2(n)` comparisons for each entry of `x`.
 *
 * @throws OdeError `INVALID_ARGUMENT` for known numbers that do not ascend (traced ones are taken at their word), `SHAPE_MISMATCH` for more axes than one.
 */
export function searchSorted(sorted: ArrayLikeTensor, x: TensorLike): Tensor {
  const a = ascending("searchSorted", sorted, false);
  const value = asTensor(x);
  return reshape(makeNode(searchSortedPrimitive, [reshape(a, [1, a.size]), reshape(value, [1, value.size])], {}), value.shape);
}

/**
 * Entries along the first axis of `x[n, ...]` at places that are themselves traced: `index`, rounded down, from 0 to n - 1. The result has the shape of `index` and then that
 * of an entry. NaN stands for what is not there. For places that are known see `gather`. Derivatives reach `x`, not `index`.
 *
 * @throws OdeError `SHAPE_MISMATCH` for a scalar.
 */
export function take(x: ArrayLikeTensor, index: TensorLike): Tensor {
  const [from, places] = [arrayOf(x), asTensor(index)];
  if (from.shape.length === 0) throw shapeError("take", "the first argument must have a first axis", [from]);
  const [n, ...entry] = from.shape;
  const rows = makeNode(takePrimitive, [reshape(from, [1, n, sizeOf(entry)]), reshape(places, [1, places.size])], { missing: NaN });
  return reshape(rows, [...places.shape, ...entry]);
}
