import type { Algorithm, Interpolant, Stepper, StepperContext } from "./algorithm.ts";
import { smallStages } from "./algorithms/generated/rosenbrock-stages.ts";
import { option, type OptionSpec } from "./config.ts";
import { jacobianOf, type JacobianEvaluator } from "./jacobian.ts";
import { iterationMatrix, massProduct, type IterationMatrix, type MassProduct } from "./linear-algebra/iteration-matrix.ts";
import { luSolve } from "./linear-algebra/lu.ts";
import { innerPoint, innerResidual, leeway } from "./inner-residual.ts";
import { predictiveController } from "./predictive-controller.ts";
import { RosenbrockInterpolant } from "./rosenbrock-interpolant.ts";
import { tableOf, type RosenbrockTable, type RosenbrockTableau } from "./rosenbrock-table.ts";
import type { RosenbrockWork } from "./rosenbrock-work.ts";
import { abstolsOf } from "./scaled-norm.ts";
import type { BoundField } from "./vector-field.ts";

/** Options of Rosenbrock methods. */
export interface RosenbrockOptions {
  /** True promises that `f` does not depend on `t`, which spares two evaluations per step. Default false. */
  readonly autonomous?: boolean | undefined;
}

/** What `readOptions` needs for {@link RosenbrockOptions}. */
export const rosenbrockSpecs: { readonly autonomous: OptionSpec<boolean> } = { autonomous: option.flag(false) };

/**
 * Turns the coefficients of a Rosenbrock method into an algorithm.
 *
 * @param errorOrder - The error estimate is proportional to `h^errorOrder`.
 */
export function rosenbrock(name: string, order: number, errorOrder: number, tableau: RosenbrockTableau, autonomous: boolean): Algorithm {
  const table = tableOf(tableau);
  return {
    name,
    order,
    massMatrix: true,
    controller: () => predictiveController(errorOrder),
    stepper: (f, n, context) => new RosenbrockStepper(table, f, n, context, autonomous),
  };
}

class RosenbrockStepper implements Stepper {
  readonly #f: BoundField;
  readonly #n: number;
  readonly #table: RosenbrockTable;
  readonly #reltol: number;
  readonly #abstols: Float64Array;
  readonly #mass: MassProduct | undefined;
  readonly #autonomous: boolean;
  readonly #jacobian: JacobianEvaluator;
  readonly #J: Float64Array;
  /** Where the state is small and the matrix dense and plain, its parts; else the matrix. */
  readonly #small: RosenbrockWork | undefined;
  readonly #W: IterationMatrix | undefined;
  /** The stages, `U_i` at component j in entry `j stride + i`: sums over them run along the memory. */
  readonly #stages: Float64Array;
  readonly #slope: Float64Array;
  readonly #lastSlope: Float64Array;
  readonly #timeSlope: Float64Array;
  readonly #input: Float64Array;
  /** The right-hand side of a stage's linear system, which becomes the stage. */
  readonly #side: Float64Array;
  readonly #product: Float64Array;
  /** States at the start and at the end of the last step: the caller's arrays. */
  #u: Float64Array;
  #next: Float64Array;
  /** `#slope`, `#J` and `#timeSlope` belong to the state that the next step starts from. */
  #hasSlope = false;
  #hasJacobian = false;
  #wasKept = true;
  // Numbers that do begin as no integers: V8 then stores them in place.
  #t = NaN;
  #h = NaN;
  #nf = 0;
  nlu = 0;

  constructor(table: RosenbrockTable, f: BoundField, n: number, context: StepperContext, autonomous: boolean) {
    const vector = (): Float64Array => new Float64Array(n);
    this.#f = f;
    this.#n = n;
    this.#table = table;
    this.#reltol = context.reltol;
    this.#abstols = abstolsOf(context, n);
    this.#mass = massProduct(n, context);
    this.#autonomous = autonomous;
    this.#jacobian = jacobianOf(f, n, context);
    this.#J = new Float64Array(this.#jacobian.size);
    this.#stages = new Float64Array(table.stride * n);
    this.#slope = vector();
    this.#lastSlope = vector();
    this.#timeSlope = autonomous ? this.#slope : vector();
    this.#input = vector();
    this.#side = vector();
    this.#product = this.#mass ? vector() : this.#side;
    const isSmall = n < smallStages.length && !this.#mass && !context.bandwidth && !context.quadratures && !context.tangents;
    this.#small = isSmall
      ? {
          table, f, J: this.#J, lu: new Float64Array(n * n), pivots: new Int32Array(n), stages: this.#stages, slope: this.#slope, stageSlope: this.#lastSlope,
          timeSlope: autonomous ? undefined : this.#timeSlope, input: this.#input,
        }
      : undefined;
    this.#W = isSmall ? undefined : iterationMatrix(n, context);
    this.#u = this.#input;
    this.#next = this.#input;
  }

  get nf(): number {
    return this.#nf + this.#jacobian.nf;
  }

