import type { StepperContext } from "./algorithm.ts";
import { probeBand } from "./band-probe.ts";
import { firstNonFinite } from "./failure.ts";
import { coreContext, coreSize, matrixLayout, store, type MatrixLayout } from "./linear-algebra/matrix-layout.ts";
import { inOwnOrder, orderedField, orderedScale } from "./ordered-jacobian.ts";
import { coreField, QuadratureJacobian } from "./quadrature-jacobian.ts";
import { abstolsOf } from "./scaled-norm.ts";
import { HeldBlock, TangentJacobian } from "./tangent-jacobian.ts";
import { increment, timeDerivative } from "./time-derivative.ts";
import type { BoundField } from "./vector-field.ts";

/** Jacobians of one bound field, with their own buffers and counts. Evaluating allocates nothing. */
export interface JacobianEvaluator {
  /** Numbers of a Jacobian: `n * n`, or those of a band, or of either for some components and rows for quadratures, or of either for each block. */
  readonly size: number;
  /** Writes `f_u(t, u)` into `out[size]` for an `IterationMatrix`. */
  evaluate(t: number, u: Float64Array, out: Float64Array): void;
  /** Writes `f_t(t, u)` into `out[n]`, by differences within `[t, t + h]`; `slope[n]` is `f(t, u)`. Two evaluations. */
  timeDerivative(t: number, h: number, u: Float64Array, slope: Float64Array, out: Float64Array): void;
  /**
   * A bound of the largest |eigenvalue| of `J[size]`: its norm that goes with the largest component of vectors scaled by the
   * tolerances at `u[n]`, in which components of different sizes weigh the same.
   *
   * @source Petzold, SIAM J. Sci. Stat. Comput. 4 (1983) 136-148.
   */
  norm(J: Float64Array, u: Float64Array): number;
  /** Right-hand side evaluations since it was made. */
  readonly nf: number;
  /** Jacobian evaluations since it was made. */
  readonly njac: number;
}

/**
 * The Jacobian of `f` by the best means that `f` offers: its own `jacobian`, else `n` calls of its `jvp`, else central
 * differences at `2 n` evaluations, one-sided ones where those leave the domain of `f`. In a band one call or difference serves all columns that meet no common row, so that
 * `lower + upper + 1` take the place of `n`, and `jvp` comes before a `jacobian` of all `n * n` entries. Increments are
 * relative to each component, and to its `abstol / reltol` for smaller ones: an increment that is large beside a tiny but active
 * component ruins Rosenbrock methods, whose order needs an exact Jacobian. Such an increment may be lost in an equation beside the other terms
 * of it, as in `u_0 + u_1 = 1` with a tiny `u_1`: entries that suffer are taken from a difference with a larger one, at two more evaluations.
 *
 * Of quadratures there are rows only, by `quadratureRows` or the columns of `jvp`, by which then the others come, too.
 *
 * Of tangents there are the blocks by the state only, by differences of theirs.
 *
 * With the first Jacobian the promise of a band is looked into, at two more evaluations or calls of `jvp`: a wrong one would end in steps that are ever shorter.
 *
 * @source Curtis, Powell, Reid, J. Inst. Math. Appl. 13 (1974) 117-119, for the band; Salane, Sandia Report SAND86-1319 (1986), for larger increments.
 */
export function jacobianOf(f: BoundField, n: number, context: StepperContext): JacobianEvaluator {
  const { quadratures, tangents } = context;
  const first = coreSize(n, context);
  const others = first < n ? coreContext(first, context) : context;
  if (tangents) {
    const block = new HeldBlock(f.tangents!, first);
    return new TangentJacobian(f, first, tangents, jacobianOf(f.tangents!.core, first, others), block, jacobianOf(block.field, first, others));
  }
  if (quadratures) {
    return new QuadratureJacobian(f, first, quadratures, jacobianOf(coreField(f, first, n), first, others), matrixLayout(first, others).banded);
  }
  const layout = matrixLayout(n, context);
  const { order } = layout;
  return order ? inOwnOrder(new Evaluator(orderedField(f, order), layout, orderedScale(context, order)), order) : new Evaluator(f, layout, context);
}

/** Below this, increments and what they change would lose digits to the end of the range of numbers. */
const smallest = 1e-280;
/** Where an increment, and what it changes an equation by, are smaller parts of the terms of that than the first of these, it becomes the second. */
const [tiny, larger] = [1e-10, Math.sqrt(Number.EPSILON)];
/** What differences may owe to rounding, as a part of the terms of an equation. */
const rounding = 16 * Number.EPSILON;
/** Changes of a slope that are a smaller part of it may come from rounding. */
const roundings = 1000 * Number.EPSILON;

