import type { Algorithm, Interpolant, Stepper, StepperContext } from "./algorithm.ts";
import { DividedDifferences } from "./divided-differences.ts";
import { jacobianOf, type JacobianEvaluator } from "./jacobian.ts";
import { iterationMatrix, massProduct, type IterationMatrix, type MassProduct } from "./linear-algebra/iteration-matrix.ts";
import { NewtonInterpolant } from "./newton-interpolant.ts";
import { orderController, type OrderController } from "./order-controller.ts";
import { scaledNorm } from "./scaled-norm.ts";
import type { BoundField } from "./vector-field.ts";

/**
 * Backward differentiation formulas of order 1 to `highest` in fixed-leading-coefficient form: the derivative at the end of a
 * step is that of a polynomial which takes the new state there, and at the `k` equally spaced times `t - h, ..., t - k h` before
 * it the values of the polynomial through the last `k + 1` states. With `omega` for the latter, `omega'` for its derivative
 * and `alpha = (1 + 1/2 + ... + 1/k) / h`, a step solves `M (omega' + alpha e) = f(t, omega + e)`.
 *
 * @source Jackson, Sacks-Davis, ACM Trans. Math. Softw. 6 (1980) 295-318; Brenan, Campbell, Petzold, Numerical Solution of Initial-Value Problems in Differential-Algebraic Equations (1996), chapter 5.
 */
export function bdf(name: string, highest: number): Algorithm {
  return { name, order: highest, startOrder: 1, massMatrix: true, stepper: (f, n, context) => new BdfStepper(highest, f, n, context) };
}

/** Newton's iteration stops where what is left is this part of the tolerances. */
const newtonTolerance = 0.1;
/** With new factors, what is left counts as this many times the first change, as there is no rate of convergence yet. */
const unknown = 20;
const divergent = 0.9;
const maxIterations = 4;
/** An iteration of this many is slow: the next step has a new Jacobian. */
const slow = 3;
/** Steps that a Jacobian, and factors, may serve. */
const [jacobianAge, factorsAge] = [50, 20];
/** A Jacobian serves steps up to this many times as long as the one that it was made for: its errors count by the length. */
const reach = 10;
/** Factors serve while `1 / alpha` is theirs up to this part. */
const drift = 0.3;
/** Other lengths of steps cost factorisations. */
const worthwhile = 1.5;

class BdfStepper implements Stepper {
  readonly controller: OrderController;
  readonly #f: BoundField;
  readonly #context: StepperContext;
  readonly #mass: MassProduct | undefined;
  readonly #past: DividedDifferences;
  readonly #jacobian: JacobianEvaluator;
  readonly #J: Float64Array;
  /** `alpha M - J`, and the `alpha` that it was made with. */
  readonly #W: IterationMatrix;
  #factoredAlpha = NaN;
  /** The `alpha` of the step that `#J` was made for. */
  #jacobianAlpha = NaN;
  /** `f(t, u)` at the start of the first step. */
  readonly #first: Float64Array;
  readonly #u: Float64Array;
  readonly #next: Float64Array;
  /** `omega` and its derivative at the end of the step. */
  readonly #omega: Float64Array;
  readonly #slope: Float64Array;
  readonly #e: Float64Array;
  readonly #delta: Float64Array;
  /** `omega' + alpha e`, and `M` times that; empty without a mass matrix. */
  readonly #rate: Float64Array;
  readonly #product: Float64Array;
  #order = 1;
  #nextOrder = 1;
  #h = NaN;
  #alpha = NaN;
  /** The error estimate is this many times `e`. */
  #errorConstant = NaN;
  /** What is left after an iteration, beside its change: `rate / (1 - rate)`, carried from step to step. */
  #eta = unknown;
  #hasFirst = false;
  /** No step was kept since the last reset. */
  #atStart = true;
  #hasJacobian = false;
  #hasFactors = false;
  /** The Jacobian is that of the step being tried. */
  #isFresh = false;
  /** The last iteration was slow. */
  #isWorn = false;
  #jacobianAge = 0;
  #factorsAge = 0;
  #nf = 0;
  nlu = 0;

