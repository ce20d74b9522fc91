import type { StepperContext } from "./algorithm.ts";
import type { BoundField } from "./vector-field.ts";

/** Jacobians of one bound field, with their own buffers and counts. Evaluating allocates nothing. */
export interface JacobianEvaluator {
  /** Writes `f_u(t, u)` into `out[n * n]`, row-major. */
  evaluate(t: number, u: Float64Array, out: Float64Array): void;
  /** Writes `f_t(t, u)` into `out[n]`, by differences within `[t, t + h]`; `slope[n]` is `f(t, u)`. Two evaluations. */
  timeDerivative(t: number, h: number, u: Float64Array, slope: Float64Array, out: Float64Array): void;
  /** Right-hand side evaluations since it was made. */
  readonly nf: number;
  /** Jacobian evaluations since it was made. */
  readonly njac: number;
}

/**
 * The Jacobian of `f` by the best means that `f` offers: its own `jacobian`, else `n` calls of its `jvp`, else central
 * differences at `2 n` evaluations. Their increments are relative to each component, and to `abstol / reltol` for smaller
 * ones: an increment that is large beside a tiny but active component ruins Rosenbrock methods, whose order needs an
 * exact Jacobian.
 */
export function jacobianOf(f: BoundField, n: number, { reltol, abstol }: StepperContext): JacobianEvaluator {
  return new Evaluator(f, n, reltol > 0 ? abstol / reltol : Infinity);
}

/**
 * A bound of the largest |eigenvalue| of `J[n * n]`: its norm that goes with the largest component of vectors scaled by the
 * tolerances at `u[n]`, in which components of different sizes weigh the same.
 *
 * @source Petzold, SIAM J. Sci. Stat. Comput. 4 (1983) 136-148.
 */
export function jacobianNorm(J: Float64Array, u: Float64Array, { reltol, abstol }: StepperContext): number {
  let norm = 0;
  for (let i = 0, at = 0; i < u.length; i++) {
    const scale = abstol + reltol * Math.abs(u[i]);
    let row = 0;
    for (let j = 0; j < u.length; j++, at++) row += Math.abs(J[at]) * (abstol + reltol * Math.abs(u[j]));
    if (row > 0) norm = Math.max(norm, row / scale);
  }
  return norm;
}

/** Balances the truncation error of second-order differences against rounding. */
const increment = Math.cbrt(Number.EPSILON);
/** Below this, increments and what they change would lose digits to the end of the range of numbers. */
const smallest = 1e-280;

class Evaluator implements JacobianEvaluator {
  readonly #f: BoundField;
  readonly #n: number;
  /** Components below this are of no interest. */
  readonly #floor: number;
  readonly #point: Float64Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  nf = 0;
  njac = 0;

  constructor(f: BoundField, n: number, floor: number) {
    this.#f = f;
    this.#n = n;
    this.#floor = floor;
    this.#point = new Float64Array(n);
    this.#low = new Float64Array(n);
    this.#high = new Float64Array(n);
  }

  evaluate(t: number, u: Float64Array, out: Float64Array): void {
    this.njac++;
    if (this.#f.jacobian) this.#f.jacobian(t, u, out);
    else if (this.#f.jvp) this.#byTangents(t, u, out);
    else this.#byDifferences(t, u, out);
  }

  timeDerivative(t: number, h: number, u: Float64Array, slope: Float64Array, out: Float64Array): void {
    // One-sided into the step, as f may not be defined before its start, and of second order.
    const length = Math.max(increment * Math.abs(h), 16 * Number.EPSILON * Math.abs(t));
    const first = t + (h < 0 ? -length : length);
    const a = first - t;
    const second = first + a;
    this.#f.rhs(first, u, this.#low);
    this.#f.rhs(second, u, this.#high);
    this.nf += 2;
    const scale = 1 / (2 * a);
    for (let i = 0; i < this.#n; i++) out[i] = scale * (4 * (this.#low[i] - slope[i]) - (this.#high[i] - slope[i]));
  }

  #byTangents(t: number, u: Float64Array, out: Float64Array): void {
    const n = this.#n;
    const direction = this.#point;
    direction.fill(0);
    for (let j = 0; j < n; j++) {
      direction[j] = 1;
      this.#f.jvp?.(t, u, direction, null, this.#low);
      direction[j] = 0;
      for (let i = 0, at = j; i < n; i++, at += n) out[at] = this.#low[i];
    }
  }

  #byDifferences(t: number, u: Float64Array, out: Float64Array): void {
    const n = this.#n;
    const point = this.#point;
    let largest = 0;
    for (let j = 0; j < n; j++) largest = Math.max(largest, Math.abs(u[j]));
    const floor = Math.max(smallest, Math.min(this.#floor, largest > 0 ? largest : 1) || largest || 1);
    point.set(u);
    for (let j = 0; j < n; j++) {
      const delta = increment * Math.max(Math.abs(u[j]), floor);
      const above = u[j] + delta;
      const below = u[j] - delta;
      point[j] = above;
      this.#f.rhs(t, point, this.#high);
      point[j] = below;
      this.#f.rhs(t, point, this.#low);
      point[j] = u[j];
      // The difference of what was evaluated, rounding included.
      const scale = 1 / (above - below);
      for (let i = 0, at = j; i < n; i++, at += n) out[at] = scale * (this.#high[i] - this.#low[i]);
    }
    this.nf += 2 * n;
  }
}
