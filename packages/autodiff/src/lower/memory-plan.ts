import type { Tensor } from "../tensor.ts";
import { placeOf, type Placement } from "./placements.ts";
import { isLeaf, type Schedule } from "./schedule.ts";
import { gapBehind } from "./spacing.ts";

/**
 * Offsets of all stored nodes in one arena of `size` numbers, but of those that are placed in an output; storage is reused
 * once its last reader has run.
 */
export interface MemoryPlan {
  readonly offsets: ReadonlyMap<Tensor, number>;
  readonly size: number;
}

/** Assigns arena offsets by first fit over the steps in order. Results for outputs live to the end. */
export function planMemory({ steps, views, pieces, stored }: Schedule, placed: ReadonlyMap<Tensor, Placement>): MemoryPlan {
  const lastUse = new Map<Tensor | number, number>();
  const use = (x: Tensor, step: number): void => {
    const base = views.get(x)?.base;
    if (!base || isLeaf(base)) return;
    const { owner } = placeOf(placed, base);
    lastUse.set(owner, Math.max(lastUse.get(owner) ?? 0, step));
  };
  steps.forEach((step, s) => step.nodes.forEach((node) => node.args.forEach((x) => use(x, s))));
  for (const piece of pieces) use(piece.node, steps.length);

  const offsets = new Map<Tensor, number>();
  /** Sorted by place. */
  let live: { from: number; to: number; until: number }[] = [];
  let size = 0;
  const allocate = (node: Tensor, s: number): void => {
    let at = 0;
    let next = 0;
    const room = node.size + gapBehind(node);
    for (; next < live.length && live[next].from - at < room; next++) at = live[next].to;
    live.splice(next, 0, { from: at, to: at + room, until: lastUse.get(node) ?? s });
    offsets.set(node, at);
    size = Math.max(size, at + room);
  };
  steps.forEach((step, s) => {
    // A step may read what dies here while it writes, so storage is freed after the step.
    live = live.filter((block) => block.until >= s);
    for (const node of step.nodes) {
      if (!stored.has(node)) continue;
      const { owner, offset } = placeOf(placed, node);
      if (typeof owner === "number") continue;
      // The first part of a concatenation claims the storage of all.
      if (!offsets.has(owner)) allocate(owner, s);
      if (owner !== node) offsets.set(node, offsets.get(owner)! + offset);
    }
  });
  return { offsets, size };
}
