import { OdeError } from "@fluxion/ode-core";
import { batchAll, forEachIndex, reshape, reshapePrimitive, stridesOf } from "./broadcast.ts";
import { asTensor, constant, constantValue, iteration, literal, literalPrimitive, makeNode, sameShape, shapeError, sizeOf, type Primitive, type Shape, type Tensor, type TensorLike } from "./tensor.ts";

/** Axis `i` of the result is axis `perm[i]` of the argument. */
export const transposePrimitive: Primitive<{ readonly perm: readonly number[] }> = {
  name: "transpose",
  shape: ([x], { perm }) => {
    if (perm.length !== x.shape.length || [...perm].sort((a, b) => a - b).some((p, i) => p !== i)) {
      throw shapeError("transpose", `[${perm.join(", ")}] must be an order of the argument's axes`, [x]);
    }
    return perm.map((p) => x.shape[p]);
  },
  jvp: ([dx], node) => dx && transpose(dx, node.attrs.perm),
  vjp: (g, node) => [transpose(g, node.attrs.perm.map((_: number, i: number) => node.attrs.perm.indexOf(i)))],
  batch: ([x], _batched, _size, { perm }) => transpose(x, [0, ...perm.map((p) => p + 1)]),
  evaluate: (out, [x], node) => {
    const strides = stridesOf(node.args[0].shape);
    forEachIndex(node.shape, (flat, index) => {
      out[flat] = x[index.reduce((sum, k, i) => sum + k * strides[node.attrs.perm[i]], 0)];
    });
  },
  simplify: ([x], { perm }) => {
    if (perm.every((p, i) => p === i)) return x;
    if (x.primitive === transposePrimitive) return transpose(x.args[0], perm.map((p) => x.attrs.perm[p]));
    const value = constantValue(x);
    return value === undefined ? null : constant(value, perm.map((p) => x.shape[p]));
  },
  key: ({ perm }) => String(perm),
};

/** Axes in another order; by default reversed. */
export const transpose = (x: Tensor, perm: readonly number[] = x.shape.map((_, i) => x.shape.length - 1 - i)): Tensor =>
  makeNode(transposePrimitive, [x], { perm: [...perm] });

interface Block {
  /** First index along each axis. */
  readonly start: readonly number[];
  /** Slice: shape of the block. Pad: shape of the whole. */
  readonly shape: Shape;
}

const copyBlock = (whole: Shape, block: Shape, start: readonly number[], copy: (inWhole: number, inBlock: number) => void): void => {
  const strides = stridesOf(whole);
  forEachIndex(block, (flat, index) => copy(index.reduce((sum, k, i) => sum + (k + start[i]) * strides[i], 0), flat));
};

const checkBlock = (name: string, x: Tensor, whole: Shape, block: Shape, start: readonly number[]): void => {
  if (whole.length !== block.length || start.length !== whole.length || start.some((s, i) => !(Number.isInteger(s) && s >= 0 && block[i] >= 0 && s + block[i] <= whole[i]))) {
    throw shapeError(name, `the block [${block.join(", ")}] from [${start.join(", ")}] must lie within [${whole.join(", ")}]`, [x]);
  }
};

const blockKey = ({ start, shape }: Block): string => `${start} ${shape}`;

/** Blocks of fixed data up to this size are fixed data of their own, others windows on it. */
const mostFixed = 64;

/** The block of `x` under the shape `outer`, taken before the change of shape where that only adds or drops axes of length 1. */
function slicedInside(x: Tensor, outer: Shape, start: readonly number[], shape: Shape): Tensor | null {
  const long = (of: Shape): number[] => of.flatMap((size, d) => (size === 1 ? [] : [d]));
  const [from, to] = [long(outer), long(x.shape)];
  if (!sameShape(from.map((d) => outer[d]), to.map((d) => x.shape[d])) || shape.includes(0)) return null;
  const along = (values: readonly number[], otherwise: number): number[] => x.shape.map((_, d) => (to.includes(d) ? values[from[to.indexOf(d)]] : otherwise));
  return reshape(sliceBlock(x, along(start, 0), along(shape, 1)), shape);
}

/** A rectangular block of the argument. */
export const slicePrimitive: Primitive<Block> = {
  name: "slice",
  shape: ([x], { start, shape }) => {
    checkBlock("slice", x, x.shape, shape, start);
    return shape;
  },
  jvp: ([dx], { attrs }) => dx && sliceBlock(dx, attrs.start, attrs.shape),
  vjp: (g, node) => [padBlock(g, node.attrs.start, node.args[0].shape)],
  batch: ([x], _batched, size, { start, shape }) => sliceBlock(x, [0, ...start], [size, ...shape]),
  evaluate: (out, [x], node) => copyBlock(node.args[0].shape, node.shape, node.attrs.start, (a, b) => void (out[b] = x[a])),
  simplify: ([x], { start, shape }) => {
    if (sameShape(x.shape, shape)) return x;
    const value = constantValue(x);
    if (value !== undefined) return constant(value, shape);
    if (x.primitive === literalPrimitive && sizeOf(shape) <= mostFixed) {
      const data = new Float64Array(sizeOf(shape));
      copyBlock(x.shape, shape, start, (a, b) => void (data[b] = x.attrs.data[a]));
      return literal(data, shape);
    }
    if (x.primitive === reshapePrimitive) return slicedInside(x.args[0], x.shape, start, shape);
    if (x.primitive === slicePrimitive) return sliceBlock(x.args[0], start.map((s, i) => s + x.attrs.start[i]), shape);
    return slicedPart(x, start, shape);
  },
  key: blockKey,
};

