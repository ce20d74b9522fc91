import { OdeError, shown } from "./errors.ts";
import type { MatrixLayout } from "./linear-algebra/matrix-layout.ts";

/** Changes of components beyond the band that are below this part of the largest change may come from rounding. */
const negligible = 1e-6;
/** How far changes by moves of other lengths may be from those of a linear function. */
const nonlinear = 0.01;
/** Most pairs of blocks. */
const mostPairs = 3;

/**
 * Whether a field keeps the promise of its band. Blocks of components are moved, every other one and then the others: components that are further than the band from all
 * that moved must stay as they are, to the bit in most fields. That holds for fields with kinks and switches, too, whose differences need not be those of a Jacobian; one
 * that does change must do so in proportion to moves of other lengths, so that neither rounding nor a switch that happens to be at its threshold counts.
 *
 * @param scale - A small move `scale[n]` of each component.
 * @param change - Writes into `out[n]` how `f` changes by the move `d[n]`, NaN where that is not known.
 * @throws OdeError `INVALID_ARGUMENT` when a component depends on others than promised.
 */
export function probeBand(layout: MatrixLayout, scale: Float64Array, change: (d: Float64Array, out: Float64Array) => void): void {
  const { n, lower, upper, columnStep, order } = layout;
  const blocks = 2 * Math.max(1, Math.min(mostPairs, Math.floor(n / (8 * columnStep))));
  const [d, out] = [new Float64Array(n), new Float64Array(n)];
  for (const parity of [0, 1]) {
    // Blocks of lengths of their own, as what is equally far apart might move together, and moves of lengths of their own, which hide no differences.
    for (let j = 0; j < n; j++) d[j] = Math.floor(blocks * (j / n) ** 1.5) % 2 === parity ? scale[j] * (0.5 + ((j * Math.SQRT2) % 0.5)) : 0;
    change(d, out);
    const i = farthest(layout, scale, d, out);
    if (i < 0) continue;
    const found = out[i];
    const isLinear = [-1, -0.5].every((factor) => {
      change(d.map((x) => factor * x), out);
      return Math.abs(out[i] - factor * found) <= nonlinear * Math.abs(factor * found);
    });
    if (!isLinear) continue;
    const allowed = `${Math.max(0, i - lower)} to ${Math.min(n - 1, i + upper)}`;
    const which = order ? `component ${order[i]} of the right-hand side, which stands at place ${i} of its order, must depend on those at places ${allowed}` : `component ${i} of the right-hand side must depend on components ${allowed}`;
    throw new OdeError("INVALID_ARGUMENT", `Cannot use bandwidth { lower: ${shown(lower)}, upper: ${shown(upper)} } as ${which} only: it depends on others, too`);
  }
}

/** Which component changed most, beside its own size or in numbers, of those that have no component within their band that moved; -1 when none did. */
function farthest({ n, lower, upper }: MatrixLayout, scale: Float64Array, d: Float64Array, out: Float64Array): number {
  let [most, mostScaled] = [0, 0];
  for (let i = 0; i < n; i++) {
    most = Math.max(most, Math.abs(out[i]));
    mostScaled = Math.max(mostScaled, Math.abs(out[i]) / scale[i]);
  }
  let [found, part] = [-1, negligible];
  // Moved components that row i has within its band.
  let near = 0;
  for (let j = 0; j < upper; j++) if (d[j] !== 0) near++;
  for (let i = 0; i < n; i++) {
    if (i + upper < n && d[i + upper] !== 0) near++;
    if (i > lower && d[i - lower - 1] !== 0) near--;
    const own = Math.max(Math.abs(out[i]) / most, Math.abs(out[i]) / scale[i] / mostScaled);
    if (near === 0 && own > part) [found, part] = [i, own];
  }
  return found;
}
