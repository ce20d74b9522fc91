import type { Interpolant, StepperContext, Tableau } from "./algorithm.ts";
import { errorNorm } from "./error-norm.ts";
import type { BoundField } from "./vector-field.ts";

/** `out = u + h sum_i w[from + i] k_i` over `count` stages that lie one after the other in `k`. */
export function combine(u: Float64Array, k: Float64Array, h: number, w: Float64Array, from: number, count: number, out: Float64Array): void {
  const n = out.length;
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let i = 0, at = j; i < count; i++, at += n) sum += w[from + i] * k[at];
    out[j] = u[j] + h * sum;
  }
}

/** `out = scale sum_i w[i] k_i`. */
function weigh(k: Float64Array, scale: number, w: Float64Array, count: number, out: Float64Array): void {
  const n = out.length;
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let i = 0, at = j; i < count; i++, at += n) sum += w[i] * k[at];
    out[j] = scale * sum;
  }
}

/**
 * What every stepper of an explicit Runge-Kutta method holds, and all it does besides the step itself: the error estimate,
 * the hand-over of the last stage, the extra stages and dense output.
 */
export class RkMemory {
  readonly f: BoundField;
  /** Stages and extra stages one after the other. */
  readonly k: Float64Array;
  /** Views of `k`: stages `k_i[n]`, then extra stages. */
  readonly stages: readonly Float64Array[];
  /** State at the start of the last step. */
  readonly u: Float64Array;
  /** Scratch for the argument of a stage. */
  readonly input: Float64Array;
  /** Start and length of the last step. In an array, as a property would be boxed anew at each assignment. */
  readonly now: Float64Array = new Float64Array(2);
  nf = 0;
  /** The first stage of the next step is known. */
  hasFirst = false;
  /** The extra stages of the last step are known. */
  hasExtra = false;
  readonly #tableau: Tableau;
  readonly #context: StepperContext;
  /** Rows of the stages and of the extra stages, one after the other: row i has i entries and starts at `#start[i]`. */
  readonly #a: Float64Array;
  readonly #start: Int32Array;
  readonly #c: Float64Array;
  readonly #e: Float64Array;
  readonly #coarse: Float64Array | undefined;
  readonly #weights: Float64Array;
  readonly #scratch: Float64Array;
  /** Index of the stage that equals `f(t + h, u1)`, or -1. */
  readonly #endStage: number;
  #next: Float64Array;

  constructor(tableau: Tableau, f: BoundField, n: number, context: StepperContext) {
    const { a, b, c, bError = [], bErrorCoarse, dense } = tableau;
    const total = b.length + dense.c.length;
    const rows = [...a, ...dense.a];
    this.f = f;
    this.#tableau = tableau;
    this.#context = context;
    this.k = new Float64Array(total * n);
    this.stages = Array.from({ length: total }, (_, i) => this.k.subarray(i * n, (i + 1) * n));
    this.u = new Float64Array(n);
    this.input = new Float64Array(n);
    this.#next = this.input;
    this.#scratch = new Float64Array(n);
    this.#a = Float64Array.from(rows.flat());
    this.#start = new Int32Array(rows.length);
    for (let i = 1; i < rows.length; i++) this.#start[i] = this.#start[i - 1] + rows[i - 1].length;
    this.#c = Float64Array.from([...c, ...dense.c]);
    this.#e = Float64Array.from(bError);
    this.#coarse = bErrorCoarse ? Float64Array.from(bErrorCoarse) : undefined;
    this.#weights = new Float64Array(total);
    this.#endStage = endStage(tableau);
  }

  /** To be called at the start of a step. */
  begin(t: number, h: number, next: Float64Array): void {
    this.now[0] = t;
    this.now[1] = h;
    this.#next = next;
    this.hasExtra = false;
  }

  /** Evaluates stage i, an extra one or not. */
  stage(i: number): void {
    combine(this.u, this.k, this.now[1], this.#a, this.#start[i], i, this.input);
    this.f.rhs(this.now[0] + this.#c[i] * this.now[1], this.input, this.stages[i]);
    this.nf++;
  }

  /** See `Stepper.error`. */
  error(out: Float64Array): void {
    const h = this.now[1];
    weigh(this.k, h, this.#e, this.#e.length, out);
    if (!this.#coarse) return;
    const { abstol, reltol } = this.#context;
    weigh(this.k, h, this.#coarse, this.#coarse.length, this.#scratch);
    const fine = errorNorm(out, this.u, this.#next, abstol, reltol);
    const coarse = errorNorm(this.#scratch, this.u, this.#next, abstol, reltol);
    const scale = combinedError(fine, coarse) / fine;
    if (fine > 0) for (let j = 0; j < out.length; j++) out[j] *= scale;
  }

  /** See `Stepper.start`. */
  start(slope: Float64Array): void {
    this.stages[0].set(slope);
    this.hasFirst = true;
  }

  /** See `Stepper.accept`. */
  accept(): void {
    const end = this.#endStage;
    this.hasFirst = end >= 0 && (end < this.#tableau.b.length || this.hasExtra);
    if (!this.hasFirst) return;
    const [first, last] = [this.stages[0], this.stages[end]];
    for (let j = 0; j < first.length; j++) first[j] = last[j];
  }

  /** See `Stepper.capture`. */
  capture(): Interpolant {
    if (!this.hasExtra) {
      for (let i = this.#tableau.b.length; i < this.stages.length; i++) this.stage(i);
      this.hasExtra = true;
    }
    return new RkInterpolant(this.#tableau, this.now[1], this.u.slice(), this.k.slice(), this.#weights);
  }
}

/** The norm of the estimate of {@link Tableau.bErrorCoarse} from those of its two parts. */
export function combinedError(fine: number, coarse: number): number {
  const square = fine * fine + 0.01 * coarse * coarse;
  return square > 0 ? (fine * fine) / Math.sqrt(square) : square;
}

/** Index of the stage or extra stage whose argument is the state at the end of the step, or -1. */
function endStage({ b, fsal, dense }: Tableau): number {
  if (fsal) return b.length - 1;
  const extra = dense.a.findIndex((row, i) => dense.c[i] === 1 && row.every((value, j) => value === (b[j] ?? 0)));
  return extra < 0 ? -1 : b.length + extra;
}

class RkInterpolant implements Interpolant {
  readonly #tableau: Tableau;
  readonly #h: number;
  readonly #u: Float64Array;
  readonly #k: Float64Array;
  /** Scratch that all interpolants of one stepper share: it holds nothing between calls. */
  readonly #weights: Float64Array;

  constructor(tableau: Tableau, h: number, u: Float64Array, k: Float64Array, weights: Float64Array) {
    this.#tableau = tableau;
    this.#h = h;
    this.#u = u;
    this.#k = k;
    this.#weights = weights;
  }

  at(theta: number, out: Float64Array): void {
    const w = this.#weights;
    this.#tableau.dense.weights(theta, w);
    combine(this.#u, this.#k, this.#h, w, 0, w.length, out);
  }

  derivative(theta: number, out: Float64Array): void {
    const w = this.#weights;
    this.#tableau.dense.weightsDerivative(theta, w);
    weigh(this.#k, 1, w, w.length, out);
  }
}
