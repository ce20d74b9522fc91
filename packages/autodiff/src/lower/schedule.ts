import { elementwise, isElementwise } from "../elementwise.ts";
import { contractPrimitive } from "../contract.ts";
import { concatPrimitive, padPrimitive } from "../shape-ops.ts";
import { reshapePrimitive } from "../broadcast.ts";
import { constantPrimitive, inputPrimitive, literalPrimitive, sameShape, type Primitive, type Tensor } from "../tensor.ts";
import { topological, type Program } from "../trace.ts";
import { unrollLimit } from "./collapse.ts";
import { delay } from "./delay.ts";
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
  /** Contractions that write to their place in an output themselves, or add to it. */
  readonly direct: ReadonlyMap<Tensor, Piece>;
}

/** Operations of one instruction or two. */
const arithmetic: ReadonlySet<Primitive> = new Set((["neg", "add", "sub", "mul", "div", "multiplyAdd", "maximum", "minimum", "greater", "where", "abs"] as const).map((name) => elementwise[name]));
export const isArithmetic = ({ primitive }: Tensor): boolean => arithmetic.has(primitive);
export const isLeaf = (node: Tensor): boolean =>
  node.primitive === inputPrimitive || node.primitive === constantPrimitive || node.primitive === literalPrimitive;

/**
 * Cuts the outputs into the parts that are written on their own: sums become several additions to the same entries, in an order
 * that gives the same bits, zero padding and concatenation of vectors disappear. The gradient by a flat parameter vector is such a sum of padded parts.
 */
export function cut(outputs: readonly Tensor[]): Piece[] {
  const order = topological(outputs);
  const assembled = assembledNodes(order);
  const readers = new Map<Tensor, number>();
  for (const x of [...outputs, ...order.flatMap((node) => node.args)]) readers.set(x, (readers.get(x) ?? 0) + 1);
  const pieces: Piece[] = [];
  // Additions to entries that hold something already would be added to it one by one.
  const isFresh = ({ output, offset, node }: Piece): boolean => !pieces.some((other) => other.output === output && other.offset < offset + node.size && offset < other.offset + other.node.size);
  const pending: Piece[] = outputs.map((node, output) => ({ output, offset: 0, node })).reverse();
  for (let piece = pending.pop(); piece; piece = pending.pop()) {
    const { output, offset, node } = piece;
    // A sum with other readers is computed once and copied.
    if (node.primitive === elementwise.add && readers.get(node) === 1 && node.args.some((x) => assembled.has(x)) && isFresh(piece)) {
      const [x, y] = node.args;
      const [first, second] = assembled.has(x) ? [x, y] : [y, x];
      pending.push({ output, offset, node: second }, { output, offset, node: first });
    } else if (node.primitive === reshapePrimitive) pending.push({ output, offset, node: node.args[0] });
    else if (node.primitive === padPrimitive && node.shape.length === 1) pending.push({ output, offset: offset + node.attrs.start[0], node: node.args[0] });
    else if (node.primitive === concatPrimitive && node.shape.length === 1) {
      let at = offset + node.size;
      for (const x of node.args.toReversed()) pending.push({ output, offset: (at -= x.size), node: x });
    } else if (!(node.primitive === constantPrimitive && node.attrs.value === 0)) pieces.push(piece);
  }
  return pieces;
}

/** Sums where a part is smaller than the whole: there, adding in place pays. */
function assembledNodes(order: readonly Tensor[]): Set<Tensor> {
  const found = new Set<Tensor>();
  for (const node of order) {
    const { primitive, args } = node;
    const passes = primitive === elementwise.add || primitive === reshapePrimitive;
    if (primitive === padPrimitive || primitive === concatPrimitive || (passes && args.some((x) => found.has(x)))) found.add(node);
  }
  return found;
}

/** The optimising compiler gives up on long functions. Loops over up to 4 entries are unrolled, so they count as often. */
const groupLimit = (node: Tensor): number => 100 / Math.max(1, node.size <= unrollLimit ? node.size : 1);

/**
 * Orders and groups the operations: elementwise ones of equal shape that depend on one another only directly share a loop. Each is computed as early as
 * possible, or later where that spares storing results.
 */
