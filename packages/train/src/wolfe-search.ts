/** A point on a line: how far along, the value there, and its slope along the line. */
export interface LinePoint {
  readonly at: number;
  /** Not finite where there is none. */
  readonly value: number;
  readonly slope: number;
}

/** How much of the decrease that the first slope promises is enough, and what part of the slope may be left. */
const [sufficient, remaining] = [1e-4, 0.9];
/** Most evaluations. */
const patience = 25;

/**
 * Looks along a line that falls from `start` for a point that satisfies the strong Wolfe conditions. Where the value is not finite the line is too long.
 *
 * @param first - Where to look first, > 0.
 * @param evaluate - The point at a place, > 0.
 * @returns The last place looked at that is low enough, or undefined when none is lower than `start`.
 * @source Nocedal and Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6, with cubic interpolation (3.59).
 */
export function wolfeSearch<T extends LinePoint>(start: LinePoint, first: number, evaluate: (at: number) => T): T | undefined {
  const isLow = ({ at, value }: LinePoint): boolean => value <= start.value + sufficient * at * start.slope;
  const isFlat = ({ slope }: LinePoint): boolean => Math.abs(slope) <= remaining * Math.abs(start.slope);
  /** The lowest point yet that is low enough; the minimum lies between it and `high`, or beyond while there is none. */
  let low: LinePoint = start;
  let best: T | undefined;
  let high: LinePoint | undefined;
  let at = first;
  for (let i = 0; i < patience; i++) {
    const point = evaluate(at);
    if (!isLow(point) || point.value >= low.value) high = point;
    else {
      if (isFlat(point)) return point;
      const isBeyond = point.slope * (high ? high.at - low.at : 1) >= 0;
      if (isBeyond) high = low;
      low = best = point;
    }
    const next = high ? between(low, high) : Math.min(10 * low.at, beyond(start, low));
    if (next === low.at || next === high?.at) break;
    at = next;
  }
  return best;
}

/** Where the cubic through values and slopes of two points is least, well inside of them. */
function between(low: LinePoint, high: LinePoint): number {
  const width = high.at - low.at;
  if (!Number.isFinite(high.value)) return low.at + 0.2 * width;
  const d = low.slope + high.slope - (3 * (high.value - low.value)) / width;
  const root = Math.sqrt(Math.max(0, d * d - low.slope * high.slope)) * Math.sign(width);
  const part = 1 - (high.slope + root - d) / (high.slope - low.slope + 2 * root);
  return low.at + width * Math.min(0.9, Math.max(0.1, Number.isFinite(part) ? part : 0.5));
}

/** Where the slope would vanish if it went on to change as from `start` to `low`: at least twice as far. */
function beyond(start: LinePoint, low: LinePoint): number {
  const change = low.slope - start.slope;
  return Math.max(2 * low.at, change > 0 ? (low.at * -start.slope) / change : Infinity);
}