  constructor(highest: number, f: BoundField, n: number, context: StepperContext) {
    const vector = (): Float64Array => new Float64Array(n);
    this.#f = f;
    this.#context = context;
    this.#mass = massProduct(n, context);
    this.#past = new DividedDifferences(n, highest + 1);
    this.#jacobian = jacobianOf(f, n, context);
    this.#J = new Float64Array(this.#jacobian.size);
    this.#W = iterationMatrix(n, context);
    [this.#first, this.#u, this.#next, this.#omega] = [vector(), vector(), vector(), vector()];
    [this.#slope, this.#e, this.#delta] = [vector(), vector(), vector()];
    [this.#rate, this.#product] = [new Float64Array(this.#mass ? n : 0), new Float64Array(this.#mass ? n : 0)];
    this.controller = orderController({
      order: () => this.#order,
      estimate: (k) => this.#estimate(k),
      use: (k) => void (this.#nextOrder = k),
    }, highest, worthwhile);
  }

  get nf(): number {
    return this.#nf + this.#jacobian.nf;
  }

  get njac(): number {
    return this.#jacobian.njac;
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    this.#h = h;
    this.#order = this.#nextOrder;
    if (this.#atStart && !this.#begin(t, h, u)) return false;
    this.#past.aim(h);
    this.#predict();
    if (!this.#solve(t + h)) return false;
    for (let i = 0; i < out.length; i++) out[i] = this.#omega[i] + this.#e[i];
    this.#next.set(out);
    return true;
  }

  error(out: Float64Array): void {
    for (let i = 0; i < out.length; i++) out[i] = this.#errorConstant * this.#e[i];
    this.#spread(out);
  }

  start(slope: Float64Array): void {
    this.#first.set(slope);
    this.#hasFirst = true;
  }

  accept(): void {
    this.#past.advance(this.#order, this.#e);
    // The same sum in another order: the past is to hold the very state that was kept.
    this.#past.phi[0].set(this.#next);
    this.#atStart = false;
    this.#isFresh = false;
    if (this.#isWorn) this.#hasJacobian = false;
    this.#jacobianAge++;
    this.#factorsAge++;
  }

  reset(): void {
    this.#atStart = true;
    this.#hasFirst = false;
    this.#hasJacobian = false;
    this.#nextOrder = 1;
    this.controller.reset();
  }

  capture(): Interpolant {
    const { phi, beta, span } = this.#past;
    const n = this.#next.length, order = this.#order;
    const after = new Float64Array((order + 1) * n);
    for (let i = 0; i < n; i++) {
      let above = this.#e[i];
      for (let j = order; j > 0; j--) {
        above += beta[j] * phi[j][i];
        after[j * n + i] = above;
      }
      after[i] = this.#next[i];
    }
    return new NewtonInterpolant(n, after, span.slice(0, order));
  }

  /** Begins the past at `u`, with the slope there as a second value. */
  #begin(t: number, h: number, u: Float64Array): boolean {
    const [u0, slope] = this.#past.phi;
    u0.set(u);
    this.#u.set(u);
    if (!this.#hasFirst) this.#evaluate(t, u, this.#first);
    this.#hasFirst = true;
    slope.set(this.#first);
    this.#past.begin(this.#mass ? 0 : 1);
    return !this.#mass || this.#firstSlope(t, h, u, slope);
  }

  /**
   * Turns `f` in `slope[n]` into a slope for the first step where `M` may be singular: that of half a step of the linearly implicit
   * Euler method, whose equations are `(2 M / h - J) slope = 2 f / h + f_t`.
   */
  #firstSlope(t: number, h: number, u: Float64Array, slope: Float64Array): boolean {
    if (!this.#hasJacobian) this.#linearise(t, u, 2 / h);
    this.#jacobian.timeDerivative(t, h, u, this.#first, this.#delta);
    for (let i = 0; i < slope.length; i++) slope[i] = (2 / h) * slope[i] + this.#delta[i];
    if (!this.#factorise(2 / h)) return false;
    this.#W.solve(slope);
    return true;
  }

  /** Sets what the order and the lengths of the last steps decide. */
  #predict(): void {
    const { phi, beta, span } = this.#past;
    const k = this.#order, h = this.#h, omega = this.#omega, slope = this.#slope;
    const n = omega.length;
    this.#u.set(phi[0]);
    omega.set(phi[0]);
    slope.fill(0);
    let lead = 0, inverse = 0;
    for (let j = 1; j <= k; j++) {
      lead += 1 / j;
      inverse += 1 / span[j - 1];
      const row = phi[j], b = beta[j], c = inverse * beta[j];
      for (let i = 0; i < n; i++) {
        omega[i] += b * row[i];
        slope[i] += c * row[i];
      }
    }
    this.#alpha = lead / h;
    // Of the formula, or of the polynomial between the states where that is larger.
    this.#errorConstant = Math.max(Math.abs(h * (inverse + 1 / span[k]) - lead), h / span[k]);
    // The first slope of a problem with a mass matrix is that of the middle of the step, and hides half of the error.
    if (this.#mass && this.#atStart) this.#errorConstant *= 2;
  }

  /** For {@link orderController}: the error is the difference of the order above, divided by it. */
  #estimate(k: number): number {
    const known = this.#past.neighbour(this.#order, this.#e, k < this.#order, this.#delta);
    if (!known) return NaN;
    this.#spread(this.#delta);
    return this.#norm(this.#delta) / (k + 1);
  }

  /**
   * With a mass matrix, each component of the error of a prediction, `error[n]`, becomes that of the step where it is larger: algebraic
   * components follow the errors of the others by `(alpha M - J)^-1 alpha M`. In equal steps, a prediction has these errors, too, and tells nothing of them.
   *
   * @source Sincovec, Erisman, Yip, Epton, IEEE Trans. Autom. Control 26 (1981) 139-147.
   */
  #spread(error: Float64Array): void {
    const mass = this.#mass, product = this.#product;
    if (!mass) return;
    mass(error, product);
    for (let i = 0; i < error.length; i++) product[i] *= this.#factoredAlpha;
    this.#W.solve(product);
    for (let i = 0; i < error.length; i++) error[i] = Math.max(Math.abs(error[i]), Math.abs(product[i]));
  }

  #solve(t: number): boolean {
    const isStale = this.#jacobianAge >= jacobianAge || reach * Math.abs(this.#alpha) < Math.abs(this.#jacobianAlpha);
    if (isStale || !this.#hasJacobian) this.#linearise(t, this.#omega, this.#alpha);
    const isOld = Math.abs(this.#factoredAlpha / this.#alpha - 1) > drift || this.#factorsAge >= factorsAge;
    if ((isOld || !this.#hasFactors) && !this.#factorise(this.#alpha)) return false;
    if (this.#newton(t)) return true;
    const isFresh = this.#isFresh;
    if (!isFresh) this.#linearise(t, this.#omega, this.#alpha);
    const solved = !isFresh && this.#factorise(this.#alpha) && this.#newton(t);
    // A shorter step has its own Jacobian.
    if (!solved) this.#hasJacobian = false;
    return solved;
  }

  #linearise(t: number, u: Float64Array, alpha: number): void {
    this.#jacobian.evaluate(t, u, this.#J);
    this.#hasJacobian = true;
    this.#hasFactors = false;
    this.#isFresh = true;
    this.#jacobianAge = 0;
    this.#jacobianAlpha = alpha;
  }

  #factorise(alpha: number): boolean {
    this.nlu++;
    this.#eta = unknown;
    this.#factorsAge = 0;
    this.#factoredAlpha = alpha;
    this.#hasFactors = this.#W.factor(alpha, this.#J);
    // Where it was evaluated may be far from the solution.
    this.#hasJacobian = this.#hasFactors;
    return this.#hasFactors;
  }

  /** Solves for `e`, from 0 on. */
  #newton(t: number): boolean {
    const e = this.#e, delta = this.#delta, input = this.#next, alpha = this.#alpha;
    const n = e.length;
    // What factors for another alpha leave out, for the mean of components that they fit best and worst.
    const relaxation = 2 / (1 + alpha / this.#factoredAlpha);
    let before = 0;
    e.fill(0);
    for (let iteration = 1; iteration <= maxIterations; iteration++) {
      for (let i = 0; i < n; i++) input[i] = this.#omega[i] + e[i];
      this.#evaluate(t, input, delta);
      this.#subtractMass(alpha, delta);
      this.#W.solve(delta);
      for (let i = 0; i < n; i++) {
        delta[i] *= relaxation;
        e[i] += delta[i];
      }
      this.#isWorn = iteration >= slow;
      const size = this.#norm(delta);
      if (!(size < Infinity)) return false;
      if (iteration > 1) {
        const rate = size / before;
        if (rate > divergent) return false;
        this.#eta = rate / (1 - rate);
      }
      if (this.#errorConstant * size * this.#eta <= newtonTolerance) return true;
      before = size;
    }
    return false;
  }

  /** `out[n] -= M (omega' + alpha e)`. */
  #subtractMass(alpha: number, out: Float64Array): void {
    const mass = this.#mass, slope = this.#slope, e = this.#e;
    const n = out.length;
    if (!mass) {
      for (let i = 0; i < n; i++) out[i] -= slope[i] + alpha * e[i];
      return;
    }
    const rate = this.#rate, product = this.#product;
    for (let i = 0; i < n; i++) rate[i] = slope[i] + alpha * e[i];
    mass(rate, product);
    for (let i = 0; i < n; i++) out[i] -= product[i];
  }

  #evaluate(t: number, u: Float64Array, out: Float64Array): void {
    this.#f.rhs(t, u, out);
    this.#nf++;
  }

  #norm(x: Float64Array): number {
    return scaledNorm(x, this.#u, this.#omega, this.#context);
  }
}