export function schedule(program: Program): Schedule {
  const pieces = cut(program.outputs);
  const order = topological(pieces.map((piece) => piece.node));
  const views = new Map<Tensor, View>();
  const stage = new Map<Tensor, number>();
  const steps: Step[] = [];
  /** The group of each shape and stage that takes more operations. */
  const open = new Map<string, Step>();
  const groupOf = new Map<Tensor, Step>();
  const stored = new Set<Tensor>();
  const baseStage = (x: Tensor): number => {
    const { base } = views.get(x)!;
    return base ? (stage.get(base) ?? -1) : -1;
  };
  const fuses = (x: Tensor, node: Tensor): boolean => isElementwise(node) && isElementwise(x) && views.get(x)!.base === x && sameShape(x.shape, node.shape);
  const computed: Tensor[] = [];
  for (const node of order) {
    views.set(node, viewOf(node, (x) => views.get(x)!));
    if (isLeaf(node) || views.get(node)!.base !== node) continue;
    stage.set(node, node.args.reduce((s, x) => Math.max(s, fuses(x, node) ? stage.get(x)! : baseStage(x) + 1), 0));
    computed.push(node);
  }
  delay({
    order: computed, stage, fuses,
    results: new Set(pieces.flatMap(({ node }) => views.get(node)!.base ?? [])),
    sourceOf: (x) => views.get(x)!.base,
    kindOf: (node) => (isElementwise(node) ? node.shape.join() : undefined),
    // Longer functions may share a part with others of their loop.
    moves: isArithmetic,
    limit: groupLimit,
  });
  for (const node of computed) {
    const at = stage.get(node)!;
    const key = isElementwise(node) ? `${at}|${node.shape.join()}` : `${node.id}`;
    let group = open.get(key);
    if (!group || group.nodes.length >= groupLimit(node)) {
      group = { stage: at, nodes: [] };
      open.set(key, group);
      steps.push(group);
    }
    group.nodes.push(node);
    groupOf.set(node, group);
    for (const x of node.args) if (groupOf.get(x) !== group) markStored(views.get(x)!, stored);
  }
  // Groups of one stage stay in the order in which they were opened: later ones may read earlier ones.
  steps.sort((a, b) => a.stage - b.stage);
  const direct = directPieces({ steps, views, pieces });
  for (const { node } of pieces) if (!direct.has(node)) markStored(views.get(node)!, stored);
  return { steps, views, pieces, stored, direct };
}

function markStored(view: View, stored: Set<Tensor>): void {
  if (view.base && !isLeaf(view.base)) stored.add(view.base);
}

/** Contractions whose only reader is one place of an output: they write or add there directly. */
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

/** Entries of an output that are zero before anything is written or added. */
interface Cleared {
  readonly output: number;
  readonly offset: number;
  readonly size: number;
}

/** How outputs come about that are not to be added to. */
export interface Writing {
  /** Those whose pieces are written: they do not overlap. The others are cleared and added to. */
  readonly written: ReadonlySet<number>;
  readonly cleared: readonly Cleared[];
}

/** Outputs whose pieces do not overlap need no clearing but of the gaps between them. */
export function outputWriting({ pieces }: Schedule, outputs: readonly Tensor[], accumulate: readonly boolean[] = []): Writing {
  const written = new Set<number>();
  const cleared: Cleared[] = [];
  outputs.forEach(({ size }, output) => {
    if (accumulate[output]) return;
    const gaps = gapsBetween(pieces.filter((piece) => piece.output === output), output, size);
    if (gaps) written.add(output);
    cleared.push(...(gaps ?? [{ output, offset: 0, size }]));
  });
  return { written, cleared };
}

/** The entries of an output that none of its pieces covers. Null when some are covered twice. */
function gapsBetween(pieces: readonly Piece[], output: number, size: number): Cleared[] | null {
  const gaps: Cleared[] = [];
  let at = 0;
  for (const { offset, node } of pieces.toSorted((a, b) => a.offset - b.offset)) {
    if (offset < at) return null;
    if (offset > at) gaps.push({ output, offset: at, size: offset - at });
    at = offset + node.size;
  }
  return at < size ? [...gaps, { output, offset: at, size: size - at }] : gaps;
}