class Evaluator implements JacobianEvaluator {
  readonly #f: BoundField;
  readonly #layout: MatrixLayout;
  /** All entries, of a field that has no other way to those of the band. */
  readonly #dense: Float64Array | undefined;
  readonly #reltol: number;
  readonly #abstols: Float64Array;
  readonly #point: Float64Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  /** Sizes of the components, increments of the differences being taken, and the distances of their points. */
  readonly #sizes: Float64Array;
  readonly #increments: Float64Array;
  readonly #widths: Float64Array;
  /** Of each equation: the sum of its terms, and the largest entry that is not lost. */
  readonly #terms: Float64Array;
  readonly #most: Float64Array;
  /** Time of the differences being taken. In an array, as arguments would be boxed. */
  readonly #now: Float64Array = new Float64Array(1);
  nf = 0;
  njac = 0;

  constructor(f: BoundField, layout: MatrixLayout, context: StepperContext) {
    const { n, banded } = layout;
    const vector = (): Float64Array => new Float64Array(n);
    this.#f = f;
    this.#layout = layout;
    if (banded && f.jacobian && !f.jvp) this.#dense = new Float64Array(n * n);
    this.#reltol = context.reltol;
    this.#abstols = abstolsOf(context, n);
    [this.#point, this.#low, this.#high, this.#sizes] = [vector(), vector(), vector(), vector()];
    [this.#increments, this.#widths, this.#terms, this.#most] = [vector(), vector(), vector(), vector()];
  }

  get size(): number {
    return this.#layout.size;
  }

  evaluate(t: number, u: Float64Array, out: Float64Array): void {
    const f = this.#f;
    this.njac++;
    if (this.#dense) {
      f.jacobian?.(t, u, this.#dense);
      store(this.#layout, this.#dense, out);
    } else if (f.jacobian && !this.#layout.banded) f.jacobian(t, u, out);
    else if (f.jvp) this.#byTangents(t, u, out);
    else this.#byDifferences(t, u, out);
  }

  norm(J: Float64Array, u: Float64Array): number {
    const { n, lower, upper, rowStep, shift } = this.#layout;
    const reltol = this.#reltol, abstols = this.#abstols;
    let norm = 0;
    for (let i = 0; i < n; i++) {
      const end = Math.min(n - 1, i + upper);
      let row = 0;
      for (let j = Math.max(0, i - lower), at = i * rowStep + j + shift; j <= end; j++, at++) row += Math.abs(J[at]) * (abstols[j] + reltol * Math.abs(u[j]));
      if (row > 0) norm = Math.max(norm, row / (abstols[i] + reltol * Math.abs(u[i])));
    }
    return norm;
  }

  timeDerivative(t: number, h: number, u: Float64Array, slope: Float64Array, out: Float64Array): void {
    timeDerivative(this.#f, t, h, u, slope, this.#low, this.#high, out);
    this.nf += 2;
  }

  #byTangents(t: number, u: Float64Array, out: Float64Array): void {
    const { n, columnStep } = this.#layout;
    const direction = this.#point;
    direction.fill(0);
    if (this.#layout.banded && this.njac === 1) this.#probeTangents(t, u);
    for (let first = 0; first < columnStep; first++) {
      for (let j = first; j < n; j += columnStep) direction[j] = 1;
      this.#f.jvp?.(t, u, direction, null, this.#low);
      for (let j = first; j < n; j += columnStep) {
        direction[j] = 0;
        this.#setColumn(j, 1, this.#low, out);
      }
    }
  }

  #byDifferences(t: number, u: Float64Array, out: Float64Array): void {
    const { n, columnStep } = this.#layout;
    this.#setSizes(u);
    this.#point.set(u);
    this.#now[0] = t;
    for (let j = 0; j < n; j++) this.#increments[j] = increment * this.#sizes[j];
    for (let first = 0; first < columnStep; first++) {
      this.#difference(u, first, first === 0 && this.#layout.banded && this.njac === 1);
      for (let j = first; j < n; j += columnStep) this.#setColumn(j, 1 / this.#widths[j], this.#high, out);
    }
    this.#weigh(u, out);
    for (let first = 0; first < columnStep; first++) {
      if (!this.#enlarge(first, out)) continue;
      this.#difference(u, first, false);
      for (let j = first; j < n; j += columnStep) if (this.#increments[j] > 0) this.#setLost(j, out);
    }
  }

  /** Writes what `f` changes by between both points of some columns into `#high`, and their distances. */
  #difference(u: Float64Array, first: number, isProbed: boolean): void {
    const { n, columnStep } = this.#layout;
    const point = this.#point, low = this.#low, high = this.#high, increments = this.#increments;
    const isAbove = this.#move(u, first, 1, high);
    if (isProbed) this.#probeDifferences(this.#now[0], u, high);
    const isBelow = this.#move(u, first, -1, low);
    for (let i = 0; i < n; i++) high[i] -= low[i];
    for (let j = first; j < n; j += columnStep) {
      // The difference of what was evaluated, rounding included.
      this.#widths[j] = (isAbove ? u[j] + increments[j] : u[j]) - (isBelow ? u[j] - increments[j] : u[j]);
      point[j] = u[j];
    }
    this.nf += 2;
  }

  /** What the equations are made of at `u[n]`, by the Jacobian in `J`. */
  #weigh(u: Float64Array, J: Float64Array): void {
    const { n, lower, upper, rowStep, shift } = this.#layout;
    for (let i = 0; i < n; i++) {
      const begin = Math.max(0, i - lower), end = Math.min(n - 1, i + upper), row = i * rowStep + shift;
      let sum = Math.abs(this.#low[i]);
      for (let j = begin; j <= end; j++) sum += Math.abs(J[row + j] * u[j]);
      let most = 0;
      for (let j = begin; j <= end; j++) if (!this.#isLost(J[row + j], j, sum)) most = Math.max(most, Math.abs(J[row + j]));
      this.#terms[i] = sum;
      this.#most[i] = most;
    }
  }

  /** Whether rounding of an equation with the sum `terms` may be felt in `entry`. */
  #isLost(entry: number, j: number, terms: number): boolean {
    return Math.abs(entry) * increment * this.#sizes[j] <= tiny * terms;
  }

  /** Sets the increments of some columns: 0 but for those that are tiny where an entry was lost. Returns whether there are such. */
  #enlarge(first: number, J: Float64Array): boolean {
    const { n, lower, upper, rowStep, shift, columnStep } = this.#layout;
    let isNeeded = false;
    for (let j = first; j < n; j += columnStep) {
      let size = 0;
      const end = Math.min(n - 1, j + lower);
      for (let i = Math.max(0, j - upper); i <= end; i++) {
        const terms = this.#terms[i], most = this.#most[i];
        if (most * size < terms && most > 0 && this.#isLost(J[i * rowStep + j + shift], j, terms)) size = terms / most;
      }
      const isTiny = increment * this.#sizes[j] < tiny * size && size < Infinity;
      this.#increments[j] = isTiny ? larger * size : 0;
      isNeeded ||= isTiny;
    }
    return isNeeded;
  }

  /** Entries of column `j` become those of the difference with a larger increment, where rounding alone may be what sets them apart. */
  #setLost(j: number, J: Float64Array): void {
    const { n, lower, upper, rowStep, shift } = this.#layout;
    const end = Math.min(n - 1, j + lower);
    for (let i = Math.max(0, j - upper); i <= end; i++) {
      const at = i * rowStep + j + shift, entry = this.#high[i] / this.#widths[j];
      if (Math.abs(entry - J[at]) * increment * this.#sizes[j] <= rounding * this.#terms[i]) J[at] = entry;
    }
  }

  /** The sizes of the components, of tiny ones those of interest. */
  #setSizes(u: Float64Array): void {
    let largest = 0;
    for (let j = 0; j < u.length; j++) largest = Math.max(largest, Math.abs(u[j]));
    const reltol = this.#reltol;
    for (let j = 0; j < u.length; j++) {
      const floor = reltol > 0 ? this.#abstols[j] / reltol : Infinity;
      this.#sizes[j] = Math.max(smallest, Math.abs(u[j]), Math.min(floor, largest > 0 ? largest : 1) || largest || 1);
    }
  }

  #probeTangents(t: number, u: Float64Array): void {
    this.#setSizes(u);
    probeBand(this.#layout, this.#sizes, (d, out) => this.#f.jvp?.(t, u, d, null, out));
  }

  /** By moves from the first point of the differences, where `f` is `slope[n]`. */
  #probeDifferences(t: number, u: Float64Array, slope: Float64Array): void {
    const start = this.#point.slice();
    const point = new Float64Array(u.length);
    probeBand(this.#layout, this.#increments, (d, out) => {
      for (let j = 0; j < d.length; j++) point[j] = start[j] + d[j];
      this.#f.rhs(t, point, out);
      this.nf++;
      for (let i = 0; i < out.length; i++) out[i] = Math.abs(out[i] - slope[i]) > roundings * Math.abs(slope[i]) ? out[i] - slope[i] : 0;
    });
  }

  /**
   * Evaluates `f` with every `columnStep`-th component from `first` on moved, or at `u` itself where it is not finite there: differences are one-sided
   * at the edge of its domain. Returns whether they are moved.
   */
  #move(u: Float64Array, first: number, sign: 1 | -1, out: Float64Array): boolean {
    const { n, columnStep } = this.#layout;
    const point = this.#point;
    const t = this.#now[0];
    for (let j = first; j < n; j += columnStep) point[j] = u[j] + sign * this.#increments[j];
    this.#f.rhs(t, point, out);
    if (firstNonFinite(out) < 0) return true;
    for (let j = first; j < n; j += columnStep) point[j] = u[j];
    this.#f.rhs(t, point, out);
    this.nf++;
    return false;
  }

  /** Column `j` becomes `scale x`, in the rows that it has entries in. */
  #setColumn(j: number, scale: number, x: Float64Array, out: Float64Array): void {
    const { n, lower, upper, rowStep, shift } = this.#layout;
    const end = Math.min(n - 1, j + lower);
    for (let i = Math.max(0, j - upper), at = i * rowStep + j + shift; i <= end; i++, at += rowStep) out[at] = scale * x[i];
  }
}
