import type { Interpolant } from "./algorithm.ts";

/**
 * The cubic through the states and slopes of both ends of a step (Hermite): order 3, where they are as accurate. What `capture` of a stepper of one's own
 * can return. Owns its arguments: hand it copies.
 */
export class CubicInterpolant implements Interpolant {
  readonly #h: number;
  readonly #u: Float64Array;
  readonly #next: Float64Array;
  readonly #first: Float64Array;
  readonly #last: Float64Array;

  /**
   * @param h - Length of the step.
   * @param u - State at its start, `[n]`.
   * @param next - State at its end.
   * @param first - Slope at its start.
   * @param last - Slope at its end.
   */
  constructor(h: number, u: Float64Array, next: Float64Array, first: Float64Array, last: Float64Array) {
    this.#h = h;
    this.#u = u;
    this.#next = next;
    this.#first = first;
    this.#last = last;
  }

  at(x: number, out: Float64Array): void {
    cubic(x, this.#h, this.#u, this.#next, this.#first, this.#last, out);
  }

  derivative(x: number, out: Float64Array): void {
    cubicDerivative(x, this.#h, this.#u, this.#next, this.#first, this.#last, out);
  }
}

/** What {@link CubicInterpolant} has at `x` of a step. */
export function cubic(x: number, h: number, u: Float64Array, next: Float64Array, first: Float64Array, last: Float64Array, out: Float64Array): void {
  const y = 1 - x;
  for (let i = 0; i < out.length; i++) {
    const rise = next[i] - u[i];
    const bump = y * (h * first[i] - rise) - x * (h * last[i] - rise);
    out[i] = y * u[i] + x * next[i] + x * y * bump;
  }
}

/** Its derivative by time. */
export function cubicDerivative(x: number, h: number, u: Float64Array, next: Float64Array, first: Float64Array, last: Float64Array, out: Float64Array): void {
  const y = 1 - x;
  for (let i = 0; i < out.length; i++) {
    const rise = next[i] - u[i];
    const a = h * first[i] - rise;
    const b = h * last[i] - rise;
    out[i] = (rise + (y - x) * (y * a - x * b) - x * y * (a + b)) / h;
  }
}
