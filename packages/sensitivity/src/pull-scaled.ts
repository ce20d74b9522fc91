import type { Cotangent } from "@fluxion/ode-core";

/**
 * For a `pull` that solves to an absolute tolerance: applies it to `uBar` divided by a power of two, such that the largest entry is between 1 and 2, and multiplies
 * what comes out again. So it is linear, whatever the unit of the loss, and no number is rounded on the way.
 *
 * @param uBar - As `pull` of a linearization is given it, checked. Handed on as it is when it is zero or not finite.
 */
export function pullScaled(uBar: readonly Float64Array[], pull: (uBar: readonly Float64Array[]) => Cotangent): Cotangent {
  let largest = 0;
  for (const x of uBar) for (let j = 0; j < x.length; j++) largest = Math.max(largest, Math.abs(x[j]));
  if (!(largest > 0 && largest < Infinity)) return pull(uBar);
  const scale = 2 ** Math.floor(Math.log2(largest));
  const { du0, dp } = pull(uBar.map((x) => x.map((v) => v / scale)));
  return { du0: du0.map((v) => v * scale), dp: dp.map((v) => v * scale) };
}
