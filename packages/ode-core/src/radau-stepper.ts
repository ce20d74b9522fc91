import type { Interpolant, Stepper, StepperContext } from "./algorithm.ts";
import { radauIIA5Tableau, type Matrix } from "./algorithms/tableaus/radau-iia5.ts";
import type { StepController } from "./controller.ts";
import { jacobianOf, type JacobianEvaluator } from "./jacobian.ts";
import { complexIterationMatrix, iterationMatrix, massProduct, type ComplexIterationMatrix, type IterationMatrix, type MassProduct } from "./linear-algebra/iteration-matrix.ts";
import { predictiveController, type IterationReport } from "./predictive-controller.ts";
import { innerPoint, innerResidual, leewayFor } from "./inner-residual.ts";
import { RadauPolynomial } from "./radau-polynomial.ts";
import { RadauTolerances } from "./radau-tolerances.ts";
import type { BoundField } from "./vector-field.ts";

const { c, gamma, alpha, beta, T, TInverse, e } = radauIIA5Tableau;
const maxIterations = 7;
/** The Jacobian is kept while the iteration converges at least this fast. */
const fast = 1e-3;
/** Slower iterations are given up. */
const slow = 0.99;

/**
 * The steps of `radauIIA5`: solves `M z_i = h sum_j a_ij f(t + c_j h, u + z_j)` by Newton's iteration in the variables
 * `w = TInverse z`, where a real and a complex system take the place of one of three times the size.
 *
 * @source Hairer, Wanner, Solving Ordinary Differential Equations II (1996), section IV.8.
 */
export class RadauStepper implements Stepper {
  readonly #f: BoundField;
  readonly #n: number;
  readonly #context: StepperContext;
  readonly #tolerances: RadauTolerances;
  readonly #jacobian: JacobianEvaluator;
  readonly #J: Float64Array;
  readonly #E1: IterationMatrix;
  readonly #E2: ComplexIterationMatrix;
  readonly #mass: MassProduct | undefined;
  /** Three vectors each, one after the other: `z`, `w`, `M w`, and the slopes of the stages that become the changes of `w`. */
  readonly #z: Float64Array;
  readonly #w: Float64Array;
  readonly #Mw: Float64Array;
  readonly #k: Float64Array;
  readonly #parts: { readonly w: readonly Float64Array[]; readonly Mw: readonly Float64Array[]; readonly k: readonly Float64Array[] };
  readonly #slope: Float64Array;
  readonly #u: Float64Array;
  readonly #input: Float64Array;
  #inner: RadauPolynomial | undefined;
  /** The solution within the last step that was kept. */
  readonly #last: RadauPolynomial;
  readonly #report: { -readonly [K in keyof IterationReport]: number } = { caution: NaN, steady: NaN, retry: NaN };
  readonly controller: StepController;
  // Numbers that do begin as no integers: V8 then stores them in place.
  #t = NaN;
  #h = NaN;
  #hasSlope = false;
  #hasJacobian = false;
  /** The Jacobian is that of the state that the step starts from. */
  #isFresh = false;
  /** The step that the matrices were factorised for; NaN for none. */
  #factoredH = NaN;
  #hasLast = false;
  /** A step was tried from here and not kept, and the one under way is such a retry. */
  #wasTried = false;
  #isRetry = false;
  #theta = NaN;
  #nf = 0;
  nlu = 0;

