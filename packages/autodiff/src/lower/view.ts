import { broadcastPrimitive, reshapePrimitive, stridesOf } from "../broadcast.ts";
import { slicePrimitive, transposePrimitive } from "../shape-ops.ts";
import { constantPrimitive, type Shape, type Tensor } from "../tensor.ts";

/** Where the entries of a tensor are: a strided window on the storage of `base`, or one number for all. */
export interface View {
  /** The node that owns the storage; null for a constant. */
  readonly base: Tensor | null;
  /** The number, when `base` is null. */
  readonly value: number;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** True when the strides are those of a row-major array of this shape (axes of length 1 do not matter). */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  const wanted = stridesOf(shape);
  return shape.every((s, i) => s === 1 || strides[i] === wanted[i]);
}

const own = (node: Tensor): View => ({ base: node, value: 0, offset: 0, strides: stridesOf(node.shape) });

/** The view of `node`, given the views of its arguments; nodes that are no view of another own their storage. */
export function viewOf(node: Tensor, argument: (x: Tensor) => View): View {
  const { primitive, attrs, shape } = node;
  if (primitive === constantPrimitive) return { base: null, value: attrs.value, offset: 0, strides: shape.map(() => 0) };
  if (primitive === broadcastPrimitive) {
    const view = argument(node.args[0]);
    const axes = attrs.axes as readonly number[];
    return { ...view, strides: shape.map((_, d) => (axes.includes(d) ? view.strides[axes.indexOf(d)] : 0)) };
  }
  if (primitive === transposePrimitive) {
    const view = argument(node.args[0]);
    return { ...view, strides: attrs.perm.map((p: number) => view.strides[p]) };
  }
  if (primitive === slicePrimitive) {
    const view = argument(node.args[0]);
    const start = attrs.start as readonly number[];
    return { ...view, offset: start.reduce((at, s, d) => at + s * view.strides[d], view.offset) };
  }
  if (primitive === reshapePrimitive) {
    const view = argument(node.args[0]);
    const strides = reshaped(node.args[0].shape, view.strides, shape);
    if (strides) return { ...view, strides };
  }
  return own(node);
}

/** The strides that give the same entries another shape; null where a copy is needed. */
function reshaped(shape: Shape, strides: readonly number[], wanted: Shape): number[] | null {
  const result = new Array<number>(wanted.length).fill(0);
  const [from, to] = [shape, wanted].map((sizes) => [...sizes.keys()].filter((d) => sizes[d] !== 1));
  for (let [i, j] = [0, 0]; i < from.length || j < to.length; i++, j++) {
    if (i === from.length || j === to.length) return null;
    // The fewest axes on both sides that hold as many entries: on the old side they must follow one another evenly.
    const begin = j;
    for (let [old, now] = [shape[from[i]], wanted[to[j]]]; old !== now;) {
      if (old < now) {
        if (++i === from.length || strides[from[i - 1]] !== strides[from[i]] * shape[from[i]]) return null;
        old *= shape[from[i]];
      } else if (++j === to.length) return null;
      else now *= wanted[to[j]];
    }
    let stride = strides[from[i]];
    for (let d = j; d >= begin; d--) {
      result[to[d]] = stride;
      stride *= wanted[to[d]];
    }
  }
  return result;
}
