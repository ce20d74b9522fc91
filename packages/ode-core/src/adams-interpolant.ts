import type { Interpolant } from "./algorithm.ts";

/**
 * Writes the integrals from 0 to `theta` of the polynomials `c_i(s) = (1 - a_1 (1 - s)) ... (1 - a_i (1 - s))` with `a_j = span_0 / span_j-1`
 * into `g`, as many as it has entries: an integrated Newton interpolant is their sum with modified divided differences,
 * over a step of length 1.
 *
 * @param span - From the times of earlier values to the end of the step, the step itself first.
 * @param scratch - Longer than `g`.
 */
export function adamsWeights(theta: number, span: Float64Array, g: Float64Array, scratch: Float64Array): void {
  const count = g.length;
  // Entry q - 1 is the q-fold integral of c_i.
  let power = 1;
  for (let q = 1; q <= count; q++) {
    power *= theta / q;
    scratch[q - 1] = power;
  }
  g[0] = scratch[0];
  for (let i = 1; i < count; i++) {
    const a = span[0] / span[i - 1];
    const b = 1 - a * (1 - theta);
    // By parts: the q-fold integral of s c is theta times that of c, less q times the next.
    for (let q = 1; q <= count - i; q++) scratch[q - 1] = b * scratch[q - 1] - a * q * scratch[q];
    g[i] = scratch[0];
  }
}

/**
 * The polynomial that an Adams method integrates, from the start of the step on, and a bend by which its slope at the end is that of
 * the state there: dense output with a continuous derivative. Owns its arguments.
 *
 * @source Watts, Shampine, BIT Numer. Math. 26 (1986) 261-273.
 */
export class AdamsInterpolant implements Interpolant {
  readonly #h: number;
  readonly #n: number;
  readonly #kept: Float64Array;
  readonly #span: Float64Array;
  readonly #weights: Float64Array;
  readonly #scratch: Float64Array;

  /**
   * @param kept - Rows of `n`: `u` at the start; differences of the slopes that the polynomial goes through, scaled for the step; and
   * what the slope at the end is more than that of the polynomial.
   */
  constructor(h: number, n: number, kept: Float64Array, span: Float64Array) {
    const count = kept.length / n - 2;
    this.#h = h;
    this.#n = n;
    this.#kept = kept;
    this.#span = span;
    this.#weights = new Float64Array(count);
    this.#scratch = new Float64Array(count + 1);
  }

  at(theta: number, out: Float64Array): void {
    adamsWeights(theta, this.#span, this.#weights, this.#scratch);
    for (let i = 0; i < out.length; i++) out[i] = this.#kept[i];
    this.#add(this.#h, theta * theta * (theta - 1), out);
  }

  derivative(theta: number, out: Float64Array): void {
    const w = this.#weights, span = this.#span;
    w[0] = 1;
    for (let i = 1; i < w.length; i++) w[i] = w[i - 1] * (1 - (span[0] / span[i - 1]) * (1 - theta));
    out.fill(0);
    this.#add(1, theta * (3 * theta - 2), out);
  }

  #add(scale: number, bend: number, out: Float64Array): void {
    const n = this.#n, kept = this.#kept, weights = this.#weights;
    for (let j = weights.length - 1; j >= 0; j--) {
      const weight = scale * weights[j], at = (1 + j) * n;
      for (let i = 0; i < n; i++) out[i] += weight * kept[at + i];
    }
    const weight = scale * bend, at = (1 + weights.length) * n;
    for (let i = 0; i < n; i++) out[i] += weight * kept[at + i];
  }
}
