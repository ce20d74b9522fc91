import { OdeError } from "@fluxion/ode-core";
import { broadcastAxes, forEachIndex, stridesOf, sumAxes } from "./broadcast.ts";
import { add, isNeg, mul, neg } from "./elementwise.ts";
import { transpose } from "./shape-ops.ts";
import { constant, constantValue, makeNode, sameShape, shapeError, type Primitive, type Shape, type Tensor, type TensorLike } from "./tensor.ts";

/** One letter per axis: `out[...] = sum a[...] b[...]` over the letters that `out` lacks. */
export interface Labels {
  readonly a: string;
  readonly b: string;
  readonly out: string;
}

/** Letter -> size. */
export function labelSizes({ a, b }: Labels, x: Shape, y: Shape): Map<string, number> {
  return new Map([...[...a].map((l, i) => [l, x[i]] as const), ...[...b].map((l, i) => [l, y[i]] as const)]);
}

const outShape = ({ a, b, out }: Labels, x: Tensor, y: Tensor): number[] => Array.from(out, (l) => (a.includes(l) ? x.shape[a.indexOf(l)] : y.shape[b.indexOf(l)]));

/** Letters in order of appearance, so that equal contractions are equal nodes whatever letters they were written with. */
function canonical({ a, b, out }: Labels): Labels {
  const names = new Map<string, string>();
  const rename = (text: string): string =>
    [...text].map((l) => names.get(l) ?? (names.set(l, String.fromCharCode(97 + names.size)), names.get(l)!)).join("");
  return { a: rename(a), b: rename(b), out: rename(out) };
}

/**
 * The one product of arrays: matrix products, dot and outer products, batched or not, transposed or not.
 * Every letter stands in at least two of `a`, `b`, `out`, which makes the family closed under its own derivatives.
 */
export const contractPrimitive: Primitive<Labels> = {
  name: "contract",
  shape: ([x, y], labels) => {
    const { a, b, out } = labels;
    const fits = a.length === x.shape.length && b.length === y.shape.length && [...a].every((l, i) => !b.includes(l) || y.shape[b.indexOf(l)] === x.shape[i]);
    if (!fits) throw shapeError(`contract "${a},${b}->${out}"`, "equal letters must have equal sizes", [x, y]);
    return outShape(labels, x, y);
  },
  jvp: ([dx, dy], { args: [x, y], attrs }) => {
    const left = dx && apply(dx, y, attrs);
    const right = dy && apply(x, dy, attrs);
    return left && right ? add(left, right) : (left ?? right);
  },
  vjp: (g, { args: [x, y], attrs: { a, b, out } }) => [apply(g, y, { a: out, b, out: a }), apply(x, g, { a, b: out, out: b })],
  batch: ([x, y], [bx, by], _size, { a, b, out }) => apply(x, y, { a: bx ? `Z${a}` : a, b: by ? `Z${b}` : b, out: `Z${out}` }),
  evaluate: (result, [x, y], node) => {
    const { a, b, out } = node.attrs as Labels;
    const sizes = labelSizes(node.attrs as Labels, node.args[0].shape, node.args[1].shape);
    const letters = [...sizes.keys()];
    const stride = (text: string, shape: Shape): number[] => letters.map((l) => (text.includes(l) ? stridesOf(shape)[text.indexOf(l)] : 0));
    const sa = stride(a, node.args[0].shape);
    const sb = stride(b, node.args[1].shape);
    const so = stride(out, node.shape);
    result.fill(0);
    forEachIndex(letters.map((l) => sizes.get(l)!), (_, index) => {
      let i = 0;
      let j = 0;
      let k = 0;
      for (let d = 0; d < index.length; d++) {
        i += index[d] * sa[d];
        j += index[d] * sb[d];
        k += index[d] * so[d];
      }
      result[k] += x[i] * y[j];
    });
  },
  simplify: ([x, y], labels) => {
    const { a, b, out } = labels;
    const [valueX, valueY] = [constantValue(x), constantValue(y)];
    if (valueX !== undefined || a === "") return scaled(valueX ?? x, y, b, out, outShape(labels, x, y));
    if (valueY !== undefined || b === "") return scaled(valueY ?? y, x, a, out, outShape(labels, x, y));
    // Signs move outwards, so that a product and its negative are one product.
    return isNeg(x) ? neg(apply(x.args[0], y, labels)) : isNeg(y) ? neg(apply(x, y.args[0], labels)) : null;
  },
  key: ({ a, b, out }) => `${a},${b},${out}`,
  // A letter of both operands is summed by leaving it out of the result.
  sumOver: ({ args: [x, y], attrs: { a, b, out } }, axes) =>
    axes.every((i) => a.includes(out[i]) && b.includes(out[i])) ? apply(x, y, { a, b, out: [...out].filter((_, i) => !axes.includes(i)).join("") }) : null,
};

