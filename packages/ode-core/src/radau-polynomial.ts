import type { Interpolant } from "./algorithm.ts";
import { radauIIA5Tableau } from "./algorithms/tableaus/radau-iia5.ts";

const { c } = radauIIA5Tableau;
const d1 = 1 - c[0];
const d2 = 1 - c[1];

/**
 * The collocation polynomial of a step: of degree 3 through its start and its stages at `c_1`, `c_2` and 1, in Newton's form
 * from the end: `u1 + s (a1 + (s - c_2 + 1) (a2 + (s - c_1 + 1) a3))` at `s = theta - 1`.
 */
export class RadauPolynomial implements Interpolant {
  readonly #end: Float64Array;
  readonly #a1: Float64Array;
  readonly #a2: Float64Array;
  readonly #a3: Float64Array;
  #h = NaN;

  constructor(n: number) {
    [this.#end, this.#a1, this.#a2, this.#a3] = [new Float64Array(n), new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  }

  /** Becomes that of a step of length `h` from `u[n]` with stages `u + z_i`; `z[3 n]` holds them one after the other. */
  set(h: number, u: Float64Array, z: Float64Array): void {
    const n = u.length;
    this.#h = h;
    for (let i = 0; i < n; i++) {
      const z1 = z[i];
      const z2 = z[n + i];
      const z3 = z[2 * n + i];
      const inner = (z1 - z2) / (c[0] - c[1]);
      const a1 = (z3 - z2) / d2;
      const a2 = (a1 - inner) / d1;
      this.#end[i] = u[i] + z3;
      this.#a1[i] = a1;
      this.#a2[i] = a2;
      this.#a3[i] = a2 - (inner - z1 / c[0]) / c[1];
    }
  }

  /** Writes what the polynomial predicts for the stages of a next step of length `h` into `z[3 n]`, less its starting state. */
  extrapolate(h: number, z: Float64Array): void {
    const n = this.#end.length;
    const ratio = h / this.#h;
    for (let stage = 0; stage < 3; stage++) {
      const s = c[stage] * ratio;
      const x = s + d2;
      const y = s + d1;
      for (let i = 0, at = stage * n; i < n; i++, at++) z[at] = s * (this.#a1[i] + x * (this.#a2[i] + y * this.#a3[i]));
    }
  }

  at(theta: number, out: Float64Array): void {
    const s = theta - 1;
    const x = s + d2;
    const y = s + d1;
    for (let i = 0; i < out.length; i++) out[i] = this.#end[i] + s * (this.#a1[i] + x * (this.#a2[i] + y * this.#a3[i]));
  }

  derivative(theta: number, out: Float64Array): void {
    const s = theta - 1;
    const x = s + d2;
    const y = s + d1;
    for (let i = 0; i < out.length; i++) out[i] = (this.#a1[i] + (s + x) * this.#a2[i] + (x * y + s * (x + y)) * this.#a3[i]) / this.#h;
  }
}
