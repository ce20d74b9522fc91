import { AdamsInterpolant, adamsWeights } from "./adams-interpolant.ts";
import { predict } from "./adams-predictor.ts";
import type { Algorithm, Interpolant, Stepper } from "./algorithm.ts";
import { DividedDifferences } from "./divided-differences.ts";
import { firstNonFinite } from "./failure.ts";
import type { BoundField } from "./vector-field.ts";

/**
 * The explicit Adams method of one order with variable steps: the integral of the polynomial through the last `order` slopes. Its error
 * is estimated by the difference to the method of one order less or, where that is larger, by what the slope at the end is more than the
 * polynomial there: the former is made of slopes of the past only, and blind to what `f` does in the step.
 *
 * @param starter - An explicit Runge-Kutta method with an error estimate that takes the first `order - 1` steps.
 * @source Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), section III.5.
 */
export function adamsBashforth(name: string, order: number, starter: Algorithm): Algorithm {
  return { name, order, stabilityLimit: stabilityLimitOf(order), stepper: (f, n, context) => new AdamsBashforthStepper(order, f, n, starter.stepper(f, n, context)) };
}

/**
 * 6/11, 3/10 and 90/551 for orders 3 to 5. At the limit the root of the characteristic polynomial that leaves the unit circle first is -1: there each backward difference
 * is twice the one before, so that `-2 = -z sum_j g_j 2^j` with the weights `g` of equal steps.
 */
function stabilityLimitOf(order: number): number {
  const g = new Float64Array(order);
  adamsWeights(1, g.map((_, j) => j + 1), g, new Float64Array(order + 1));
  return 2 / g.reduce((sum, weight, j) => sum + weight * 2 ** j, 0);
}

class AdamsBashforthStepper implements Stepper {
  readonly #order: number;
  readonly #f: BoundField;
  readonly #starter: Stepper;
  /** Of the slopes. */
  readonly #past: DividedDifferences;
  readonly #g: Float64Array;
  readonly #scratch: Float64Array;
  readonly #u: Float64Array;
  readonly #next: Float64Array;
  /** The polynomial through the last slopes, at the end of the step, and what the slope there is more than it. */
  readonly #slope: Float64Array;
  readonly #e: Float64Array;
  /** Slopes that are known, and those of them that the last step used: with fewer than `order` it was one of the starter. */
  #known = 0;
  #used = 0;
  // Numbers that do begin as no integers: V8 then stores them in place.
  #t = NaN;
  #h = NaN;
  #hasEnd = false;
  #nf = 0;

  constructor(order: number, f: BoundField, n: number, starter: Stepper) {
    const vector = (): Float64Array => new Float64Array(n);
    this.#order = order;
    this.#f = f;
    this.#starter = starter;
    this.#past = new DividedDifferences(n, order);
    this.#g = new Float64Array(order);
    this.#scratch = new Float64Array(order + 1);
    [this.#u, this.#next, this.#slope, this.#e] = [vector(), vector(), vector(), vector()];
  }

  get nf(): number {
    return this.#nf + this.#starter.nf;
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    const past = this.#past, g = this.#g, starter = this.#starter;
    if (this.#known === 0) {
      this.#evaluate(t, u, this.#slope);
      this.start(this.#slope);
    }
    this.#t = t;
    this.#h = h;
    this.#hasEnd = false;
    this.#used = this.#known;
    past.aim(h);
    adamsWeights(1, past.span, g, this.#scratch);
    this.#u.set(u);
    out.set(u);
    predict(past, this.#used, h, g, out, this.#slope);
    if (this.#used < this.#order) {
      starter.start?.(past.phi[0]);
      starter.step(t, h, u, out);
    }
    this.#next.set(out);
    return true;
  }

  error(out: Float64Array): void {
    const last = this.#order - 1;
    if (this.#used <= last) return this.#starter.error?.(out);
    this.#finish();
    const { phi, beta } = this.#past;
    const row = phi[last], e = this.#e;
    const weight = this.#h * this.#g[last];
    const c = weight * beta[last];
    for (let i = 0; i < out.length; i++) out[i] = Math.max(Math.abs(c * row[i]), Math.abs(weight * e[i]));
  }

  release(): void {
    this.#starter.release?.();
  }

  start(slope: Float64Array): void {
    this.#past.phi[0].set(slope);
    this.#past.begin(0);
    this.#known = 1;
  }

  accept(): void {
    this.#finish();
    this.#past.advance(this.#used - 1, this.#e);
    this.#known = Math.min(this.#used + 1, this.#order);
  }

  atStop(): void {
    this.#past.begin(0);
    this.#known = Math.min(this.#known, 1);
  }

  reset(): void {
    this.#known = 0;
  }

  capture(): Interpolant {
    if (this.#used < this.#order) return this.#starter.capture();
    this.#finish();
    const past = this.#past, order = this.#order;
    const n = this.#e.length;
    const kept = new Float64Array((order + 2) * n);
    kept.set(this.#u);
    past.scaled(order, kept, n);
    // Where the slope at the end is not finite, the polynomial through those before it is what there is.
    if (firstNonFinite(this.#e) < 0) kept.set(this.#e, (order + 1) * n);
    return new AdamsInterpolant(this.#h, n, kept, past.span.slice(0, order));
  }

  /** The evaluation at the end: of a step whose error is asked for, or that is kept. */
  #finish(): void {
    if (this.#hasEnd) return;
    const e = this.#e, slope = this.#slope;
    this.#evaluate(this.#t + this.#h, this.#next, e);
    for (let i = 0; i < e.length; i++) e[i] -= slope[i];
    this.#hasEnd = true;
  }

  #evaluate(t: number, u: Float64Array, out: Float64Array): void {
    this.#f.rhs(t, u, out);
    this.#nf++;
  }
}
