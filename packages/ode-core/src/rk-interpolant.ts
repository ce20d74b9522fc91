import type { Interpolant, Tableau } from "./algorithm.ts";

/** Numbers in the longest array for interpolants, unless one step takes more. */
const largestRoom = 2 ** 14;

/** Keeps steps one after the other in arrays that several share: small arrays are dear to make. Each has room for half as many as all before. */
export class StepArrays {
  /** The array in use. */
  numbers: Float64Array = new Float64Array(0);
  #used = 0;
  #steps = 0;

  /** Makes room for `size` numbers; returns where in `numbers`. */
  add(size: number): number {
    if (this.numbers.length < this.#used + size) {
      const steps = Math.max(1, Math.min(this.#steps >> 1, Math.floor(largestRoom / size)));
      this.numbers = new Float64Array(size * steps);
      this.#used = 0;
      this.#steps += steps;
    }
    this.#used += size;
    return this.#used - size;
  }
}

/** Dense output of one step of an explicit Runge-Kutta method. */
export class RkInterpolant implements Interpolant {
  readonly #tableau: Tableau;
  readonly #h: number;
  /** The state at the start of the step at `#at`, then all stages, `#stride` numbers apart. */
  readonly #kept: Float64Array;
  readonly #at: number;
  readonly #stride: number;
  /** Scratch that all interpolants of one stepper share: it holds nothing between calls. */
  readonly #weights: Float64Array;

  constructor(tableau: Tableau, h: number, kept: Float64Array, at: number, stride: number, weights: Float64Array) {
    this.#tableau = tableau;
    this.#h = h;
    this.#kept = kept;
    this.#at = at;
    this.#stride = stride;
    this.#weights = weights;
  }

  at(theta: number, out: Float64Array): void {
    this.#tableau.dense.weights(theta, this.#weights);
    this.#sum(out);
    const [kept, h, at] = [this.#kept, this.#h, this.#at];
    for (let j = 0; j < out.length; j++) out[j] = kept[at + j] + h * out[j];
  }

  derivative(theta: number, out: Float64Array): void {
    this.#tableau.dense.weightsDerivative(theta, this.#weights);
    this.#sum(out);
  }

  #sum(out: Float64Array): void {
    const [kept, weights, stride] = [this.#kept, this.#weights, this.#stride];
    for (let j = 0; j < out.length; j++) out[j] = 0;
    for (let i = 0, at = this.#at + stride; i < weights.length; i++, at += stride) {
      for (let j = 0; j < out.length; j++) out[j] += weights[i] * kept[at + j];
    }
  }
}
