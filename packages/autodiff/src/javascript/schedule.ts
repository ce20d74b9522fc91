import { elementwise, type ElementwisePrimitive } from "../elementwise.ts";
import { contractPrimitive } from "../contract.ts";
import { concatPrimitive, padPrimitive } from "../shape-ops.ts";
import { reshapePrimitive } from "../broadcast.ts";
import { constantPrimitive, inputPrimitive, literalPrimitive, type Tensor } from "../tensor.ts";
import { topological, type Program } from "../trace.ts";
import { viewOf, type View } from "./view.ts";

/** Part of an output: `node` goes to the entries from `offset` on, row-major. */
export interface Piece {
  readonly output: number;
  readonly offset: number;
  readonly node: Tensor;
}

/** One loop nest: elementwise operations of one shape, or a single other operation. */
export interface Step {
  readonly stage: number;
  readonly nodes: Tensor[];
}

/** A program cut into steps, in order. */
export interface Schedule {
  readonly steps: readonly Step[];
  readonly views: ReadonlyMap<Tensor, View>;
  readonly pieces: readonly Piece[];
  /** Nodes whose values another step or an output reads from memory. */
  readonly stored: ReadonlySet<Tensor>;
  /** Contractions that add to their place in an output themselves. */
  readonly direct: ReadonlyMap<Tensor, Piece>;
}

export const isElementwise = (node: Tensor): boolean => (node.primitive as Partial<ElementwisePrimitive>).kind === "elementwise";
export const isLeaf = (node: Tensor): boolean =>
  node.primitive === inputPrimitive || node.primitive === constantPrimitive || node.primitive === literalPrimitive;

/**
 * Cuts an output into the parts that are written on their own: sums become several additions to the same entries, zero
 * padding and concatenation of vectors disappear. The gradient by a flat parameter vector is such a sum of padded parts.
 */
function cut(output: number, node: Tensor, offset: number, pieces: Piece[]): void {
  if (node.primitive === elementwise.add && node.args.some((x) => isAssembled(x))) for (const x of node.args) cut(output, x, offset, pieces);
  else if (node.primitive === reshapePrimitive) cut(output, node.args[0], offset, pieces);
  else if (node.primitive === padPrimitive && node.shape.length === 1) cut(output, node.args[0], offset + node.attrs.start[0], pieces);
  else if (node.primitive === concatPrimitive && node.shape.length === 1) {
    for (const x of node.args) {
      cut(output, x, offset, pieces);
      offset += x.size;
    }
  } else if (!(node.primitive === constantPrimitive && node.attrs.value === 0)) pieces.push({ output, offset, node });
}

/** Adding in place pays when a part of the sum is smaller than the whole. */
const isAssembled = (x: Tensor): boolean =>
  x.primitive === padPrimitive ||
  x.primitive === concatPrimitive ||
  (x.primitive === elementwise.add && x.args.some(isAssembled)) ||
  (x.primitive === reshapePrimitive && isAssembled(x.args[0]));

/** Orders and groups the operations: elementwise ones of equal shape that depend on one another only directly share a loop. */
export function schedule(program: Program): Schedule {
  const pieces: Piece[] = [];
  program.outputs.forEach((y, k) => cut(k, y, 0, pieces));
  const order = topological(pieces.map((piece) => piece.node));
  const views = new Map<Tensor, View>();
  const stage = new Map<Tensor, number>();
  const groups = new Map<string, Step>();
  const stored = new Set<Tensor>();
  const baseStage = (x: Tensor): number => {
    const { base } = views.get(x)!;
    return base ? (stage.get(base) ?? -1) : -1;
  };
  for (const node of order) {
    views.set(node, viewOf(node, (x) => views.get(x)!));
    if (isLeaf(node) || views.get(node)!.base !== node) continue;
    const fuses = (x: Tensor): boolean => isElementwise(node) && isElementwise(x) && views.get(x)!.base === x && sameSizes(x, node);
    const at = node.args.reduce((s, x) => Math.max(s, fuses(x) ? stage.get(x)! : baseStage(x) + 1), 0);
    stage.set(node, at);
    const key = isElementwise(node) ? `${at}|${node.shape.join()}` : `${node.id}`;
    const group = groups.get(key);
    if (group) group.nodes.push(node);
    else groups.set(key, { stage: at, nodes: [node] });
    for (const x of node.args) if (!(fuses(x) && stage.get(x) === at)) markStored(views.get(x)!, stored);
  }
  const steps = [...groups.values()].sort((a, b) => a.stage - b.stage);
  const direct = directPieces({ steps, views, pieces });
  for (const { node } of pieces) if (!direct.has(node)) markStored(views.get(node)!, stored);
  return { steps, views, pieces, stored, direct };
}

const sameSizes = (a: Tensor, b: Tensor): boolean => a.shape.length === b.shape.length && a.shape.every((s, i) => s === b.shape[i]);

function markStored(view: View, stored: Set<Tensor>): void {
  if (view.base && !isLeaf(view.base)) stored.add(view.base);
}

/** Contractions whose only reader is one place of an output: they add there directly. */
function directPieces({ pieces, steps, views }: Omit<Schedule, "direct" | "stored">): Map<Tensor, Piece> {
  const readers = new Map<Tensor, number>();
  const read = (x: Tensor): void => {
    const { base } = views.get(x)!;
    if (base) readers.set(base, (readers.get(base) ?? 0) + 1);
  };
  for (const step of steps) for (const node of step.nodes) node.args.forEach(read);
  for (const piece of pieces) read(piece.node);
  return new Map(pieces.filter(({ node }) => node.primitive === contractPrimitive && readers.get(node) === 1).map((piece) => [piece.node, piece]));
}

