import type { Interpolant, StepperContext, Tableau } from "./algorithm.ts";
import { coefficients, type Coefficients } from "./rk-coefficients.ts";
import { RkInterpolant, StepArrays } from "./rk-interpolant.ts";
import { abstolsOf, scaledNorm, type ErrorScale } from "./scaled-norm.ts";
import { largestScalar } from "./tableau-facts.ts";
import type { BoundField } from "./vector-field.ts";
import { VectorSums } from "./vector-sums.ts";

/** `out = sum_i w[from + i] k_i` over `count` stages. Stage by stage, without those of weight zero. */
function weigh(stages: readonly Float64Array[], w: Float64Array, from: number, count: number, out: Float64Array): void {
  const n = out.length;
  for (let j = 0; j < n; j++) out[j] = 0;
  for (let i = 0; i < count; i++) {
    const weight = w[from + i];
    if (weight === 0) continue;
    const k = stages[i];
    for (let j = 0; j < n; j++) out[j] += weight * k[j];
  }
}

/** `out = u + h sum_i w[from + i] k_i` over `count` stages. */
function combine(u: Float64Array, stages: readonly Float64Array[], h: number, w: Float64Array, from: number, count: number, out: Float64Array): void {
  weigh(stages, w, from, count, out);
  for (let j = 0; j < out.length; j++) out[j] = u[j] + h * out[j];
}

const none = new Float64Array(0);

/** `to[at + j] = from[j]`. `set` is a call whose cost is that of a loop over some fifty numbers. */
function copy(from: Float64Array, to: Float64Array, at = 0): void {
  if (from.length > 48) to.set(from, at);
  else for (let j = 0; j < from.length; j++) to[at + j] = from[j];
}

/**
 * What every stepper of an explicit Runge-Kutta method holds, and all it does besides the step itself: the error estimate,
 * the hand-over of the last stage, the extra stages and dense output.
 */
export class RkMemory {
  readonly f: BoundField;
  /** Stages `k_i[n]`, then extra stages. */
  readonly stages: Float64Array[];
  /** All stages, one after the other, for loops over them; empty where a step has none. */
  readonly k: Float64Array;
  /** States at the start and at the end of the last step: the caller's arrays. */
  u: Float64Array;
  next: Float64Array;
  /** Scratch for the argument of a stage. */
  readonly input: Float64Array;
  /**
   * Start and length of the last step, and its scaled error where a stepper fills it in. In an array, as a property would be
   * boxed anew at each assignment.
   */
  readonly now: Float64Array;
  readonly reltol: number;
  /** One per component. */
  readonly abstols: Float64Array;
  nf = 0;
  /** The first stage of the next step is known. */
  hasFirst = false;
  /** The extra stages of the last step are known. */
  hasExtra = false;
  readonly #tableau: Tableau;
  readonly #scale: ErrorScale;
  readonly #coefficients: Coefficients;
  readonly #sums: VectorSums | undefined;
  #weights: Float64Array | undefined;
  #kept: StepArrays | undefined;
  #estimate: Float64Array | undefined;

  /** @param sums - That takes the place of loops: what it reads and writes is then in its memory. */
  constructor(tableau: Tableau, f: BoundField, n: number, context: StepperContext, sums?: VectorSums) {
    this.f = f;
    this.reltol = context.reltol;
    this.abstols = abstolsOf(context, n);
    this.#scale = context;
    this.#tableau = tableau;
    this.#coefficients = coefficients(tableau);
    this.#sums = sums;
    const { total } = this.#coefficients;
    this.k = n > largestScalar && !sums ? new Float64Array(n * total) : none;
    this.stages = sums?.stages ?? [];
    // Small arrays of their own take half the time that views of one array do.
    for (let i = this.stages.length; i < total; i++) this.stages.push(n > largestScalar ? new Float64Array(this.k.buffer, 8 * n * i, n) : new Float64Array(n));
    this.input = sums?.input ?? new Float64Array(n);
    this.now = sums?.now ?? new Float64Array(3);
    this.u = this.input;
    this.next = this.input;
  }

  /** One that sums by WebAssembly; `undefined` where that is not to be had, or where code for the size is faster. */
  static withVectors(tableau: Tableau, f: BoundField, n: number, context: StepperContext): RkMemory | undefined {
    if (n <= largestScalar) return undefined;
    const { rows, total } = coefficients(tableau);
    const sums = VectorSums.make(rows, n, total, context);
    return sums && new RkMemory(tableau, f, n, context, sums);
  }

