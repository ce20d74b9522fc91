import type { Tableau } from "@fluxion/ode-core";
import { accumulate, isZero, scale } from "./small-vectors.ts";
import type { TapedField } from "./taped-field.ts";

/**
 * The transposed derivative of one explicit Runge-Kutta step, dense output included:
 * `Y_i = u + h sum_j a_ij k_j`, `k_i = f(t + c_i h, Y_i)`, `u1 = u + h sum_i b_i k_i`, `u(theta) = u + h sum_i b_i(theta) k_i`.
 * Use: `begin`, any number of `addInside`, `pull`. Allocates nothing after construction.
 */
export class StepTranspose {
  readonly #f: TapedField;
  readonly #n: number;
  readonly #tableau: Tableau;
  readonly #stages: number;
  readonly #a: readonly Float64Array[];
  readonly #b: Float64Array;
  readonly #c: Float64Array;
  readonly #weights: Float64Array;
  readonly #y: readonly Float64Array[];
  readonly #k: readonly Float64Array[];
  /** Which evaluation each stage was, or -1. */
  readonly #evaluations: Int32Array;
  readonly #kBar: readonly Float64Array[];
  readonly #yBar: Float64Array;
  readonly #uBar: Float64Array;
  #t = 0;
  #h = 0;
  /** Whether dense output inside the step takes part. */
  #inside = false;

  constructor(tableau: Tableau, f: TapedField, n: number) {
    const { a, b, c, dense } = tableau;
    const buffers = (): Float64Array[] => Array.from({ length: b.length + dense.c.length }, () => new Float64Array(n));
    this.#f = f;
    this.#n = n;
    this.#tableau = tableau;
    this.#stages = b.length;
    this.#a = [...a, ...dense.a].map((row) => Float64Array.from(row));
    this.#b = Float64Array.from(b);
    this.#c = Float64Array.from([...c, ...dense.c]);
    this.#weights = new Float64Array(b.length + dense.c.length);
    this.#y = buffers();
    this.#k = buffers();
    this.#evaluations = new Int32Array(this.#k.length);
    this.#kBar = buffers();
    this.#yBar = new Float64Array(n);
    this.#uBar = new Float64Array(n);
  }

  /** Turns to the step from `t` by `h` whose state starts at `states[from]`. */
  begin(t: number, h: number, states: Float64Array, from: number): void {
    const u = this.#y[0];
    this.#t = t;
    this.#h = h;
    this.#inside = false;
    for (let j = 0; j < this.#n; j++) u[j] = states[from + j];
  }

  /** Adds the gradient by the interpolated state at `theta` of the step. */
  addInside(theta: number, gradient: Float64Array): void {
    const w = this.#weights;
    const uBar = this.#uBar;
    if (!this.#inside) {
      for (const kBar of this.#kBar) kBar.fill(0);
      uBar.fill(0);
    }
    this.#inside = true;
    this.#tableau.dense.weights(theta, w);
    for (let i = 0; i < w.length; i++) accumulate(this.#h * w[i], gradient, this.#kBar[i]);
    accumulate(1, gradient, uBar);
  }

  /** Replaces `lambda[n]`, the gradient by the state at the end of the step, by that at its start; the field adds up that by p. */
  pull(lambda: Float64Array): void {
    const h = this.#h;
    const b = this.#b;
    const kBars = this.#kBar;
    const inside = this.#inside;
    for (let i = 0; i < this.#stages; i++) {
      if (inside) accumulate(h * b[i], lambda, kBars[i]);
      else scale(h * b[i], lambda, kBars[i]);
    }
    let last = (inside ? kBars.length : this.#stages) - 1;
    while (last >= 0 && isZero(kBars[last])) last--;
    if (last >= 0) this.#recompute(last);
    if (inside) accumulate(1, this.#uBar, lambda);
    for (let i = last; i >= 0; i--) {
      const kBar = kBars[i];
      if (isZero(kBar)) continue;
      const yBar = this.#yBar;
      this.#f.vjp(this.#evaluations[i], this.#t + this.#c[i] * h, this.#y[i], kBar, yBar);
      accumulate(1, yBar, lambda);
      const row = this.#a[i];
      for (let j = 0; j < i; j++) if (row[j] !== 0) accumulate(h * row[j], yBar, kBars[j]);
    }
  }

  /** The arguments of the stages up to `last`; the value of that one is not needed. */
  #recompute(last: number): void {
    const [u] = this.#y;
    const n = this.#n;
    for (let i = 0; i <= last; i++) {
      const y = this.#y[i];
      if (i > 0) {
        const row = this.#a[i];
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let l = 0; l < i; l++) sum += row[l] * this.#k[l][j];
          y[j] = u[j] + this.#h * sum;
        }
      }
      const t = this.#t + this.#c[i] * this.#h;
      this.#evaluations[i] = this.#f.find(t, this.#h, y, this.#k[i]);
      if (i < last && this.#evaluations[i] < 0) this.#f.evaluate(t, y, this.#k[i]);
    }
  }
}
