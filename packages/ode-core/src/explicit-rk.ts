import type { Algorithm, Interpolant, Stepper, Tableau } from "./algorithm.ts";
import type { BoundField } from "./vector-field.ts";

/**
 * Turns the coefficients of an explicit Runge-Kutta method into an algorithm. A tableau with `bError` can control its step.
 *
 * @param name - The factory's own name.
 * @param order - Order of accuracy of the kept solution.
 */
export function explicitRk(name: string, order: number, tableau: Tableau): Algorithm {
  return { name, order, tableau, stepper: (f, n) => new ExplicitRkStepper(tableau, f, n) };
}

/** Rows of a lower-triangular table, one after the other: row i starts at `start[i]`. */
interface Rows {
  readonly values: Float64Array;
  readonly start: Int32Array;
}

function flatten(rows: readonly (readonly number[])[]): Rows {
  const start = new Int32Array(rows.length);
  for (let i = 1; i < rows.length; i++) start[i] = start[i - 1] + rows[i - 1].length;
  return { values: Float64Array.from(rows.flat()), start };
}

/** `out = u + h sum_i w[from + i] k_i` over `count` stages that lie one after the other in `k`. */
function combine(u: Float64Array, k: Float64Array, h: number, w: Float64Array, from: number, count: number, out: Float64Array): void {
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

class ExplicitRkStepper implements Stepper {
  readonly #f: BoundField;
  readonly #tableau: Tableau;
  readonly #stages: number;
  /** Rows of the stages and of the extra stages; row i has i entries. */
  readonly #a: Rows;
  readonly #b: Float64Array;
  readonly #c: Float64Array;
  readonly #k: Float64Array;
  readonly #views: readonly Float64Array[];
  readonly #input: Float64Array;
  readonly #u: Float64Array;
  readonly #weights: Float64Array;
  /** Index of the stage that equals `f(t + h, u1)`, or -1. */
  readonly #endStage: number;
  readonly error?: (out: Float64Array) => void;
  #t = 0;
  #h = 0;
  #nf = 0;
  #hasFirst = false;
  #hasExtra = false;

  constructor(tableau: Tableau, f: BoundField, n: number) {
    const { a, b, c, bError, dense } = tableau;
    const total = b.length + dense.c.length;
    this.#f = f;
    this.#tableau = tableau;
    this.#stages = b.length;
    this.#a = flatten([...a, ...dense.a]);
    this.#b = Float64Array.from(b);
    this.#c = Float64Array.from([...c, ...dense.c]);
    this.#k = new Float64Array(total * n);
    this.#views = Array.from({ length: total }, (_, i) => this.#k.subarray(i * n, (i + 1) * n));
    this.#input = new Float64Array(n);
    this.#u = new Float64Array(n);
    this.#weights = new Float64Array(total);
    this.#endStage = endStage(tableau);
    if (bError) {
      const e = Float64Array.from(bError);
      this.error = (out) => weigh(this.#k, this.#h, e, e.length, out);
    }
  }

  get nf(): number {
    return this.#nf;
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    const last = this.#stages - 1;
    const fsal = this.#tableau.fsal === true;
    this.#t = t;
    this.#h = h;
    this.#hasExtra = false;
    this.#u.set(u);
    // A retry of a rejected step starts from the same k_1.
    if (!this.#hasFirst) this.#evaluate(0, u);
    this.#hasFirst = true;
    const count = fsal ? last : this.#stages;
    for (let i = 1; i < count; i++) this.#stage(i);
    combine(u, this.#k, h, this.#b, 0, count, out);
    if (fsal) this.#evaluate(last, out);
    return true;
  }

  accept(): void {
    const end = this.#endStage;
    this.#hasFirst = end >= 0 && (end < this.#stages || this.#hasExtra);
    if (this.#hasFirst) this.#views[0].set(this.#views[end]);
  }

  reset(): void {
    this.#hasFirst = false;
  }

  capture(): Interpolant {
    if (!this.#hasExtra) {
      for (let i = this.#stages; i < this.#views.length; i++) this.#stage(i);
      this.#hasExtra = true;
    }
    return new RkInterpolant(this.#tableau, this.#h, this.#u.slice(), this.#k.slice(), this.#weights);
  }

  #stage(i: number): void {
    combine(this.#u, this.#k, this.#h, this.#a.values, this.#a.start[i], i, this.#input);
    this.#evaluate(i, this.#input);
  }

  #evaluate(i: number, u: Float64Array): void {
    this.#f.rhs(this.#t + this.#c[i] * this.#h, u, this.#views[i]);
    this.#nf++;
  }
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
