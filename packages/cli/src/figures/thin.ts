/** A point of a line. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * The points of a line that can be seen: for each of `bins` equal parts of the line its lowest and highest point, and both ends.
 * Keeps spikes, which taking every kth point loses. Points that are not finite are left out.
 */
export function thin(x: readonly number[], y: readonly number[], bins: number): readonly Point[] {
  const points = x.map((value, i) => ({ x: value, y: y[i] })).filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
  if (points.length <= 2 * bins) return points;
  const kept = new Set<number>([0, points.length - 1]);
  for (let bin = 0; bin < bins; bin++) {
    const end = Math.floor(((bin + 1) * points.length) / bins);
    let low = Math.floor((bin * points.length) / bins);
    let high = low;
    for (let i = low + 1; i < end; i++) {
      if (points[i].y < points[low].y) low = i;
      if (points[i].y > points[high].y) high = i;
    }
    kept.add(low).add(high);
  }
  return [...kept].toSorted((a, b) => a - b).map((i) => points[i]);
}
