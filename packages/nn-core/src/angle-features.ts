import { at, concat, cos, mul, reshape, sin, type Tensor } from "@fluxion/autodiff";
import { OdeError } from "@fluxion/ode-core";

/** Number of features of `d` coordinates of which some are angles. @throws OdeError `INVALID_OPTION` for indices that are no coordinates. */
export function angleFeatureCount(coordinates: number, angles: readonly number[]): number {
  if (angles.some((i) => i >= coordinates) || new Set(angles).size !== angles.length) {
    throw new OdeError("INVALID_OPTION", `Cannot use angles [${angles.join(", ")}] as they must be different indices below ${coordinates}`);
  }
  return coordinates + angles.length;
}

/** `q[d]` as network input: `cos` and `sin` of each angle, the others times `scale`. Periodic in the angles by construction. */
export function angleFeatures(q: Tensor, angles: readonly number[], scale = 1): Tensor {
  if (angles.length === 0) return mul(q, scale);
  angleFeatureCount(q.size, angles);
  const parts = Array.from({ length: q.size }, (_, i) => {
    const x = at(q, i);
    return angles.includes(i) ? [cos(x), sin(x)] : [mul(x, scale)];
  });
  return concat(parts.flat().map((x) => reshape(x, [1])));
}