  constructor(f: BoundField, n: number, context: StepperContext, newtonTolerance: number) {
    this.#f = f;
    this.#n = n;
    this.#context = context;
    this.#tolerances = new RadauTolerances(n, context, newtonTolerance);
    this.#jacobian = jacobianOf(f, n, context);
    this.#J = new Float64Array(this.#jacobian.size);
    this.#E1 = iterationMatrix(n, context);
    this.#E2 = complexIterationMatrix(n, context);
    this.#mass = massProduct(n, context);
    const thrice = (): Float64Array => new Float64Array(3 * n);
    const parts = (x: Float64Array): Float64Array[] => [0, n, 2 * n].map((at) => x.subarray(at, at + n));
    [this.#z, this.#w, this.#k] = [thrice(), thrice(), thrice()];
    this.#Mw = this.#mass ? thrice() : this.#w;
    this.#parts = { w: parts(this.#w), Mw: parts(this.#Mw), k: parts(this.#k) };
    const vector = (): Float64Array => new Float64Array(n);
    [this.#slope, this.#u, this.#input] = [vector(), vector(), vector()];
    this.#last = new RadauPolynomial(n);
    this.controller = predictiveController(4, 8, this.#report);
  }

  get nf(): number {
    return this.#nf + this.#jacobian.nf;
  }

  get njac(): number {
    return this.#jacobian.njac;
  }

  start(slope: Float64Array): void {
    this.#slope.set(slope);
    this.#hasSlope = true;
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    this.#t = t;
    this.#h = h;
    this.#u.set(u);
    this.#isRetry = this.#wasTried;
    this.#wasTried = true;
    if (!this.#hasSlope) this.#evaluate(t, u, this.#slope);
    this.#hasSlope = true;
    if (!this.#hasJacobian || (this.#isRetry && !this.#isFresh)) this.#linearise();
    let solved = this.#solve();
    if (!solved && !this.#isFresh) {
      this.#linearise();
      solved = this.#solve();
    }
    if (!solved) return false;
    const n = this.#n, z = this.#z;
    for (let i = 0; i < n; i++) out[i] = u[i] + z[2 * n + i];
    return true;
  }

  error(out: Float64Array): void {
    const n = this.#n, h = this.#h, z = this.#z, slope = this.#slope;
    const { k } = this.#parts;
    const bump = k[0], product = k[1];
    for (let i = 0; i < n; i++) bump[i] = (e[0] * z[i] + e[1] * z[n + i] + e[2] * z[2 * n + i]) / h;
    if (this.#mass) {
      this.#mass(bump, product);
      bump.set(product);
    }
    for (let i = 0; i < n; i++) out[i] = bump[i] + slope[i];
    this.#E1.solve(out);
    if ((!this.#hasLast || this.#isRetry) && !(this.#tolerances.norm(out) < 1)) {
      // Filtered once more, as the estimate is far too large in a stiff transient.
      const input = this.#input;
      for (let i = 0; i < n; i++) input[i] = this.#u[i] + out[i];
      this.#evaluate(this.#t, input, out);
      for (let i = 0; i < n; i++) out[i] += bump[i];
      this.#E1.solve(out);
    }
    this.#tolerances.toSolve(out);
  }

  interpolationError(out: Float64Array): number {
    const { k } = this.#parts;
    const scratch = k[0], product = k[1];
    const state = this.#input;
    this.#inner ??= new RadauPolynomial(this.#n);
    this.#inner.set(this.#h, this.#u, this.#z);
    this.#inner.at(innerPoint, state);
    this.#inner.derivative(innerPoint, out);
    innerResidual(this.#f, this.#t + innerPoint * this.#h, state, out, this.#mass, scratch, product);
    this.#E1.solve(out);
    this.#nf++;
    return leewayFor(this.#context);
  }

  accept(): void {
    this.#last.set(this.#h, this.#u, this.#z);
    this.#hasLast = true;
    this.#hasSlope = false;
    this.#isFresh = false;
    this.#hasJacobian = this.#theta <= fast;
    this.#wasTried = false;
  }

  reset(): void {
    this.#tolerances.reset();
    this.#hasLast = false;
    this.#hasSlope = false;
    this.#hasJacobian = false;
    this.#wasTried = false;
  }

  rate(): number {
    return this.#jacobian.norm(this.#J, this.#u);
  }

  capture(): Interpolant {
    const polynomial = new RadauPolynomial(this.#n);
    polynomial.set(this.#h, this.#u, this.#z);
    return polynomial;
  }

  #linearise(): void {
    this.#jacobian.evaluate(this.#t, this.#u, this.#J);
    this.#hasJacobian = true;
    this.#isFresh = true;
    this.#factoredH = NaN;
  }

  #solve(): boolean {
    const h = this.#h;
    this.#report.retry = 0.5;
    if (h !== this.#factoredH && !this.#factorise()) return false;
    if (this.#hasLast) this.#last.extrapolate(h, this.#z);
    else this.#z.fill(0);
    this.#transform(TInverse, this.#z, this.#w);
    this.#tolerances.set(h, this.#u, this.#z, 2 * this.#n, this.#slope);
    return this.#newton();
  }

  #factorise(): boolean {
    const h = this.#h;
    this.nlu++;
    this.#factoredH = NaN;
    if (!this.#E1.factor(gamma / h, this.#J) || !this.#E2.factor(alpha / h, beta / h, this.#J)) return false;
    this.#factoredH = h;
    return true;
  }

  /** Stops by the observed rate of convergence, of which nothing is carried over from the step before (docs/decisions/0012), and gives up as soon as that promises no success in time. */
  #newton(): boolean {
    const report = this.#report;
    const { kappa } = this.#tolerances;
    this.#theta = fast;
    let eta = 1;
    let before = 0;
    let rateBefore = 0;
    for (let iteration = 1; iteration <= maxIterations; iteration++) {
      this.#solveChange();
      const size = this.#tolerances.norm(this.#k);
      if (!(size < Infinity)) return false;
      if (iteration > 1 && iteration < maxIterations) {
        const rate = size / before;
        this.#theta = iteration === 2 ? rate : Math.sqrt(rate * rateBefore);
        rateBefore = rate;
        if (this.#theta >= slow) return false;
        eta = this.#theta / (1 - this.#theta);
        const left = maxIterations - 1 - iteration;
        let expected = (eta * size) / kappa;
        for (let i = 0; i < left; i++) expected *= this.#theta;
        if (expected >= 1) {
          report.retry = 0.8 * Math.min(20, expected) ** (-1 / (4 + left));
          return false;
        }
      }
      before = Math.max(size, Number.EPSILON);
      const w = this.#w, k = this.#k;
      for (let i = 0; i < w.length; i++) w[i] += k[i];
      this.#transform(T, w, this.#z);
      if (eta * size <= kappa) {
        report.caution = Math.min(1, (1 + 2 * maxIterations) / (iteration + 2 * maxIterations));
        report.steady = this.#theta <= fast ? 1.2 : 1;
        return true;
      }
    }
    return false;
  }

  /** Writes the change of `w` by one iteration into `#k`. */
  #solveChange(): void {
    const n = this.#n, t = this.#t, h = this.#h, u = this.#u, z = this.#z, k = this.#k, Mw = this.#Mw, input = this.#input;
    const parts = this.#parts;
    for (let stage = 0; stage < 3; stage++) {
      for (let i = 0, at = stage * n; i < n; i++, at++) input[i] = u[i] + z[at];
      this.#evaluate(t + c[stage] * h, input, parts.k[stage]);
      this.#mass?.(parts.w[stage], parts.Mw[stage]);
    }
    this.#transform(TInverse, k, k);
    const own = gamma / h, re = alpha / h, im = beta / h;
    for (let i = 0, j = n, l = 2 * n; i < n; i++, j++, l++) {
      k[i] -= own * Mw[i];
      k[j] -= re * Mw[j] - im * Mw[l];
      k[l] -= re * Mw[l] + im * Mw[j];
    }
    this.#E1.solve(parts.k[0]);
    this.#E2.solve(parts.k[1], parts.k[2]);
  }

  /** `out = matrix x` for three vectors each; `out` may be `x`. */
  #transform(matrix: Matrix, x: Float64Array, out: Float64Array): void {
    const n = this.#n;
    const a = matrix[0];
    const b = matrix[1];
    const d = matrix[2];
    for (let i = 0, j = n, l = 2 * n; i < n; i++, j++, l++) {
      const p = x[i];
      const q = x[j];
      const r = x[l];
      out[i] = a[0] * p + a[1] * q + a[2] * r;
      out[j] = b[0] * p + b[1] * q + b[2] * r;
      out[l] = d[0] * p + d[1] * q + d[2] * r;
    }
  }

  #evaluate(t: number, u: Float64Array, out: Float64Array): void {
    this.#f.rhs(t, u, out);
    this.#nf++;
  }
}
