import type { Algorithm, Interpolant, Stepper, StepperContext } from "./algorithm.ts";
import { option, type OptionSpec } from "./config.ts";
import { jacobianNorm, jacobianOf, type JacobianEvaluator } from "./jacobian.ts";
import { luFactor, luSolve } from "./linear-algebra/lu.ts";
import { predictiveController } from "./predictive-controller.ts";
import type { BoundField } from "./vector-field.ts";

/**
 * Coefficients of a Rosenbrock method with `s = b.length` stages in the form that needs no products with the Jacobian:
 * `(M / (gamma h) - J) U_i = f(t + c_i h, u + sum_j a_ij U_j) + M sum_j (C_ij / h) U_j + d_i h f_t` and `u1 = u + sum_i b_i U_i`.
 *
 * @source Hairer, Wanner, Solving Ordinary Differential Equations II (1996), section IV.7.
 */
export interface RosenbrockTableau {
  readonly gamma: number;
  /** Row i has i entries, like those of `C`. */
  readonly a: readonly (readonly number[])[];
  readonly C: readonly (readonly number[])[];
  readonly b: readonly number[];
  /** The error estimate is `sum_i bError_i U_i`. */
  readonly bError: readonly number[];
  readonly c: readonly number[];
  readonly d: readonly number[];
  /** The last stage's right-hand side is `f(t + h, u1)`. */
  readonly fsal?: boolean;
  /** Dense output `(1 - x) u + x (u1 + (1 - x) (V_1 + x (V_2 + x V_3)))` at `x = theta` with `V_k = sum_i dense_ki U_i`. */
  readonly dense: readonly (readonly number[])[];
}

/** Options of Rosenbrock methods. */
export interface RosenbrockOptions {
  /** True promises that `f` does not depend on `t`, which spares two evaluations per step. Default false. */
  readonly autonomous?: boolean;
}

/** What `readOptions` needs for {@link RosenbrockOptions}. */
export const rosenbrockSpecs: { readonly autonomous: OptionSpec<boolean> } = { autonomous: option.flag(false) };

/**
 * Turns the coefficients of a Rosenbrock method into an algorithm.
 *
 * @param errorOrder - The error estimate is proportional to `h^errorOrder`.
 */
export function rosenbrock(name: string, order: number, errorOrder: number, tableau: RosenbrockTableau, autonomous: boolean): Algorithm {
  return {
    name,
    order,
    massMatrix: true,
    controller: () => predictiveController(errorOrder),
    stepper: (f, n, context) => new RosenbrockStepper(tableau, f, n, context, autonomous),
  };
}

/** `out[n] += sum_j w[j] x_j` over the first `w.length` vectors that lie one after the other in `x`. */
function accumulate(x: Float64Array, w: Float64Array, scale: number, out: Float64Array): void {
  const n = out.length;
  for (let k = 0; k < w.length; k++) {
    const weight = scale * w[k];
    if (weight === 0) continue;
    for (let i = 0, at = k * n; i < n; i++, at++) out[i] += weight * x[at];
  }
}

const rows = (table: readonly (readonly number[])[]): Float64Array[] => table.map((row) => Float64Array.from(row));

class RosenbrockStepper implements Stepper {
  readonly #f: BoundField;
  readonly #n: number;
  readonly #tableau: RosenbrockTableau;
  readonly #a: readonly Float64Array[];
  readonly #C: readonly Float64Array[];
  readonly #b: Float64Array;
  readonly #bError: Float64Array;
  readonly #dense: readonly Float64Array[];
  readonly #context: StepperContext;
  readonly #mass: Float64Array | undefined;
  readonly #autonomous: boolean;
  readonly #jacobian: JacobianEvaluator;
  readonly #J: Float64Array;
  readonly #W: Float64Array;
  readonly #pivots: Int32Array;
  /** The stages `U_i`, one after the other, and views of each. */
  readonly #stages: Float64Array;
  readonly #views: readonly Float64Array[];
  readonly #slope: Float64Array;
  readonly #lastSlope: Float64Array;
  readonly #timeSlope: Float64Array;
  readonly #input: Float64Array;
  readonly #u: Float64Array;
  readonly #next: Float64Array;
  /** `#slope`, `#J` and `#timeSlope` belong to the state that the next step starts from. */
  #hasSlope = false;
  #hasJacobian = false;
  #h = 0;
  #nf = 0;
  nlu = 0;