/** The same of the part of a `concat` that has all of the block, or of a part of that and so on: lists grow by one `concat` after another. */
function slicedPart(x: Tensor, start: readonly number[], shape: Shape): Tensor | null {
  let [whole, begin] = [x, start];
  while (whole.primitive === concatPrimitive) {
    const { axis } = whole.attrs as { axis: number };
    const [first, last] = [begin[axis], begin[axis] + shape[axis]];
    let from = 0;
    const part = whole.args.find(({ shape: sizes }) => (first >= from && last <= from + sizes[axis]) || ((from += sizes[axis]), false));
    if (!part) break;
    [whole, begin] = [part, begin.map((s, i) => (i === axis ? s - from : s))];
  }
  return whole === x ? null : sliceBlock(whole, begin, shape);
}

/** The block of `x` of the given shape that begins at index `start`. */
export const sliceBlock = (x: Tensor, start: readonly number[], shape: Shape): Tensor => makeNode(slicePrimitive, [x], { start, shape });

/** Entries `from .. to - 1` along one axis (default the first). Negative axes count from the last. */
export function slice(x: Tensor, from: number, to: number, axis = 0): Tensor {
  const a = axis < 0 ? axis + x.shape.length : axis;
  if (!(a in x.shape)) throw shapeError("slice", `axis ${axis} must exist`, [x]);
  const fits = Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= x.shape[a];
  if (!fits) throw shapeError("slice", `from = ${from} and to = ${to} must be whole numbers with 0 <= from <= to <= ${x.shape[a]}`, [x]);
  return sliceBlock(x, x.shape.map((_, i) => (i === a ? from : 0)), x.shape.map((s, i) => (i === a ? to - from : s)));
}

/** Entry `i` along the first axis, which disappears. */
export function at(x: Tensor, i: number): Tensor {
  const size = x.shape[0] ?? 0;
  if (!(Number.isInteger(i) && i >= 0 && i < size)) throw shapeError("at", size > 0 ? `index ${i} must be a whole number from 0 to ${size - 1}` : "the argument must have entries along a first axis", [x]);
  return reshape(slice(x, i, i + 1), x.shape.slice(1));
}

iteration.at = at;

/** Zeros of a given shape with the argument as one block. */
export const padPrimitive: Primitive<Block> = {
  name: "pad",
  shape: ([x], { start, shape }) => {
    checkBlock("pad", x, shape, x.shape, start);
    return shape;
  },
  jvp: ([dx], { attrs }) => dx && padBlock(dx, attrs.start, attrs.shape),
  vjp: (g, node) => [sliceBlock(g, node.attrs.start, node.args[0].shape)],
  batch: ([x], _batched, size, { start, shape }) => padBlock(x, [0, ...start], [size, ...shape]),
  evaluate: (out, [x], node) => {
    out.fill(0);
    copyBlock(node.shape, node.args[0].shape, node.attrs.start, (a, b) => void (out[a] = x[b]));
  },
  simplify: ([x], { shape }) => (sameShape(x.shape, shape) ? x : constantValue(x) === 0 ? constant(0, shape) : null),
  key: blockKey,
};

/** Zeros of the given shape, with `x` as the block that begins at index `start`. */
export const padBlock = (x: Tensor, start: readonly number[], shape: Shape): Tensor => makeNode(padPrimitive, [x], { start, shape });

