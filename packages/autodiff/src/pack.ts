import { reshape } from "./broadcast.ts";
import { add, elementwise } from "./elementwise.ts";
import { concat, padPrimitive, slice } from "./shape-ops.ts";
import { constant, constantValue, sizeOf, type MaybeZero, type Shape, type Tensor } from "./tensor.ts";

/** Number of entries of all arrays together. */
export const totalSize = (shapes: readonly Shape[]): number => shapes.reduce((n, shape) => n + sizeOf(shape), 0);

/** Several arrays as one vector, one after the other, or as one such vector for each of `leading` entries. */
export function pack(parts: readonly Tensor[], leading: Shape = []): Tensor {
  if (parts.length === 0) return constant(0, [...leading, 0]);
  return concat(parts.map((x) => reshape(x, [...leading, sizeOf(x.shape.slice(leading.length))])), leading.length);
}

/** The arrays of the given shapes that {@link pack} made one of. */
export function unpack(packed: Tensor, shapes: readonly Shape[]): Tensor[] {
  const leading = packed.shape.slice(0, -1);
  let from = 0;
  return shapes.map((shape) => reshape(slice(packed, from, (from += sizeOf(shape)), -1), [...leading, ...shape]));
}

/** The same for a cotangent: the slopes of parts that were read alone are sums of padded arrays, most of them zero here. */
export function unpackCotangent(packed: Tensor, shapes: readonly Shape[]): MaybeZero[] {
  const leading = packed.shape.slice(0, -1);
  let from = 0;
  return shapes.map((shape) => {
    const part = window(packed, from, (from += sizeOf(shape)));
    return part && reshape(part, [...leading, ...shape]);
  });
}

/** Entries `from .. to - 1` along the last axis, or null for zeros. Sums may be thousands of terms deep. */
function window(x: Tensor, from: number, to: number): MaybeZero {
  const known = new Map<Tensor, MaybeZero>();
  const pending = [x];
  for (let node = pending.at(-1); node; node = pending.at(-1)) {
    const missing = node.primitive === elementwise.add && !known.has(node) ? node.args.filter((part) => !known.has(part)) : [];
    if (missing.length > 0) pending.push(...missing);
    else {
      pending.pop();
      if (!known.has(node)) known.set(node, make(node, from, to, known));
    }
  }
  return known.get(x)!;
}

function make(x: Tensor, from: number, to: number, known: ReadonlyMap<Tensor, MaybeZero>): MaybeZero {
  if (x.primitive === elementwise.add) {
    const [left, right] = x.args.map((part) => known.get(part)!);
    return left && right ? add(left, right) : (left ?? right);
  }
  if (x.primitive === padPrimitive) {
    const start = (x.attrs.start as readonly number[]).at(-1)!;
    const length = x.args[0].shape.at(-1)!;
    const whole = x.shape.slice(0, -1).every((s, d) => s === x.args[0].shape[d]);
    if (to <= start || from >= start + length) return null;
    if (whole && from >= start && to <= start + length) return slice(x.args[0], from - start, to - start, -1);
  }
  const part = slice(x, from, to, -1);
  return constantValue(part) === 0 ? null : part;
}
