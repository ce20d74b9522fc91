import type { DividedDifferences } from "./divided-differences.ts";

/**
 * Extrapolates the polynomial through the last `k` slopes over the step by `h` that `past` is aimed at: adds its integral to `out[n]`, and writes
 * its value at the end into `slope[n]`.
 *
 * @param g - By `adamsWeights` for the whole step, `k` of them or more.
 */
export function predict({ phi, beta }: DividedDifferences, k: number, h: number, g: Float64Array, out: Float64Array, slope: Float64Array): void {
  const n = out.length;
  slope.fill(0);
  for (let j = k - 1; j >= 0; j--) {
    // Plain names: to destructure a list would make one wherever this is not optimised.
    const row = phi[j];
    const b = beta[j];
    const c = h * g[j] * b;
    for (let i = 0; i < n; i++) {
      out[i] += c * row[i];
      slope[i] += b * row[i];
    }
  }
}
