import { add, isElementwise, mul } from "./elementwise.ts";
import { contract } from "./contract.ts";
import { repeat, reshape } from "./broadcast.ts";
import { concat, gather, slice } from "./shape-ops.ts";
import { constant, input, type Tensor } from "./tensor.ts";
import { between, substitute, type Program } from "./trace.ts";
import { batchProgram } from "./vmap.ts";
import { cotangentsOf } from "./vjp.ts";

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
    const xs = [...new Set(node.args)].filter((x) => bundles.get(x));
    const rows = [...new Set(xs.flatMap((x) => bundles.get(x)!.rows))].sort((a, b) => a - b);
    if (rows.length === 0) continue;
    const tangents = xs.map((x) => align(bundles.get(x)!, rows, x));
    // The node's own rule for one direction, which stands for all.
    const ds = xs.map((x) => input("dx", x.shape));
    const dy = node.primitive.jvp(node.args.map((x) => ds[xs.indexOf(x)] ?? null), node);
    bundles.set(node, dy && { rows, tensor: batched({ inputs: ds, outputs: [dy] }, tangents) });
    const g = cotangents.get(node);
    const from = rows.filter((r) => r < wanted);
    const part = dy && g && from.length > 0 && curvature(node, g, xs, { inputs: ds, outputs: [dy] }, tangents, from.length);
    if (part) form = add(form, spread(part, from, rows, [wanted, count]));
  }
  return { gradients: program.inputs.map((x) => cotangents.get(x) ?? constant(0, x.shape)), form, bundles };
}

/** The program's one output for all tangents. */
const batched = (program: Program, tangents: readonly Tensor[]): Tensor => batchProgram(program, tangents, tangents.map(() => true), tangents[0].shape[0])[0];

/** The bundle's tensor with one entry for each of `rows`. */
function align(bundle: Bundle, rows: readonly number[], like: Tensor): Tensor {
  if (rows.length === bundle.rows.length) return bundle.tensor;
  return concat(rows.map((r) => {
    const i = bundle.rows.indexOf(r);
    return i < 0 ? constant(0, [1, ...like.shape]) : slice(bundle.tensor, i, i + 1);
  }));
}

/**
 * `g . D2(node)[tangent i, tangent j]` for the first `count` tangents i and all tangents j, or null when the operation is linear. `tangent` is the node's
 * tangent along tangents of its arguments `xs`.
 */
function curvature(node: Tensor, g: Tensor, xs: readonly Tensor[], tangent: Program, tangents: readonly Tensor[], count: number): Tensor | null {
  // Gradients of `g . tangent` by the arguments, along which it is taken held fixed.
  const slopes = cotangentsOf({ inputs: node.args, outputs: tangent.outputs }, [g]);
  const first = tangents.map((t) => slice(t, 0, count));
  let total: Tensor | null = null;
  xs.forEach((x, k) => {
    const slope = slopes.get(x);
    if (!slope) return;
    const single = { inputs: tangent.inputs, outputs: [slope] };
    // Entry by entry, of one argument: a diagonal times each tangent, which is less work than from each tangent on.
    const along = isDiagonal(node) ? mul(repeat(substitute(single, [constant(1, x.shape)])[0], count), first[0]) : batched(single, first);
    const part = contract("am,bm->ab", reshape(along, [count, x.size]), reshape(tangents[k], [tangents[k].shape[0], x.size]));
    total = total ? add(total, part) : part;
  });
  return total;
}

const isDiagonal = (node: Tensor): boolean => isElementwise(node) && node.args.length === 1;

/** A matrix over the directions `from` and `to` as one over all those that `shape` counts. */
function spread(part: Tensor, from: readonly number[], to: readonly number[], shape: readonly [number, number]): Tensor {
  if (from.length === shape[0] && to.length === shape[1]) return part;
  const [down, across] = [from, to].map((rows, k) => Array.from({ length: shape[k] }, (_, r) => rows.indexOf(r)));
  return gather(part, down.flatMap((i) => across.map((j) => (i < 0 || j < 0 ? -1 : i * to.length + j))), shape);
}