  /** To be called at the start of a step. */
  begin(t: number, h: number, u: Float64Array, next: Float64Array): void {
    this.now[0] = t;
    this.now[1] = h;
    this.u = u;
    this.next = next;
    this.hasExtra = false;
    if (this.#sums) copy(u, this.#sums.u);
  }

  /** Evaluates stage i, an extra one or not. */
  stage(i: number): void {
    const { a, start, c } = this.#coefficients;
    if (this.#sums) this.#sums.advance(i);
    else combine(this.u, this.stages, this.now[1], a, start[i], i, this.input);
    this.f.rhs(this.now[0] + c[i] * this.now[1], this.input, this.stages[i]);
    this.nf++;
  }

  /** Sums up the state at the end of the step, from all stages before that of the end. */
  finish(): void {
    const { b, total } = this.#coefficients;
    if (!this.#sums) return combine(this.u, this.stages, this.now[1], b, 0, this.#tableau.fsal ? b.length - 1 : b.length, this.next);
    this.#sums.finish(total);
    copy(this.#sums.next, this.next);
  }

  /** See `Stepper.error`. */
  error(out: Float64Array): void {
    const { e, coarse } = this.#coefficients;
    this.#weigh(e, out);
    if (!coarse) return;
    const fine = this.#measure(e);
    const scale = combinedError(fine, this.#measure(coarse)) / fine;
    if (fine > 0) for (let j = 0; j < out.length; j++) out[j] *= scale;
  }

  /** See `Stepper.scaledError`. Loops are right for infinite states and for components without a scale, too. */
  scaledError(): number {
    const quick = this.#sums ? this.#quickError(this.#sums) : NaN;
    if (quick < Infinity) return quick;
    const { e, coarse } = this.#coefficients;
    const fine = this.#measure(e);
    return coarse ? combinedError(fine, this.#measure(coarse)) : fine;
  }

  /** The size of the sum with weights `w` over the stages. */
  #measure(w: Float64Array): number {
    const estimate = (this.#estimate ??= new Float64Array(this.u.length));
    this.#weigh(w, estimate);
    return scaledNorm(estimate, this.u, this.next, this.#scale);
  }

  #quickError(sums: VectorSums): number {
    const { coarse, total } = this.#coefficients;
    const n = this.u.length;
    const fine = Math.sqrt(sums.squares(total + 1) / n);
    return coarse ? combinedError(fine, Math.sqrt(sums.squares(total + 2) / n)) : fine;
  }

  #weigh(w: Float64Array, out: Float64Array): void {
    weigh(this.stages, w, 0, w.length, out);
    for (let j = 0; j < out.length; j++) out[j] *= this.now[1];
  }

  /**
   * See `Stepper.rate`; for tableaus that {@link hasRate} accepts. The last two stages are slopes at the same time of two states
   * whose difference is mostly along the eigenvector of the fastest rate, so that the ratio of the differences estimates it. Sizes
   * of components are measured by the tolerances.
   *
   * @source Hairer, Wanner, Solving Ordinary Differential Equations II (1996), section IV.2.
   */
  rate(): number {
    const { stages, input, u, next, abstols, reltol } = this;
    const gap = this.#coefficients.gap as Float64Array;
    const last = stages[gap.length], before = stages[gap.length - 1];
    this.#weigh(gap, input);
    let slopes = 0, states = 0;
    for (let j = 0; j < u.length; j++) {
      const scale = abstols[j] + reltol * Math.max(Math.abs(u[j]), Math.abs(next[j]));
      if (scale === 0) continue;
      const slope = (last[j] - before[j]) / scale;
      const state = input[j] / scale;
      slopes += slope * slope;
      states += state * state;
    }
    return states === 0 ? 0 : Math.sqrt(slopes / states);
  }

  /** See `Stepper.start`. */
  start(slope: Float64Array): void {
    this.stages[0].set(slope);
    this.hasFirst = true;
  }

  /** See `Stepper.accept`. */
  accept(): void {
    const end = this.#coefficients.endStage;
    this.hasFirst = end >= 0 && (end < this.#tableau.b.length || this.hasExtra);
    if (!this.hasFirst) return;
    const { stages } = this;
    const first = stages[0];
    // Those that sums read in one array have their places there.
    if (first.length > largestScalar) return copy(stages[end], first);
    stages[0] = stages[end];
    stages[end] = first;
  }

  /** See `Stepper.release`. */
  release(): void {
    this.#sums?.release();
  }

  /** See `Stepper.interpolate`. */
  interpolate(theta: number, out: Float64Array): void {
    const { u, stages } = this;
    const weights = this.#prepareDense();
    this.#tableau.dense.weights(theta, weights);
    if (this.#sums) {
      this.#sums.weigh(this.#coefficients.total + 3, weights);
      return copy(this.input, out);
    }
    for (let j = 0; j < out.length; j++) out[j] = 0;
    // Also those of weight zero, as an interpolant has it.
    for (let i = 0; i < weights.length; i++) {
      const k = stages[i];
      for (let j = 0; j < out.length; j++) out[j] += weights[i] * k[j];
    }
    for (let j = 0; j < out.length; j++) out[j] = u[j] + this.now[1] * out[j];
  }

  /** See `Stepper.capture`. */
  capture(): Interpolant {
    const { u, stages } = this;
    const weights = this.#prepareDense();
    const stride = this.#sums?.stride ?? u.length;
    this.#kept ??= new StepArrays();
    const at = this.#kept.add(stride * (1 + stages.length));
    const { numbers } = this.#kept;
    if (this.#sums) numbers.set(this.#sums.all, at);
    else {
      copy(u, numbers, at);
      for (let i = 0; i < stages.length; i++) copy(stages[i], numbers, at + (i + 1) * stride);
    }
    return new RkInterpolant(this.#tableau, this.now[1], numbers, at, stride, weights);
  }

  /** Evaluates the extra stages, unless they are known; returns scratch for weights. */
  #prepareDense(): Float64Array {
    const { total } = this.#coefficients;
    if (!this.hasExtra) {
      for (let i = this.#tableau.b.length; i < total; i++) this.stage(i);
      this.hasExtra = true;
    }
    this.#weights ??= new Float64Array(total);
    return this.#weights;
  }
}

/** The norm of the estimate of {@link Tableau.bErrorCoarse} from those of its two parts. */
export function combinedError(fine: number, coarse: number): number {
  const square = fine * fine + 0.01 * coarse * coarse;
  return square > 0 && square < Infinity ? (fine * fine) / Math.sqrt(square) : square;
}
