import type { Interpolant } from "./algorithm.ts";

/**
 * The polynomial through the states at the end of a step, at its start and before, by their modified divided differences. Owns
 * its arguments.
 */
export class NewtonInterpolant implements Interpolant {
  readonly #n: number;
  readonly #phi: Float64Array;
  readonly #span: Float64Array;
  readonly #weights: Float64Array;

  /**
   * @param phi - Rows of `n`: `phi_0`, the state at the end, to `phi_k`.
   * @param span - `k` times from earlier states to the end, the step itself first.
   */
  constructor(n: number, phi: Float64Array, span: Float64Array) {
    this.#n = n;
    this.#phi = phi;
    this.#span = span;
    this.#weights = new Float64Array(phi.length / n);
  }

  at(theta: number, out: Float64Array): void {
    const span = this.#span, w = this.#weights;
    const x = (theta - 1) * span[0];
    // Products of (x + span of the node before) / span, from the node at the end of the step on.
    w[0] = 1;
    for (let j = 1; j < w.length; j++) w[j] = (w[j - 1] * (x + (j > 1 ? span[j - 2] : 0))) / span[j - 1];
    this.#combine(out);
  }

  derivative(theta: number, out: Float64Array): void {
    const span = this.#span, w = this.#weights;
    const x = (theta - 1) * span[0];
    let product = 1;
    w[0] = 0;
    for (let j = 1; j < w.length; j++) {
      const factor = x + (j > 1 ? span[j - 2] : 0);
      w[j] = (product + w[j - 1] * factor) / span[j - 1];
      product *= factor / span[j - 1];
    }
    this.#combine(out);
  }

  #combine(out: Float64Array): void {
    const n = this.#n, phi = this.#phi, weights = this.#weights;
    out.fill(0);
    // The largest difference comes last.
    for (let j = weights.length - 1; j >= 0; j--) {
      const weight = weights[j], at = j * n;
      if (weight !== 0) for (let i = 0; i < n; i++) out[i] += weight * phi[at + i];
    }
  }
}
