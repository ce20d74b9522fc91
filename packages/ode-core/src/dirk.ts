import type { Algorithm, Interpolant, Stepper, StepperContext } from "./algorithm.ts";
import { option, type OptionSpec } from "./config.ts";
import { cubic, cubicDerivative, CubicInterpolant } from "./cubic-interpolant.ts";
import { jacobianOf, type JacobianEvaluator } from "./jacobian.ts";
import { iterationMatrix, type IterationMatrix } from "./linear-algebra/iteration-matrix.ts";
import { innerPoint, innerResidual, leewayFor } from "./inner-residual.ts";
import { predictiveController } from "./predictive-controller.ts";
import { scaledNorm } from "./scaled-norm.ts";
import type { BoundField } from "./vector-field.ts";

/** Coefficients of a diagonally implicit Runge-Kutta method with one `gamma` on the diagonal, so that its stages share a matrix. */
export interface DirkTableau {
  readonly gamma: number;
  /** Row i holds the i entries left of the diagonal. */
  readonly a: readonly (readonly number[])[];
  readonly b: readonly number[];
  /** The first stage is `f(t, u)`, and the last one's argument is the new state: its slope is the next step's first. */
  readonly explicitFirst: boolean;
  /** `b - bhat`, for the error estimate, which is smoothed by `(I - gamma h J)^-1`. */
  readonly bError?: readonly number[];
}

/** Options of methods that solve by Newton's iteration. */
export interface NewtonOptions {
  /** Where the iteration stops, as a part of the solver's tolerances. Default 0.01. */
  readonly newtonTolerance?: number | undefined;
}

/** What `readOptions` needs for {@link NewtonOptions}. */
export const newtonSpecs: { readonly newtonTolerance: OptionSpec<number> } = { newtonTolerance: option.positive(0.01) };

/**
 * Turns the coefficients of a diagonally implicit method into an algorithm.
 *
 * @param errorOrder - The error estimate is proportional to `h^errorOrder`; not used without one.
 */
export function dirk(name: string, order: number, errorOrder: number, tableau: DirkTableau, newtonTolerance: number): Algorithm {
  return {
    name,
    order,
    ...(tableau.bError ? { controller: () => predictiveController(errorOrder) } : {}),
    stepper: (f, n, context) => new DirkStepper(tableau, f, n, context, newtonTolerance),
  };
}

const maxIterations = 10;
/** A Jacobian is kept while the iteration converges at least this fast. */
const fast = 1e-3;

class DirkStepper implements Stepper {
  readonly #f: BoundField;
  readonly #n: number;
  readonly #tableau: DirkTableau;
  readonly #c: readonly number[];
  readonly #context: StepperContext;
  readonly #tolerance: number;
  readonly #jacobian: JacobianEvaluator;
  readonly #J: Float64Array;
  /** `I / (gamma h) - J`. */
  readonly #W: IterationMatrix;
  /** The slope of each stage. */
  readonly #k: readonly Float64Array[];
  readonly #u: Float64Array;
  readonly #next: Float64Array;
  readonly #base: Float64Array;
  readonly #z: Float64Array;
  readonly #input: Float64Array;
  readonly #delta: Float64Array;
  readonly error?: (out: Float64Array) => void;
  readonly interpolationError?: (out: Float64Array) => number;
  /** The slopes at both ends of the last step, and whether they are known: without an explicit first stage they take evaluations. */
  readonly #ends: readonly [first: Float64Array, last: Float64Array];
  #hasEnds = false;
  #t = 0;
  #h = 0;
  #hasFirst = false;
  #hasJacobian = false;
  /** The Jacobian is that of the state that the next step starts from. */
  #isFresh = false;
  #slowest = 0;
  #nf = 0;
  nlu = 0;

