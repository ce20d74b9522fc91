import type { Interpolant } from "./algorithm.ts";

/** `(1 - x) u + x (next + (1 - x) (V_1 + x (V_2 + x ...)))` at `x = theta` of a step of length `h`. Owns its arguments. */
export class RosenbrockInterpolant implements Interpolant {
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
