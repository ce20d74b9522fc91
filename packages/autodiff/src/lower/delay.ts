import { concatPrimitive } from "../shape-ops.ts";
import type { Tensor } from "../tensor.ts";

/** A program whose operations are about to be put into loops. */
export interface Stages {
  /** Operations with storage of their own, in order. */
  readonly order: readonly Tensor[];
  /** When each is computed: as early as possible at first. */
  readonly stage: Map<Tensor, number>;
  /** Those whose values are outputs. */
  readonly results: ReadonlySet<Tensor>;
  /** The operation whose storage holds the entries of a tensor. */
  readonly sourceOf: (x: Tensor) => Tensor | null;
  /** Whether an operation reads its argument `x` from a register where both are in one loop. */
  readonly fuses: (x: Tensor, node: Tensor) => boolean;
  /** What names the loops that an operation may join; undefined where it joins none. */
  readonly kindOf: (node: Tensor) => string | undefined;
  /** Whether it is one that may be moved. */
  readonly moves: (node: Tensor) => boolean;
  /** How many such operations a loop takes. */
  readonly limit: (node: Tensor) => number;
}

/** What is read more often is taken to be in memory. */
const mostReaders = 16;

/**
 * Moves operations to later loops where fewer results have to be stored then: what is computed from arrays in memory goes to where it is read, and
 * so do results that one later loop alone reads, unless several others would have to be stored for them.
 */
export function delay({ order, stage, results, sourceOf, fuses, kindOf, moves, limit }: Stages): void {
  const readers = new Map<Tensor, { readonly node: Tensor; readonly shared: boolean }[]>(order.map((node) => [node, []]));
  /** How many operations there are at each stage, by kind. */
  const counts = new Map<string, number[]>();
  const count = (node: Tensor, at: number, more: 1 | -1): void => {
    const kind = kindOf(node);
    if (kind === undefined) return;
    const own = counts.get(kind) ?? [];
    own[at] = (own[at] ?? 0) + more;
    counts.set(kind, own);
  };
  for (const node of order) {
    count(node, stage.get(node)!, 1);
    for (const x of node.args) readers.get(sourceOf(x)!)?.push({ node, shared: fuses(x, node) });
  }
  /** Whether it costs nothing to read `x`, which is computed together with `node`, at a later stage: others do so, or it can be delayed, too. */
  const isFree = (x: Tensor, node: Tensor, at: number): boolean => {
    const own = readers.get(x)!;
    if (own.length > mostReaders || results.has(x)) return true;
    const others = own.filter((reader) => reader.node !== node);
    return others.some((reader) => !reader.shared || stage.get(reader.node)! > stage.get(x)!) || (moves(x) && others.every((reader) => stage.get(reader.node)! >= at));
  };
  // Those that read an operation have their places before it gets one.
  for (const node of order.toReversed()) {
    const own = readers.get(node)!;
    const first = stage.get(node)!;
    if (own.length === 0 || results.has(node)) continue;
    const latest = own.reduce((least, reader) => Math.min(least, stage.get(reader.node)! - (reader.shared ? 0 : 1)), Infinity);
    // Whose parts are to be computed late, too.
    if (node.primitive === concatPrimitive) stage.set(node, latest);
    if (!moves(node)) continue;
    const loops = counts.get(kindOf(node) ?? "") ?? [];
    let at = latest;
    while (at > first && !(loops[at] > 0 && loops[at] < limit(node))) at--;
    if (at === first) continue;
    const stored = new Set(node.args.filter((x) => fuses(x, node) && stage.get(x) === first && !isFree(x, node, at))).size;
    const saved = own.every((reader) => reader.shared && stage.get(reader.node) === at) ? 1 : 0;
    if (stored > saved) continue;
    count(node, first, -1);
    count(node, at, 1);
    stage.set(node, at);
  }
}