  get njac(): number {
    return this.#jacobian.njac;
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    const small = this.#small;
    this.#t = t;
    this.#h = h;
    this.#u = u;
    this.#next = out;
    this.#linearise(t, h, u);
    this.nlu++;
    if (!(small ? smallStages[this.#n]!(small, t, h, u, out) : this.#takeStages(t, h, u, out))) return false;
    this.#nf += this.#table.stages - 1;
    return true;
  }

  /** For states of any length; returns false when the matrix is singular. */
  #takeStages(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    const { gamma, stages, a, C, c } = this.#table;
    const input = this.#input;
    const side = this.#side;
    const n = this.#n;
    if (!this.#W!.factor(1 / (gamma * h), this.#J)) return false;
    // Stages to come count in sums with weight 0; what a failed step left of them may not be finite.
    if (!this.#wasKept) this.#stages.fill(0);
    this.#wasKept = false;
    const first = this.#slope;
    for (let j = 0; j < n; j++) side[j] = first[j];
    this.#solveStage(0, h);
    const slope = this.#lastSlope;
    for (let i = 1; i < stages; i++) {
      this.#beginStage(a[i], C[i], 1 / h, u);
      this.#f.rhs(t + c[i] * h, input, slope);
      for (let j = 0; j < n; j++) side[j] += slope[j];
      this.#solveStage(i, h);
    }
    this.#setEnd(u, out);
    return true;
  }

  error(out: Float64Array): void {
    out.fill(0);
    this.#addStages(this.#table.bError, out);
  }

  scaledError(): number {
    const { bError, stages, errorFrom, stride } = this.#table;
    const reltol = this.#reltol;
    const abstols = this.#abstols;
    const u = this.#u;
    const next = this.#next;
    const U = this.#stages;
    const n = this.#n;
    let total = 0;
    for (let j = 0, row = 0; j < n; j++, row += stride) {
      let error = 0;
      for (let k = errorFrom; k < stages; k++) error += bError[k] * U[row + k];
      const size = Math.max(Math.abs(u[j]), Math.abs(next[j]));
      // As scaledNorm has it: an infinite state hides no error, and a component that rests at zero needs no scale.
      if (!(size < Infinity)) return NaN;
      if (error === 0) continue;
      error /= abstols[j] + reltol * size;
      total += error * error;
    }
    return Math.sqrt(total / n);
  }

  interpolationError(out: Float64Array): number {
    const { fsal, inner } = this.#table;
    // The estimate of those sees the slope at the end.
    if (fsal) return Infinity;
    const u = this.#u, next = this.#next, state = this.#input, h = this.#h;
    state.fill(0);
    out.fill(0);
    this.#addStages(inner.state, state);
    this.#addStages(inner.slope, out);
    for (let j = 0; j < out.length; j++) {
      state[j] += (1 - innerPoint) * u[j] + innerPoint * next[j];
      out[j] = (out[j] + next[j] - u[j]) / h;
    }
    innerResidual(this.#f, this.#t + innerPoint * h, state, out, this.#mass, this.#side, this.#product);
    const small = this.#small;
    if (small) luSolve(small.lu, this.#n, small.pivots, out);
    else this.#W!.solve(out);
    this.#nf++;
    return leeway;
  }

  accept(): void {
    this.#wasKept = true;
    this.#hasSlope = this.#table.fsal;
    this.#hasJacobian = false;
    if (this.#hasSlope) this.#slope.set(this.#lastSlope);
  }

  reset(): void {
    this.#hasSlope = false;
    this.#hasJacobian = false;
  }

  rate(): number {
    return this.#jacobian.norm(this.#J, this.#u);
  }

  capture(): Interpolant {
    const V = this.#table.dense.map((w) => {
      const out = new Float64Array(this.#n);
      this.#addStages(w, out);
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

  /** The sums over earlier stages that a stage needs: its state, and its linear system's part `M sum_j (C_ij / h) U_j`. */
  #beginStage(a: Float64Array, C: Float64Array, inverse: number, u: Float64Array): void {
    const { stride } = this.#table;
    const stages = this.#stages;
    const input = this.#input;
    const side = this.#side;
    const n = this.#n;
    for (let k = 0; k < a.length; k += 4) {
      const a0 = a[k];
      const a1 = a[k + 1];
      const a2 = a[k + 2];
      const a3 = a[k + 3];
      const c0 = inverse * C[k];
      const c1 = inverse * C[k + 1];
      const c2 = inverse * C[k + 2];
      const c3 = inverse * C[k + 3];
      for (let j = 0, at = k; j < n; j++, at += stride) {
        const p = stages[at];
        const q = stages[at + 1];
        const r = stages[at + 2];
        const s = stages[at + 3];
        input[j] = (k === 0 ? u[j] : input[j]) + (a0 * p + a1 * q + a2 * r + a3 * s);
        side[j] = (k === 0 ? 0 : side[j]) + (c0 * p + c1 * q + c2 * r + c3 * s);
      }
    }
    if (this.#mass) {
      this.#mass(side, this.#product);
      side.set(this.#product);
    }
  }

  /** The new state. */
  #setEnd(u: Float64Array, out: Float64Array): void {
    const { b, stages, endsNext, fsal, stride } = this.#table;
    const U = this.#stages;
    const input = this.#input;
    const n = this.#n;
    // The very numbers that the last slope is of: differences by the time of the next step would magnify those of another sum.
    if (fsal) out.set(input);
    else if (endsNext) for (let j = 0, at = stages - 1; j < n; j++, at += stride) out[j] = input[j] + U[at];
    else {
      for (let j = 0; j < n; j++) out[j] = u[j];
      this.#addStages(b, out);
    }
  }

  #solveStage(i: number, h: number): void {
    const { d, stride } = this.#table;
    const side = this.#side;
    const stages = this.#stages;
    const n = this.#n;
    if (!this.#autonomous && d[i] !== 0) {
      const scale = d[i] * h;
      for (let j = 0; j < n; j++) side[j] += scale * this.#timeSlope[j];
    }
    this.#W!.solve(side);
    for (let j = 0, at = i; j < n; j++, at += stride) stages[at] = side[j];
  }

  /** `out += sum_k w_k U_k`. */
  #addStages(w: Float64Array, out: Float64Array): void {
    const { stages, stride } = this.#table;
    const U = this.#stages;
    for (let j = 0, row = 0; j < out.length; j++, row += stride) for (let k = 0; k < stages; k++) out[j] += w[k] * U[row + k];
  }
}