  constructor(tableau: RosenbrockTableau, f: BoundField, n: number, context: StepperContext, autonomous: boolean) {
    const stages = tableau.b.length;
    const vector = (): Float64Array => new Float64Array(n);
    this.#f = f;
    this.#n = n;
    this.#tableau = tableau;
    this.#a = rows(tableau.a);
    this.#C = rows(tableau.C);
    this.#b = Float64Array.from(tableau.b);
    this.#bError = Float64Array.from(tableau.bError);
    this.#dense = rows(tableau.dense);
    this.#context = context;
    this.#mass = context.massMatrix;
    this.#autonomous = autonomous;
    this.#jacobian = jacobianOf(f, n, context);
    this.#J = new Float64Array(n * n);
    this.#W = new Float64Array(n * n);
    this.#pivots = new Int32Array(n);
    this.#stages = new Float64Array(stages * n);
    this.#views = Array.from({ length: stages }, (_, i) => this.#stages.subarray(i * n, (i + 1) * n));
    [this.#slope, this.#lastSlope, this.#timeSlope] = [vector(), vector(), vector()];
    [this.#input, this.#u, this.#next] = [vector(), vector(), vector()];
  }

  get nf(): number {
    return this.#nf + this.#jacobian.nf;
  }

  get njac(): number {
    return this.#jacobian.njac;
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    this.#h = h;
    this.#linearise(t, h, u);
    if (!this.#factorise(h)) return false;
    this.#u.set(u);
    const { c, d } = this.#tableau;
    for (let i = 0; i < this.#views.length; i++) {
      let slope = this.#slope;
      if (i > 0) {
        slope = this.#lastSlope;
        this.#input.set(u);
        accumulate(this.#stages, this.#a[i], 1, this.#input);
        this.#f.rhs(t + c[i] * h, this.#input, slope);
        this.#nf++;
      }
      this.#solveStage(i, h, slope, d[i]);
    }
    out.set(u);
    accumulate(this.#stages, this.#b, 1, out);
    this.#next.set(out);
    return true;
  }

  error(out: Float64Array): void {
    out.fill(0);
    accumulate(this.#stages, this.#bError, 1, out);
  }

  accept(): void {
    this.#hasSlope = this.#tableau.fsal === true;
    this.#hasJacobian = false;
    if (this.#hasSlope) this.#slope.set(this.#lastSlope);
  }

  reset(): void {
    this.#hasSlope = false;
    this.#hasJacobian = false;
  }

  rate(): number {
    return jacobianNorm(this.#J, this.#u, this.#context);
  }

  capture(): Interpolant {
    const V = this.#dense.map((w) => {
      const out = new Float64Array(this.#n);
      accumulate(this.#stages, w, 1, out);
      return out;
    });
    return new RosenbrockInterpolant(this.#h, this.#u.slice(), this.#next.slice(), V);
  }

  /** What a retry of a rejected step shares with its first trial. */
  #linearise(t: number, h: number, u: Float64Array): void {
    if (!this.#hasSlope) {
      this.#f.rhs(t, u, this.#slope);
      this.#nf++;
      this.#hasSlope = true;
    }
    if (this.#hasJacobian) return;
    this.#jacobian.evaluate(t, u, this.#J);
    if (!this.#autonomous) this.#jacobian.timeDerivative(t, h, u, this.#slope, this.#timeSlope);
    this.#hasJacobian = true;
  }

  #factorise(h: number): boolean {
    const n = this.#n;
    const W = this.#W;
    const scale = 1 / (this.#tableau.gamma * h);
    const mass = this.#mass;
    if (mass) for (let i = 0; i < W.length; i++) W[i] = scale * mass[i] - this.#J[i];
    else {
      for (let i = 0; i < W.length; i++) W[i] = -this.#J[i];
      for (let i = 0; i < W.length; i += n + 1) W[i] += scale;
    }
    this.nlu++;
    return luFactor(W, n, this.#pivots);
  }

  #solveStage(i: number, h: number, slope: Float64Array, d: number): void {
    const n = this.#n;
    const U = this.#views[i];
    const mass = this.#mass;
    U.set(slope);
    if (mass && i > 0) {
      const input = this.#input;
      input.fill(0);
      accumulate(this.#stages, this.#C[i], 1 / h, input);
      for (let row = 0, at = 0; row < n; row++) {
        let sum = 0;
        for (let j = 0; j < n; j++, at++) sum += mass[at] * input[j];
        U[row] += sum;
      }
    } else accumulate(this.#stages, this.#C[i], 1 / h, U);
    if (!this.#autonomous && d !== 0) {
      const scale = d * h;
      for (let j = 0; j < n; j++) U[j] += scale * this.#timeSlope[j];
    }
    luSolve(this.#W, n, this.#pivots, U);
  }
}

class RosenbrockInterpolant implements Interpolant {
  readonly #h: number;
  readonly #u: Float64Array;
  readonly #next: Float64Array;
  readonly #V: readonly Float64Array[];

  constructor(h: number, u: Float64Array, next: Float64Array, V: readonly Float64Array[]) {
    this.#h = h;
    this.#u = u;
    this.#next = next;
    this.#V = V;
  }

  at(theta: number, out: Float64Array): void {
    const rest = 1 - theta;
    for (let i = 0; i < out.length; i++) {
      let bump = 0;
      for (let k = this.#V.length - 1; k >= 0; k--) bump = this.#V[k][i] + theta * bump;
      out[i] = rest * this.#u[i] + theta * (this.#next[i] + rest * bump);
    }
  }

  derivative(theta: number, out: Float64Array): void {
    for (let i = 0; i < out.length; i++) {
      let bump = 0;
      let slope = 0;
      for (let k = this.#V.length - 1; k >= 0; k--) {
        slope = bump + theta * slope;
        bump = this.#V[k][i] + theta * bump;
      }
      out[i] = (this.#next[i] - this.#u[i] + (1 - 2 * theta) * bump + theta * (1 - theta) * slope) / this.#h;
    }
  }
}
