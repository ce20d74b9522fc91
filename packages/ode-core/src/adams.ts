import { AdamsInterpolant, adamsWeights } from "./adams-interpolant.ts";
import { predict } from "./adams-predictor.ts";
import type { Algorithm, Interpolant, Stepper, StepperContext } from "./algorithm.ts";
import { DividedDifferences } from "./divided-differences.ts";
import { orderController, type OrderController } from "./order-controller.ts";
import { scaledNorm } from "./scaled-norm.ts";
import type { BoundField } from "./vector-field.ts";

/**
 * Adams methods with variable steps and order: order `k` predicts by the integral of the polynomial through the last `k`
 * slopes, evaluates there, corrects by that of the polynomial through `k + 1` (local extrapolation), and evaluates again when the step is kept.
 *
 * @source Shampine, Gordon, Computer Solution of Ordinary Differential Equations: The Initial Value Problem (1975), chapters 5 to 7.
 */
export function adams(name: string, highest: number): Algorithm {
  return { name, order: highest, startOrder: 1, stepper: (f, n, context) => new AdamsStepper(highest, f, n, context) };
}

/** `|g_k - g_k-1|` for equal steps: the errors of the formulas by the difference of order `k`; the first is not used. */
function errorConstants(highest: number): Float64Array {
  const g = new Float64Array(highest + 1);
  adamsWeights(1, g.map((_, i) => i + 1), g, new Float64Array(highest + 2));
  return g.map((x, k) => Math.abs(x - g[Math.max(0, k - 1)]));
}

/** Other lengths cost nothing but the equal steps that errors are estimated for. */
const worthwhile = 1.05;

class AdamsStepper implements Stepper {
  readonly controller: OrderController;
  readonly #f: BoundField;
  readonly #context: StepperContext;
  readonly #constants: Float64Array;
  /** Of the slopes. */
  readonly #past: DividedDifferences;
  /** Weights of the slopes' differences in the step, of which the views belong to one order each. */
  readonly #g: Float64Array;
  readonly #gViews: readonly Float64Array[];
  readonly #scratch: Float64Array;
  readonly #u: Float64Array;
  readonly #next: Float64Array;
  /** The polynomial through the last slopes, at the end of the step. */
  readonly #slope: Float64Array;
  /** What the slope at the predicted state, and that at the corrected one, have more than it. */
  readonly #predicted: Float64Array;
  readonly #corrected: Float64Array;
  readonly #difference: Float64Array;
  #order = 1;
  #nextOrder = 1;
  #t = NaN;
  #h = NaN;
  #hasPast = false;
  #hasCorrected = false;
  nf = 0;

  constructor(highest: number, f: BoundField, n: number, context: StepperContext) {
    const vector = (): Float64Array => new Float64Array(n);
    this.#f = f;
    this.#context = context;
    this.#constants = errorConstants(highest);
    this.#past = new DividedDifferences(n, highest);
    this.#g = new Float64Array(highest + 1);
    this.#gViews = Array.from(this.#g, (_, k) => this.#g.subarray(0, k + 1));
    this.#scratch = new Float64Array(highest + 2);
    [this.#u, this.#next, this.#slope, this.#predicted] = [vector(), vector(), vector(), vector()];
    [this.#corrected, this.#difference] = [vector(), vector()];
    this.controller = orderController({
      order: () => this.#order,
      estimate: (k) => this.#estimate(k),
      use: (k) => void (this.#nextOrder = k),
    }, highest, worthwhile);
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    const past = this.#past, slope = this.#slope, e = this.#predicted, k = this.#nextOrder;
    const n = out.length;
    if (!this.#hasPast) this.#begin(t, u);
    this.#t = t;
    this.#h = h;
    this.#order = k;
    this.#hasCorrected = false;
    past.aim(h);
    const g = this.#gViews[k];
    adamsWeights(1, past.span, g, this.#scratch);
    this.#u.set(u);
    out.set(u);
    predict(past, k, h, g, out, slope);
    this.#evaluate(t + h, out, e);
    const c = h * g[k];
    for (let i = 0; i < n; i++) {
      e[i] -= slope[i];
      out[i] += c * e[i];
    }
    this.#next.set(out);
    return true;
  }

  error(out: Float64Array): void {
    const c = this.#h * (this.#g[this.#order] - this.#g[this.#order - 1]);
    for (let i = 0; i < out.length; i++) out[i] = c * this.#predicted[i];
  }

  start(slope: Float64Array): void {
    this.#past.phi[0].set(slope);
    this.#past.begin(0);
    this.#hasPast = true;
  }

  accept(): void {
    this.#correct();
    this.#past.advance(this.#order - 1, this.#corrected);
  }

  reset(): void {
    this.#hasPast = false;
    this.#nextOrder = 1;
    this.controller.reset();
  }

  capture(): Interpolant {
    this.#correct();
    const past = this.#past, e = this.#predicted, order = this.#order;
    const n = e.length;
    const kept = new Float64Array((order + 3) * n);
    kept.set(this.#u);
    past.scaled(order, kept, n);
    for (let i = 0; i < n; i++) {
      kept[(order + 1) * n + i] = e[i];
      kept[(order + 2) * n + i] = this.#corrected[i] - e[i];
    }
    return new AdamsInterpolant(this.#h, n, kept, past.span.slice(0, order));
  }

  #begin(t: number, u: Float64Array): void {
    this.#evaluate(t, u, this.#slope);
    this.start(this.#slope);
  }

  /** The second evaluation, of a step that is kept. */
  #correct(): void {
    if (this.#hasCorrected) return;
    const e = this.#corrected, slope = this.#slope;
    this.#evaluate(this.#t + this.#h, this.#next, e);
    for (let i = 0; i < e.length; i++) e[i] -= slope[i];
    this.#hasCorrected = true;
  }

  /** For {@link orderController}. */
  #estimate(k: number): number {
    this.#correct();
    const known = this.#past.neighbour(this.#order - 1, this.#corrected, k < this.#order, this.#difference);
    return known ? Math.abs(this.#h) * this.#constants[k] * scaledNorm(this.#difference, this.#u, this.#next, this.#context) : NaN;
  }

  #evaluate(t: number, u: Float64Array, out: Float64Array): void {
    this.#f.rhs(t, u, out);
    this.nf++;
  }
}
