import { OdeError, shown } from "@fluxion/ode-core";
import { asTensor, constant, constantValue, describe, makeNode, sameShape, shapeError, sizeOf, Tensor, type Primitive, type Shape, type TensorLike } from "./tensor.ts";

/** Row-major strides. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let s = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = s;
    s *= shape[i];
  }
  return strides;
}

/** Calls `visit(flat, index)` for every entry of an array of this shape, in row-major order. `index` is reused. */
export function forEachIndex(shape: Shape, visit: (flat: number, index: readonly number[]) => void): void {
  const index = new Array<number>(shape.length).fill(0);
  const n = sizeOf(shape);
  for (let flat = 0; flat < n; flat++) {
    visit(flat, index);
    for (let d = shape.length - 1; d >= 0; d--) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
}

/** Repeats along new axes: axis `i` of the argument becomes axis `axes[i]` (increasing) of `shape`. */
export const broadcastPrimitive: Primitive<{ readonly shape: Shape; readonly axes: readonly number[] }> = {
  name: "broadcast",
  shape: ([x], { shape, axes }) => {
    if (x.shape.length !== axes.length || x.shape.some((s, i) => s !== shape[axes[i]])) {
      throw shapeError("broadcast", `axes [${axes.join(", ")}] of [${shape.join(", ")}] must have the argument's sizes`, [x]);
    }
    return shape;
  },
  jvp: ([dx], node) => dx && broadcastAxes(dx, node.attrs.shape, node.attrs.axes),
  vjp: (g, node) => [sumAxes(g, node.attrs.shape.map((_: number, i: number) => i).filter((i: number) => !node.attrs.axes.includes(i)))],
  batch: ([x], _batched, size, { shape, axes }) => broadcastAxes(x, [size, ...shape], [0, ...axes.map((a) => a + 1)]),
  evaluate: (out, [x], node) => {
    const strides = stridesOf(node.args[0].shape);
    forEachIndex(node.shape, (flat, index) => {
      let at = 0;
      for (let i = 0; i < strides.length; i++) at += strides[i] * index[node.attrs.axes[i]];
      out[flat] = x[at];
    });
  },
  simplify: ([x], { shape, axes }) => {
    if (sameShape(x.shape, shape)) return x;
    const value = constantValue(x);
    if (value !== undefined) return constant(value, shape);
    if (x.primitive !== broadcastPrimitive) return null;
    return broadcastAxes(x.args[0], shape, x.attrs.axes.map((a: number) => axes[a]));
  },
  key: ({ shape, axes }) => `${shape} ${axes}`,
};

/** Repeats `x` along new axes: its axis `i` becomes axis `axes[i]` of `shape`. */
export const broadcastAxes = (x: Tensor, shape: Shape, axes: readonly number[]): Tensor => makeNode(broadcastPrimitive, [x], { shape, axes });

/** `x` with a new leading axis of length `size`. */
export const repeat = (x: Tensor, size: number): Tensor => broadcastAxes(x, [size, ...x.shape], x.shape.map((_, i) => i + 1));

/** Arguments that all have the batch axis, of length `size`: those without it are repeated along it. */
export const batchAll = (args: readonly Tensor[], batched: readonly boolean[], size: number): Tensor[] => args.map((x, i) => (batched[i] ? x : repeat(x, size)));

/** Adds up along some axes, which disappear. */
export const sumPrimitive: Primitive<{ readonly axes: readonly number[] }> = {
  name: "sum",
  shape: ([x], { axes }) => {
    if (axes.some((a, i) => !(a in x.shape) || axes.indexOf(a) !== i)) throw shapeError("sum", `axes [${axes.join(", ")}] must exist and differ`, [x]);
    return x.shape.filter((_, i) => !axes.includes(i));
  },
  jvp: ([dx], node) => dx && sumAxes(dx, node.attrs.axes),
  vjp: (g, node) => {
    const { shape } = node.args[0];
    return [broadcastAxes(g, shape, shape.map((_, i) => i).filter((i) => !node.attrs.axes.includes(i)))];
  },
  batch: ([x], _batched, _size, { axes }) => sumAxes(x, axes.map((a) => a + 1)),
  evaluate: (out, [x], node) => {
    const kept = node.args[0].shape.map((_, i) => i).filter((i) => !node.attrs.axes.includes(i));
    const strides = stridesOf(node.shape);
    out.fill(0);
    forEachIndex(node.args[0].shape, (flat, index) => {
      let at = 0;
      for (let i = 0; i < kept.length; i++) at += strides[i] * index[kept[i]];
      out[at] += x[flat];
    });
  },
  simplify: ([x], { axes }) => {
    if (axes.length === 0) return x;
    if (axes.every((a) => x.shape[a] === 1)) return reshape(x, x.shape.filter((_, i) => !axes.includes(i)));
    const value = x.size === 0 ? 0 : constantValue(x);
    if (value === undefined) return x.primitive.sumOver?.(x, axes) ?? null;
    return constant(value * axes.reduce((n, a) => n * x.shape[a], 1), x.shape.filter((_, i) => !axes.includes(i)));
  },
  key: ({ axes }) => String(axes),
};

/** Sum along `axes`, which disappear. */
export const sumAxes = (x: Tensor, axes: readonly number[]): Tensor => makeNode(sumPrimitive, [x], { axes: [...axes].sort((a, b) => a - b) });

/** `axes` of `x` counted from the first, by default all of them. @throws OdeError `INVALID_ARGUMENT` for what is no list, such as a second array. */
export function axesOf(name: string, x: Tensor, axes: readonly number[] | undefined, instead = ""): number[] {
  if (axes === undefined) return x.shape.map((_, i) => i);
  if (Array.isArray(axes)) return axes.map((a: number) => (a < 0 ? a + x.shape.length : a));
  const found: unknown = axes;
  throw new OdeError("INVALID_ARGUMENT", `Cannot trace ${name} as its second argument must be a list of axes${instead}: it is ${found instanceof Tensor ? describe(found) : shown(found)}`);
}

/** Sum of all entries, or along `axes` (which disappear; negative ones count from the last). */
export const sum = (x: Tensor, axes?: readonly number[]): Tensor => sumAxes(x, axesOf("sum", x, axes));

/** The same entries in row-major order under another shape. */
export const reshapePrimitive: Primitive<{ readonly shape: Shape }> = {
  name: "reshape",
  shape: ([x], { shape }) => {
    if (sizeOf(shape) !== x.size) throw shapeError("reshape", `[${shape.join(", ")}] must have as many entries as the argument`, [x]);
    return shape;
  },
  jvp: ([dx], node) => dx && reshape(dx, node.shape),
  vjp: (g, node) => [reshape(g, node.args[0].shape)],
  batch: ([x], _batched, size, { shape }) => reshape(x, [size, ...shape]),
  evaluate: (out, [x]) => void out.set(x),
  simplify: ([x], { shape }) => {
    if (sameShape(x.shape, shape)) return x;
    const value = constantValue(x);
    if (value !== undefined && sizeOf(shape) === x.size) return constant(value, shape);
    return x.primitive === reshapePrimitive ? reshape(x.args[0], shape) : null;
  },
  key: ({ shape }) => String(shape),
  // A leading batch axis passes through a reshape.
  sumOver: ({ args: [x], shape }, axes) => (axes.length === 1 && axes[0] === 0 && x.shape[0] === shape[0] && x.size > 0 ? reshape(sumAxes(x, axes), shape.slice(1)) : null),
};

/** The entries of `x`, in row-major order, under another shape of equal size. */
export const reshape = (x: Tensor, shape: Shape): Tensor => makeNode(reshapePrimitive, [x], { shape: [...shape] });

/**
 * Repeats `x` to `shape` by NumPy's rule: trailing axes are aligned, missing ones and those of length 1 are repeated.
 *
 * @throws OdeError `SHAPE_MISMATCH`
 */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  const value = asTensor(x);
  if (sameShape(value.shape, shape)) return value;
  const offset = shape.length - value.shape.length;
  if (offset < 0 || value.shape.some((s, i) => s !== 1 && s !== shape[i + offset])) {
    throw shapeError("broadcastTo", `the argument must fit [${shape.join(", ")}]`, [value]);
  }
  const kept = value.shape.map((_, i) => i).filter((i) => value.shape[i] === shape[i + offset]);
  return broadcastAxes(reshape(value, kept.map((i) => value.shape[i])), [...shape], kept.map((i) => i + offset));
}

/** The arguments repeated to their common shape. */
export function broadcastTogether(name: string, args: readonly TensorLike[]): Tensor[] {
  const tensors = args.map(asTensor);
  if (tensors.every((x) => sameShape(x.shape, tensors[0].shape))) return tensors;
  const rank = Math.max(...tensors.map((x) => x.shape.length));
  // The size that is not 1; it may be 0.
  const shape = Array.from({ length: rank }, (_, d) => tensors.map((x) => x.shape[d - rank + x.shape.length] ?? 1).find((s) => s !== 1) ?? 1);
  try {
    return tensors.map((x) => broadcastTo(x, shape));
  } catch (cause) {
    if (cause instanceof OdeError) throw shapeError(name, "the shapes must broadcast", tensors);
    throw cause;
  }
}
