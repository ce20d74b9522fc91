import { concatPrimitive } from "../shape-ops.ts";
import type { Tensor } from "../tensor.ts";
import { isCall } from "./copies.ts";
import { isLeaf, type Schedule } from "./schedule.ts";
import { isContiguous } from "./view.ts";

/** A place within the storage of a concatenation, or within an output. */
export interface Placement {
  readonly owner: Tensor | number;
  readonly offset: number;
}

/** Where a tensor that owns its storage ends up: an output or the outermost concatenation that holds it, or itself. */
export function placeOf(placed: ReadonlyMap<Tensor, Placement>, x: Tensor): Placement {
  let at: Placement = { owner: x, offset: 0 };
  for (let next = placed.get(x); next; next = typeof next.owner === "number" ? undefined : placed.get(next.owner)) at = { owner: next.owner, offset: at.offset + next.offset };
  return at;
}

/** Whether a tensor is computed in this place of a concatenation or an output. */
export function isPlaced({ views }: Schedule, placed: ReadonlyMap<Tensor, Placement>, x: Tensor, owner: Tensor | number, offset: number): boolean {
  const { base } = views.get(x)!;
  const placement = base && placed.get(base);
  return placement !== null && placement !== undefined && placement.owner === owner && placement.offset === offset && base!.size === x.size;
}

/**
 * Results that are computed where they are wanted in the end, which spares copying them there: in the concatenation that
 * they are a part of, or in an output.
 *
 * @param written - Outputs whose pieces are stored without overlap: not those that are added to.
 */
export function placements({ steps, views, pieces, stored, direct }: Schedule, written: ReadonlySet<number>): Map<Tensor, Placement> {
  const placed = new Map<Tensor, Placement>();
  // Operations without code of their own work on arrays of the arena.
  const inArena = new Set(steps.flatMap(({ nodes }) => nodes.filter(isCall).flatMap((node) => [node, ...node.args.map((x) => views.get(x)!.base)])));
  const place = (x: Tensor, owner: Tensor | number, offset: number): void => {
    const view = views.get(x)!;
    const { base } = view;
    if (!base || isLeaf(base) || !stored.has(base) || placed.has(base) || inArena.has(base) || base.size !== x.size || view.offset !== 0 || !isContiguous(x.shape, view.strides)) return;
    placed.set(base, { owner, offset });
  };
  for (const { output, offset, node } of pieces) if (written.has(output) && !direct.has(node)) place(node, output, offset);
  for (const { nodes: [node] } of steps) {
    const { axis } = node.attrs as { axis: number };
    if (node.primitive !== concatPrimitive || !stored.has(node) || node.shape.slice(0, axis).some((s) => s > 1)) continue;
    let offset = 0;
    for (const x of node.args) {
      place(x, node, offset);
      offset += x.size;
    }
  }
  return placed;
}