  constructor(tableau: DirkTableau, f: BoundField, n: number, context: StepperContext, tolerance: number) {
    const vector = (): Float64Array => new Float64Array(n);
    const { a, gamma, explicitFirst, bError } = tableau;
    this.#f = f;
    this.#n = n;
    this.#tableau = tableau;
    this.#c = a.map((row, i) => row.reduce((sum, x) => sum + x, i === 0 && explicitFirst ? 0 : gamma));
    this.#context = context;
    this.#tolerance = tolerance;
    this.#jacobian = jacobianOf(f, n, context);
    this.#J = new Float64Array(this.#jacobian.size);
    this.#W = iterationMatrix(n, context);
    this.#k = a.map(vector);
    [this.#u, this.#next, this.#base] = [vector(), vector(), vector()];
    [this.#z, this.#input, this.#delta] = [vector(), vector(), vector()];
    this.#ends = explicitFirst ? [this.#k[0], this.#k[this.#k.length - 1]] : [vector(), vector()];
    this.#hasEnds = explicitFirst === true;
    if (bError) {
      this.error = (out) => {
        out.fill(0);
        this.#addStages(bError, 1 / gamma, out);
        this.#W.solve(out);
      };
      this.interpolationError = (out) => this.#interpolationError(out);
    }
  }

  get nf(): number {
    return this.#nf + this.#jacobian.nf;
  }

  get njac(): number {
    return this.#jacobian.njac;
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    this.#t = t;
    this.#h = h;
    this.#u.set(u);
    this.#hasEnds = this.#tableau.explicitFirst === true;
    if (this.#tableau.explicitFirst && !this.#hasFirst) this.#evaluate(t, u, this.#k[0]);
    this.#hasFirst = true;
    if (!this.#hasJacobian) this.#linearise();
    let solved = this.#factorise() && this.#solveStages();
    if (!solved && !this.#isFresh) {
      this.#linearise();
      solved = this.#factorise() && this.#solveStages();
    }
    if (!solved) return false;
    out.set(u);
    this.#addStages(this.#tableau.b, h, out);
    this.#next.set(out);
    return true;
  }

  accept(): void {
    const { explicitFirst } = this.#tableau;
    this.#hasFirst = explicitFirst;
    if (explicitFirst) this.#k[0].set(this.#k[this.#k.length - 1]);
    this.#isFresh = false;
    this.#hasJacobian = this.#slowest <= fast;
  }

  reset(): void {
    this.#hasFirst = false;
    this.#hasJacobian = false;
  }

  rate(): number {
    return this.#jacobian.norm(this.#J, this.#u);
  }

  capture(): Interpolant {
    const [first, last] = this.#endSlopes();
    return new CubicInterpolant(this.#h, this.#u.slice(), this.#next.slice(), first.slice(), last.slice());
  }

  /** The slopes at both ends of the last step. */
  #endSlopes(): readonly [first: Float64Array, last: Float64Array] {
    const ends = this.#ends;
    if (this.#hasEnds) return ends;
    this.#evaluate(this.#t, this.#u, ends[0]);
    this.#evaluate(this.#t + this.#h, this.#next, ends[1]);
    this.#hasEnds = true;
    return ends;
  }

  #interpolationError(out: Float64Array): number {
    const u = this.#u, next = this.#next, state = this.#base, h = this.#h;
    const ends = this.#endSlopes();
    // Not taken apart as a list, for which code that is not optimised makes an object per step.
    const first = ends[0], last = ends[1];
    cubic(innerPoint, h, u, next, first, last, state);
    cubicDerivative(innerPoint, h, u, next, first, last, out);
    innerResidual(this.#f, this.#t + innerPoint * h, state, out, undefined, this.#delta, this.#delta);
    this.#W.solve(out);
    this.#nf++;
    return leewayFor(this.#context);
  }

  #linearise(): void {
    this.#jacobian.evaluate(this.#t, this.#u, this.#J);
    this.#hasJacobian = true;
    this.#isFresh = true;
  }

  #factorise(): boolean {
    this.nlu++;
    return this.#W.factor(1 / (this.#tableau.gamma * this.#h), this.#J);
  }

  #solveStages(): boolean {
    const { a, gamma, explicitFirst } = this.#tableau;
    const k = this.#k;
    const scale = gamma * this.#h;
    this.#slowest = 0;
    for (let i = explicitFirst ? 1 : 0; i < k.length; i++) {
      this.#base.set(this.#u);
      this.#addStages(a[i], this.#h, this.#base);
      // A first guess by the slope of the stage before.
      const guess = i > 0 ? k[i - 1] : undefined;
      for (let j = 0; j < this.#n; j++) this.#z[j] = guess ? scale * guess[j] : 0;
      if (!this.#newton(this.#t + this.#c[i] * this.#h, scale)) return false;
      for (let j = 0; j < this.#n; j++) k[i][j] = this.#z[j] / scale;
    }
    return true;
  }

  /**
   * Solves `z = scale f(t, base + z)`. It stops by the observed rate of convergence, and after the first iteration where that changed less than is allowed: nothing is known of its
   * rate, and that of the solve before, which the book takes, may be rounding (docs/decisions/0012).
   *
   * @source Hairer, Wanner, Solving Ordinary Differential Equations II (1996), section IV.8.
   */
  #newton(t: number, scale: number): boolean {
    const n = this.#n, z = this.#z, base = this.#base, input = this.#input, delta = this.#delta;
    let eta = 1;
    let before = 0;
    for (let i = 0; i < n; i++) input[i] = base[i] + z[i];
    for (let iteration = 0; iteration < maxIterations; iteration++) {
      this.#evaluate(t, input, delta);
      for (let i = 0; i < n; i++) delta[i] -= z[i] / scale;
      this.#W.solve(delta);
      for (let i = 0; i < n; i++) {
        z[i] += delta[i];
        input[i] = base[i] + z[i];
      }
      const size = this.#norm(delta);
      if (!(size < Infinity)) return false;
      if (iteration > 0 && size > 0) {
        const theta = size / before;
        // At the level of rounding the rate says nothing.
        if (theta >= 1) return size <= this.#rounding();
        eta = theta / (1 - theta);
        this.#slowest = Math.max(this.#slowest, theta);
      }
      if (eta * size <= this.#tolerance || size === 0) return true;
      before = size;
    }
    return false;
  }

  /** The norm of a change by a few units of rounding in every component. */
  #rounding(): number {
    const u = this.#u, delta = this.#delta;
    for (let i = 0; i < u.length; i++) delta[i] = 16 * Number.EPSILON * u[i];
    return this.#norm(delta);
  }

  /** May overwrite `x`. */
  #norm(x: Float64Array): number {
    return scaledNorm(x, this.#u, this.#input, this.#context);
  }

  #addStages(weights: readonly number[], h: number, out: Float64Array): void {
    for (let i = 0; i < weights.length; i++) {
      const weight = h * weights[i];
      const k = this.#k[i];
      if (weight !== 0) for (let j = 0; j < out.length; j++) out[j] += weight * k[j];
    }
  }

  #evaluate(t: number, u: Float64Array, out: Float64Array): void {
    this.#f.rhs(t, u, out);
    this.#nf++;
  }
}
