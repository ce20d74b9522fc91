import { OdeError } from "@fluxion/ode-core";

/**
 * Scales `g` in place so that its Euclidean norm is at most `limit`; returns the norm it had, not finite when an entry is not.
 *
 * @throws OdeError `INVALID_OPTION` unless `limit > 0`.
 */
export function clipNorm(g: Float64Array, limit: number): number {
  if (!(limit > 0)) throw new OdeError("INVALID_OPTION", `Cannot clip a gradient as option "clipNorm" must be above 0: current value is ${limit}`);
  const norm = normOf(g);
  if (norm > limit) for (let i = 0; i < g.length; i++) g[i] *= limit / norm;
  return norm;
}

/** In units of the largest entry where the squares themselves would overflow or underflow. */
function normOf(g: Float64Array): number {
  const sum = squares(g, 1);
  if (sum > 1e-280 && sum < Infinity) return Math.sqrt(sum);
  const largest = g.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
  return largest > 0 && largest < Infinity ? largest * Math.sqrt(squares(g, largest)) : largest;
}

function squares(g: Float64Array, unit: number): number {
  let sum = 0;
  for (let i = 0; i < g.length; i++) sum += (g[i] / unit) * (g[i] / unit);
  return sum;
}
