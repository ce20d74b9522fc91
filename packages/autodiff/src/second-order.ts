import { add, mul, type ElementwisePrimitive } from "./elementwise.ts";
import { contract, dot } from "./contract.ts";
import { repeat, reshape } from "./broadcast.ts";
import { concat, gather, slice } from "./shape-ops.ts";
import { constant, constantValue, makeNode, type MaybeZero, type Tensor } from "./tensor.ts";
import { between, substitute, trace, type Program } from "./trace.ts";
import { batchProgram } from "./vmap.ts";
import { cotangentsOf, pullback } from "./vjp.ts";

/** Tangents along some of several directions: `tensor[i]` belongs to direction `rows[i]`; along the others it is zero. */
export interface Bundle {
  readonly rows: readonly number[];
  readonly tensor: Tensor;
}

/** First and second derivatives of a scalar along given directions. */
export interface SecondOrder {
  /** Gradient by each input. */
  readonly gradients: readonly Tensor[];
  /** `form[i, j] = D2y[direction i, direction j]` for the first directions i and all j. */
  readonly form: Tensor;
  /** The tangents of each operation that has any. */
  readonly bundles: ReadonlyMap<Tensor, Bundle | null>;
}

/**
 * Gradient and second-derivative form of the program's one scalar output along `count` directions, given as one bundle
 * of tangents per input; of the form, the first `wanted` rows. Costs `count` tangents and ONE reverse sweep: each operation adds
 * `(cotangent) * (its own second derivative)[tangent i, tangent j]`, so no tangent of the reverse sweep is needed.
 */
export function secondOrder(program: Program, directions: readonly (Bundle | null)[], count: number, wanted: number): SecondOrder {
  const cotangents = cotangentsOf(program, [constant(1)]);
  const bundles = new Map<Tensor, Bundle | null>(program.inputs.map((x, i) => [x, directions[i]]));
  let form: Tensor = constant(0, [wanted, count]);
  for (const node of between(program)) {
    const own = node.args.map((x) => bundles.get(x) ?? null);
    const rows = [...new Set(own.flatMap((b) => b?.rows ?? []))].sort((a, b) => a - b);
    if (rows.length === 0) continue;
    const aligned = own.map((b, i) => b && align(b, rows, node.args[i]));
    bundles.set(node, tangentOf(node, aligned, rows));
    const g = cotangents.get(node);
    const from = rows.filter((r) => r < wanted);
    const part = g && from.length > 0 && curvature(node, g, aligned, from.length, rows.length);
    if (part) form = add(form, spread(part, from, rows, [wanted, count]));
  }
  return { gradients: program.inputs.map((x) => cotangents.get(x) ?? constant(0, x.shape)), form, bundles };
}

/** The bundle's tensor with one entry for each of `rows`. */
function align(bundle: Bundle, rows: readonly number[], like: Tensor): Tensor {
  if (rows.length === bundle.rows.length) return bundle.tensor;
  return concat(rows.map((r) => {
    const i = bundle.rows.indexOf(r);
    return i < 0 ? constant(0, [1, ...like.shape]) : slice(bundle.tensor, i, i + 1);
  }));
}

/** Runs the node's own tangent rule for all directions as one batch. */
function tangentOf(node: Tensor, aligned: readonly MaybeZero[], rows: readonly number[]): Bundle | null {
  const present = aligned.flatMap((x, i) => (x ? [i] : []));
  let zero = false;
  const program = trace((...ds) => {
    const dy = node.primitive.jvp(aligned.map((_, i) => (present.includes(i) ? ds[present.indexOf(i)] : null)), node);
    zero = dy === null;
    return dy ? [dy] : [];
  }, present.map((i) => node.args[i].shape));
  if (zero) return null;
  return { rows, tensor: batchProgram(program, present.map((i) => aligned[i]!), present.map(() => true), rows.length)[0] };
}

/** `g . D2(node)[tangent i, tangent j]` for the first `from` tangents i and all `size` tangents j, or null when the operation is linear. */
function curvature(node: Tensor, g: Tensor, aligned: readonly MaybeZero[], from: number, size: number): Tensor | null {
  const present = aligned.flatMap((x, i) => (x ? [i] : []));
  const shapes = present.map((i) => node.args[i].shape);
  // A(x; dx) = g . (tangent of the node at x along dx); its gradient by x, along dx held fixed, is half of the form.
  const local = trace((...values) => {
    const xs = values.slice(0, present.length);
    const ds = values.slice(present.length);
    const here = makeNode(node.primitive, node.args.map((x, i) => (present.includes(i) ? xs[present.indexOf(i)] : x)), node.attrs);
    const dy = here.primitive.jvp(aligned.map((_, i) => (present.includes(i) ? ds[present.indexOf(i)] : null)), here);
    return dy ? pullback({ inputs: xs, outputs: [dot(g, dy)] }, [constant(1)]) : xs.map((x) => constant(0, x.shape));
  }, [...shapes, ...shapes]);
  let total: Tensor | null = null;
  present.forEach((i, k) => {
    const single = { inputs: local.inputs, outputs: [local.outputs[k]] };
    if (constantValue(single.outputs[0]) === 0) return;
    const tangents = present.map((j) => slice(aligned[j]!, 0, from));
    const values = present.map((j) => node.args[j]);
    // Entry by entry, of one argument: a diagonal times each tangent, which is less work than from each tangent on.
    const [slope] = isDiagonal(node)
      ? [mul(repeat(substitute(single, [...values, constant(1, values[0].shape)])[0], from), tangents[0])]
      : batchProgram(single, [...values, ...tangents], [...present.map(() => false), ...present.map(() => true)], from);
    const part = contract("am,bm->ab", reshape(slope, [from, node.args[i].size]), reshape(aligned[i]!, [size, node.args[i].size]));
    total = total ? add(total, part) : part;
  });
  return total;
}

const isDiagonal = ({ primitive, args }: Tensor): boolean => (primitive as Partial<ElementwisePrimitive>).kind === "elementwise" && args.length === 1;

/** A matrix over the directions `from` and `to` as one over all those that `shape` counts. */
function spread(part: Tensor, from: readonly number[], to: readonly number[], shape: readonly [number, number]): Tensor {
  if (from.length === shape[0] && to.length === shape[1]) return part;
  const [down, across] = [from, to].map((rows, k) => Array.from({ length: shape[k] }, (_, r) => rows.indexOf(r)));
  return gather(part, down.flatMap((i) => across.map((j) => (i < 0 || j < 0 ? -1 : i * to.length + j))), shape);
}