/** The product of `y` with a number, or with an array of equal entries, is no contraction: it fuses with its neighbours and may vanish. */
function scaled(factor: TensorLike, y: Tensor, labels: string, out: string, shape: Shape): Tensor {
  if (factor === 0) return constant(0, shape);
  const kept = [...labels].filter((l) => out.includes(l));
  const ordered = [...out].filter((l) => kept.includes(l));
  const summed = sumAxes(y, [...labels].flatMap((l, i) => (out.includes(l) ? [] : [i])));
  return mul(broadcastAxes(transpose(summed, ordered.map((l) => kept.indexOf(l))), shape, ordered.map((l) => out.indexOf(l))), factor);
}

/** A letter batched in only one operand stands in that operand and the result: still in two of the three. */
const apply = (x: Tensor, y: Tensor, labels: Labels): Tensor => makeNode(contractPrimitive, [x, y], canonical(labels));

/**
 * `contract("ik,kj->ij", x, y)`: sums products over the letters that the result lacks (Einstein summation of two arrays).
 * Letters are distinct within an operand, and each stands in at least two of the three.
 *
 * @throws OdeError `INVALID_ARGUMENT` for a bad pattern, `SHAPE_MISMATCH` for sizes that do not fit.
 */
export function contract(pattern: string, x: Tensor, y: Tensor): Tensor {
  const match = /^([a-z]*),([a-z]*)->([a-z]*)$/.exec(pattern);
  const parts = match ? match.slice(1) : [];
  const letters = new Set(parts.join(""));
  if (!match || parts.some((part) => new Set(part).size !== part.length) || [...letters].some((l) => parts.filter((part) => part.includes(l)).length < 2)) {
    throw new OdeError(
      "INVALID_ARGUMENT",
      `Cannot trace contract as the pattern must look like "ik,kj->ij", with each letter in two of the three parts and no letter twice in one: current pattern is "${pattern}"`,
    );
  }
  return apply(x, y, { a: parts[0], b: parts[1], out: parts[2] });
}

/** Matrix product `x[m, k] y[k, n]`, matrix-vector products with a vector on either side. */
export function matmul(x: Tensor, y: Tensor): Tensor {
  const a = ["", "k", "mk"][x.shape.length];
  const b = ["", "k", "kn"][y.shape.length];
  if (!a || !b || x.shape.at(-1) !== y.shape[0]) throw shapeError("matmul", "the last axis of the first must match the first of the second (at most 2 axes each)", [x, y]);
  return contract(`${a},${b}->${(a + b).replaceAll("k", "")}`, x, y);
}

/** Inner product of two arrays of one shape. */
export function dot(x: Tensor, y: Tensor): Tensor {
  if (!sameShape(x.shape, y.shape)) throw shapeError("dot", "the shapes must be equal", [x, y]);
  const letters = x.shape.map((_, i) => String.fromCharCode(97 + i)).join("");
  return contract(`${letters},${letters}->`, x, y);
}

/** `x[m] y[n]` as a matrix `[m, n]`. */
export function outer(x: Tensor, y: Tensor): Tensor {
  if (x.shape.length !== 1 || y.shape.length !== 1) throw shapeError("outer", "it needs two vectors", [x, y]);
  return contract("m,n->mn", x, y);
}
