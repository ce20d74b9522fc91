import type { BoundField } from "@fluxion/ode-core";
import { eventJump, type EventJump } from "./event-jump.ts";
import type { EventGroup } from "./event-log.ts";
import { accumulate } from "./small-vectors.ts";

/**
 * Takes the gradient `lambda[n]` by the state after the events of a group in place to that by the state before them, with the gradients `uBar[i]` by the states saved there, and adds to the
 * gradient `byParameters[m]`.
 */
export function pullEvents(bound: BoundField, { events, first, middle, end, saver }: EventGroup, p: Float64Array, uBar: readonly Float64Array[], lambda: Float64Array, byParameters: Float64Array): void {
  const jumps: EventJump[] = [];
  for (const event of events) jumps.push(eventJump(bound, event, p, jumps));
  const [before, after] = [uBar.slice(first, middle), uBar.slice(middle, end)];
  // States that events saved move with these.
  const alongSlope = (rows: readonly Float64Array[], slope: Float64Array): number => rows.reduce((sum, w) => w.reduce((s, x, j) => s + x * slope[j], sum), 0);
  const byTime = jumps.map(({ slopes }, e) => (e === saver ? alongSlope(before, slopes[0]) : 0) + (e === jumps.length - 1 ? alongSlope(after, slopes[1]) : 0));
  for (const w of after) accumulate(1, w, lambda);
  for (let e = jumps.length - 1; e >= 0; e--) {
    const left = jumps[e].pull(lambda, byTime[e], byParameters);
    const { leader } = jumps[e];
    if (leader !== undefined) byTime[leader] += left;
    if (e === saver) for (const w of before) accumulate(1, w, lambda);
  }
  if (saver === undefined) for (const w of before) accumulate(1, w, lambda);
}
