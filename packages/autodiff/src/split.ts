import { broadcastPrimitive, reshape, reshapePrimitive } from "./broadcast.ts";
import { elementwise } from "./elementwise.ts";
import { expand } from "./expand.ts";
import { concat, concatPrimitive, padPrimitive, slice, slicePrimitive, transposePrimitive } from "./shape-ops.ts";
import { fuseProducts } from "./lower/fuse-products.ts";
import { gapBehind } from "./lower/spacing.ts";
import { constant, input, isFixed, tracing, withArgs, type Primitive, type Tensor } from "./tensor.ts";
import { dependents, topological, type Program } from "./trace.ts";

/** A program in two parts, to be run one after the other, the second any time later. */
export interface SplitProgram {
  /** Inputs: those of the program but the late ones. Outputs: the early ones, and last what is kept for the second part, flat. */
  readonly first: Program;
  /** Inputs: what was kept, then the shared and the late ones. Outputs: the others. */
  readonly second: Program;
  /** Places of the shared inputs among those of the first part. */
  readonly shared: readonly number[];
}

/** Records take up to 256 MiB, in numbers. */
export const recordLimit: number = 2 ** 25;

/** How to cut a program in two. */
export interface SplitOptions {
  /** How many of its last inputs are known to the second part only. */
  readonly late: number;
  /** Inputs, by place, that both parts are given: they need not be kept. */
  readonly shared: readonly number[];
  /** How many of its outputs, from the first, are those of the first part. */
  readonly early: number;
}

/** Operations that cost no more than fetching their result from memory. */
const cheap: ReadonlySet<Primitive> = new Set<Primitive>([
  reshapePrimitive, slicePrimitive, transposePrimitive, broadcastPrimitive, concatPrimitive, padPrimitive,
  ...(["neg", "add", "sub", "mul", "maximum", "minimum", "greater", "where", "abs", "sign"] as const).map((name) => elementwise[name]),
]);
/** Operations that only look at their argument: the argument is kept in their place. */
const views: ReadonlySet<Primitive> = new Set<Primitive>([reshapePrimitive, slicePrimitive, transposePrimitive, broadcastPrimitive]);

/**
 * Cuts a program, a function and its pullback for instance, at the inputs that become known last: the first part computes all
 * that does not depend on them and keeps those results that the second part cannot cheaply compute again.
 */
export function split(program: Program, { late, shared, early }: SplitOptions): SplitProgram {
  // Merged later, products would have to be copied into the record.
  const { inputs, outputs } = fuseProducts(expand(program), early);
  return tracing(() => {
    const lateInputs = inputs.slice(inputs.length - late);
    const sharedInputs = shared.map((i) => inputs[i]);
    const order = topological(outputs);
    const isLate = dependents(order, lateInputs);
    const kept = keptNodes(order, isLate, outputs.slice(early), new Set(sharedInputs));
    const flat = (x: Tensor): Tensor => reshape(x, [x.size]);
    const apart = kept.flatMap((x) => (gapBehind(x) > 0 ? [flat(x), constant(0, [gapBehind(x)])] : [flat(x)]));
    const record = apart.length > 0 ? concat(apart) : constant(0, [0]);
    const store = input("kept", record.shape);
    const value = new Map<Tensor, Tensor>();
    let from = 0;
    for (const x of kept) {
      value.set(x, reshape(slice(store, from, from + x.size), x.shape));
      from += x.size + gapBehind(x);
    }
    return {
      first: { inputs: inputs.slice(0, inputs.length - late), outputs: [...outputs.slice(0, early), record] },
      second: { inputs: [store, ...sharedInputs, ...lateInputs], outputs: outputs.slice(early).map((y) => rebuilt(y, value)) },
      shared,
    };
  });
}

/** `root` with the nodes in `value` replaced. */
function rebuilt(root: Tensor, value: Map<Tensor, Tensor>): Tensor {
  for (const node of topological([root], new Set(value.keys()))) {
    if (!value.has(node)) value.set(node, withArgs(node, node.args.map((x) => value.get(x)!)));
  }
  return value.get(root)!;
}

/** The early nodes to keep: those that late ones read, or what they are views of, less those that others among them cheaply give. */
function keptNodes(order: readonly Tensor[], isLate: ReadonlySet<Tensor>, lateOutputs: readonly Tensor[], shared: ReadonlySet<Tensor>): Tensor[] {
  const wanted = new Set<Tensor>();
  const want = (x: Tensor): void => {
    let base = x;
    while (views.has(base.primitive)) [base] = base.args;
    if (!isLate.has(base) && !isFixed(base) && !shared.has(base)) wanted.add(base);
  };
  for (const node of order) if (isLate.has(node)) node.args.forEach(want);
  lateOutputs.forEach(want);
  const given = new Set<Tensor>();
  const kept: Tensor[] = [];
  for (const node of order) {
    if (isLate.has(node)) continue;
    const free = isFixed(node) || shared.has(node) || (cheap.has(node.primitive) && node.args.every((x) => given.has(x)));
    if (!free && wanted.has(node)) kept.push(node);
    if (free || wanted.has(node)) given.add(node);
  }
  return kept;
}
