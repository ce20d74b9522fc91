/** Slope of the straight line through `(log x, log y)` by least squares: the observed order of convergence. */
export function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (v: readonly number[]): number => v.reduce((s, w) => s + w, 0) / v.length;
  const [lx, ly] = [x.map(Math.log), y.map(Math.log)];
  const [mx, my] = [mean(lx), mean(ly)];
  return mean(lx.map((v, i) => (v - mx) * (ly[i] - my))) / mean(lx.map((v) => (v - mx) ** 2));
}

/**
 * Observed order of convergence: the slope of the four finest of ever finer steps, each a fifth shorter, whose errors are not below `floor`, where
 * those of rounding show.
 *
 * @param error - Error with `count` steps to a length, up to 1000.
 * @returns NaN where there are not four.
 */
export function observedOrder(error: (count: number) => number, floor: number): number {
  const counts: number[] = [];
  const errors: number[] = [];
  for (let count = 4; count <= 1000; count = Math.ceil(1.25 * count)) {
    const e = error(count);
    if (e < floor) break;
    counts.push(count);
    errors.push(e);
  }
  return counts.length < 4 ? NaN : -slope(counts.slice(-4), errors.slice(-4));
}