/** The arguments one after another along an axis. */
export const concatPrimitive: Primitive<{ readonly axis: number }> = {
  name: "concat",
  shape: (args, { axis }) => {
    const [first] = args;
    if (!(axis >= 0 && axis < first.shape.length) || args.some((x) => x.shape.length !== first.shape.length || x.shape.some((s, i) => i !== axis && s !== first.shape[i]))) {
      throw shapeError("concat", `the shapes must agree but along axis ${axis}`, args);
    }
    return first.shape.map((s, i) => (i === axis ? args.reduce((n, x) => n + x.shape[axis], 0) : s));
  },
  jvp: (tangents, node) =>
    tangents.every((d) => d === null) ? null : concat(tangents.map((d, i) => d ?? constant(0, node.args[i].shape)), node.attrs.axis),
  vjp: (g, node) => {
    let from = 0;
    return node.args.map((x) => {
      const part = slice(g, from, from + x.shape[node.attrs.axis], node.attrs.axis);
      from += x.shape[node.attrs.axis];
      return part;
    });
  },
  batch: (args, batched, size, { axis }) => concat(batchAll(args, batched, size), axis + 1),
  evaluate: (out, args, node) => {
    const axis = node.attrs.axis as number;
    const inner = sizeOf(node.shape.slice(axis + 1));
    const outer = sizeOf(node.shape.slice(0, axis));
    let offset = 0;
    args.forEach((x, i) => {
      const length = node.args[i].shape[axis] * inner;
      for (let o = 0; o < outer; o++) for (let k = 0; k < length; k++) out[o * node.shape[axis] * inner + offset + k] = x[o * length + k];
      offset += length;
    });
  },
  simplify: (args, { axis }) => {
    if (args.length === 1) return args[0];
    const whole = args.map((x) => constantValue(x));
    if (whole[0] === undefined || whole.some((v) => !Object.is(v, whole[0]))) return null;
    return constant(whole[0], args[0].shape.map((s, i) => (i === axis ? args.reduce((n, x) => n + x.shape[axis], 0) : s)));
  },
  key: ({ axis }) => String(axis),
};

/** The arguments one after another along an axis (default the first). */
export function concat(args: readonly Tensor[], axis = 0): Tensor {
  if (args.length === 0) throw new OdeError("SHAPE_MISMATCH", "Cannot trace concat as it needs at least one argument: got none");
  const counted = axis < 0 ? axis + args[0].shape.length : axis;
  if (!(counted in args[0].shape)) throw shapeError("concat", `axis ${axis} must exist`, args);
  return makeNode(concatPrimitive, [...args], { axis: counted });
}

/**
 * The arguments, all of one shape, along a new leading axis; numbers are scalars.
 *
 * @throws OdeError `SHAPE_MISMATCH` for other shapes, `INVALID_TRACE` for what is neither an array nor a number.
 */
export function stack(args: readonly TensorLike[]): Tensor {
  const tensors = args.map(asTensor);
  if (tensors.length === 0 || tensors.some((x) => !sameShape(x.shape, tensors[0].shape))) throw shapeError("stack", "it needs arguments of one shape", tensors);
  return concat(tensors.map((x) => reshape(x, [1, ...x.shape])));
}

interface Indices {
  /** Flat index into the argument for each entry of the result, or -1 for zero. */
  readonly indices: readonly number[];
  readonly shape: Shape;
}

/** Entries picked by fixed flat indices. */
const gatherPrimitive: Primitive<Indices> = {
  name: "gather",
  shape: ([x], { indices, shape }) => {
    if (indices.length !== sizeOf(shape) || indices.some((i) => !Number.isInteger(i) || i < -1 || i >= x.size)) {
      throw shapeError("gather", `it needs ${sizeOf(shape)} indices from -1 to ${x.size - 1}`, [x]);
    }
    return shape;
  },
  jvp: ([dx], { attrs }) => dx && gather(dx, attrs.indices, attrs.shape),
  vjp: (g, node) => [makeNode(scatterPrimitive, [g], { indices: node.attrs.indices, shape: node.args[0].shape })],
  batch: ([x], _batched, size, { indices, shape }) => gather(x, batchIndices(indices, size, x.size / size), [size, ...shape]),
  evaluate: (out, [x], node) => {
    const indices = node.attrs.indices as readonly number[];
    for (let i = 0; i < indices.length; i++) out[i] = indices[i] < 0 ? 0 : x[indices[i]];
  },
};

/** Adjoint of gather: adds the argument's entries up at fixed flat indices. */
const scatterPrimitive: Primitive<Indices> = {
  name: "scatter",
  shape: (_args, { shape }) => shape,
  jvp: ([dx], { attrs }) => dx && makeNode(scatterPrimitive, [dx], attrs),
  vjp: (g, node) => [gather(g, node.attrs.indices, node.args[0].shape)],
  batch: ([x], _batched, size, { indices, shape }) =>
    makeNode(scatterPrimitive, [x], { indices: batchIndices(indices, size, sizeOf(shape)), shape: [size, ...shape] }),
  evaluate: (out, [x], node) => {
    const indices = node.attrs.indices as readonly number[];
    out.fill(0);
    for (let i = 0; i < indices.length; i++) if (indices[i] >= 0) out[indices[i]] += x[i];
  },
};

const batchIndices = (indices: readonly number[], size: number, step: number): number[] =>
  Array.from({ length: size }, (_, b) => indices.map((k) => (k < 0 ? -1 : b * step + k))).flat();

/** An array of the given shape whose entry `i` is `x.flat[indices[i]]`, or 0 where the index is -1. */
export const gather = (x: Tensor, indices: readonly number[], shape: Shape = [indices.length]): Tensor => makeNode(gatherPrimitive, [x], { indices: [...indices], shape: [...shape] });
