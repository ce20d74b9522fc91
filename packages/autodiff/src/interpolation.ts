import { reshape } from "./broadcast.ts";
import { add, div, maximum, minimum, mul, sub } from "./elementwise.ts";
import { arrayOf, ascending, searchSorted, take, type ArrayLikeTensor } from "./lookup.ts";
import { at, slice } from "./shape-ops.ts";
import { asTensor, numbersOf, shapeError, tensor, type NestedArray, type Tensor, type TensorLike } from "./tensor.ts";

/** The number of the interval between `knots[n]` that each entry of `x` is in, from 0 to n - 2: the first and the last go on for ever. */
const intervalOf = (knots: ArrayLikeTensor, n: number, x: Tensor): Tensor => minimum(maximum(sub(searchSorted(knots, x), 1), 0), n - 2);

/** `x` with axes of length 1 behind its own, one for each axis of an entry. */
const beside = (x: Tensor, entry: readonly number[]): Tensor => reshape(x, [...x.shape, ...entry.map(() => 1)]);

function checkKnots(name: string, knots: Tensor, values: Tensor): void {
  if (values.shape.length === 0 || values.shape[0] !== knots.size) throw shapeError(name, "it needs a value for each knot", [knots, values]);
  if (knots.size < 2) throw shapeError(name, "it needs at least 2 knots", [knots]);
}

/**
 * Linear interpolation, entry by entry of `x`, of `fp[n, ...]` given at the ascending knots `xp[n]`; beyond these, the first or the last of `fp`: NumPy's `interp`. The result has
 * the shape of `x` and then that of an entry of `fp`. All three may be traced. Its slope jumps at the knots: solvers take fewer steps that are told them by `tstops`. Values must be finite: one that is
 * not spoils the intervals beside it, ends included; leave out its knot.
 *
 * @throws OdeError `INVALID_ARGUMENT` for known knots that do not ascend strictly, `SHAPE_MISMATCH` for fewer than 2, or other than one value each.
 */
export function interp(x: TensorLike, xp: ArrayLikeTensor, fp: ArrayLikeTensor): Tensor {
  const [knots, values] = [ascending("interp", xp, true), arrayOf(fp)];
  checkKnots("interp", knots, values);
  const [n, ...entry] = values.shape;
  const place = minimum(maximum(asTensor(x), at(knots, 0)), at(knots, n - 1));
  const i = intervalOf(knots, n, place);
  const [left, right] = [i, add(i, 1)].map((k) => take(knots, k));
  const weight = beside(div(sub(place, left), sub(right, left)), entry);
  // Exact at both ends of an interval.
  return add(mul(sub(1, weight), take(values, i)), mul(weight, take(values, add(i, 1))));
}

/**
 * The cubic spline through `values[n]`, or `[n, c]` for several at once, at the ascending `knots[n]`: a function of traced `x` with two continuous derivatives, entry by entry, whose result has the shape of `x` and
 * then `[c]`. Its third derivative is continuous at the second and the last but one knot, too ("not-a-knot"), so that its error is of order 4 up to the ends; two knots give a line, three a
 * parabola. Beyond the ends it goes on as it is there, which soon means nothing.
 *
 * @throws OdeError `INVALID_ARGUMENT` for knots that do not ascend strictly, `SHAPE_MISMATCH` for fewer than 2, or other than one value each.
 * @source de Boor 1978, A Practical Guide to Splines, chapter IV
 */
export function cubicSpline(knots: readonly number[] | Float64Array, values: NestedArray | Float64Array): (x: TensorLike) => Tensor {
  const known = ascending("cubicSpline", knots, true);
  checkKnots("cubicSpline", known, tensor(values));
  const { data, shape: [n, ...entry] } = numbersOf(values);
  if (entry.length > 1) throw shapeError("cubicSpline", "it takes a vector or a matrix of values", [tensor(values)]);
  const x = Float64Array.from(knots);
  const c = data.length / n;
  const columns = Array.from({ length: c }, (_, j) => pieces(x, x.map((_x, i) => data[i * c + j])));
  // Row i: the knot, and the coefficients of all columns from the third power down.
  const table = Array.from({ length: n - 1 }, (_, i) => [x[i], ...[3, 2, 1, 0].flatMap((power) => columns.map((column) => column[i][power]))]);
  return (at1) => {
    const place = asTensor(at1);
    const row = take(table, intervalOf(knots, n, place));
    const part = (from: number, count: number): Tensor => slice(row, from, from + count, -1);
    const w = sub(beside(place, [1]), part(0, 1));
    const powers = [0, 1, 2, 3].map((k) => part(1 + k * c, c));
    return reshape(powers.reduce((sum, a) => add(mul(sum, w), a)), [...place.shape, ...entry]);
  };
}

/** Coefficients by powers of `x - x[i]` for each interval, from the slopes at the knots. */
function pieces(x: Float64Array, y: Float64Array): number[][] {
  const h = x.slice(1).map((right, i) => right - x[i]);
  const secant = h.map((step, i) => (y[i + 1] - y[i]) / step);
  const s = slopes(x, h, secant);
  return Array.from(h, (step, i) => {
    const bend = (s[i] + s[i + 1] - 2 * secant[i]) / step;
    return [y[i], s[i], (secant[i] - s[i]) / step - bend, bend / step];
  });
}

/** Slopes at the knots that make the second derivative continuous there, and the third one at the last inner knots. */
function slopes(x: Float64Array, h: Float64Array, secant: Float64Array): Float64Array {
  const n = x.length;
  if (n === 2) return Float64Array.of(secant[0], secant[0]);
  if (n === 3) return x.map((at1) => secant[0] + ((secant[1] - secant[0]) / (x[2] - x[0])) * (2 * at1 - x[0] - x[1]));
  const [first, last] = [x[2] - x[0], x[n - 1] - x[n - 3]];
  /** The matrix has three diagonals; `rows[i]` has its entries before, on and after the middle one, and the right-hand side. */
  const rows = Array.from({ length: n }, (_, i): [number, number, number, number] => {
    if (i === 0) return [0, h[1], first, ((h[0] + 2 * first) * h[1] * secant[0] + h[0] ** 2 * secant[1]) / first];
    if (i === n - 1) return [last, h[n - 3], 0, (h[n - 2] ** 2 * secant[n - 3] + (2 * last + h[n - 2]) * h[n - 3] * secant[n - 2]) / last];
    return [h[i], 2 * (h[i - 1] + h[i]), h[i - 1], 3 * (h[i] * secant[i - 1] + h[i - 1] * secant[i])];
  });
  for (let i = 1; i < n; i++) {
    const factor = rows[i][0] / rows[i - 1][1];
    rows[i][1] -= factor * rows[i - 1][2];
    rows[i][3] -= factor * rows[i - 1][3];
  }
  const s = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) s[i] = (rows[i][3] - (i < n - 1 ? rows[i][2] * s[i + 1] : 0)) / rows[i][1];
  return s;
}
