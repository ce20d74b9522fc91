/** Slope of the straight line through `(log x, log y)` by least squares: the observed order of convergence. */
export function slope(x: readonly number[], y: readonly number[]): number {
  const mean = (v: readonly number[]): number => v.reduce((s, w) => s + w, 0) / v.length;
  const [lx, ly] = [x.map(Math.log), y.map(Math.log)];
  const [mx, my] = [mean(lx), mean(ly)];
  return mean(lx.map((v, i) => (v - mx) * (ly[i] - my))) / mean(lx.map((v) => (v - mx) ** 2));
}
