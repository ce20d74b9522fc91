import type { Algorithm, Interpolant, Stepper } from "./algorithm.ts";
import type { BoundField } from "./vector-field.ts";
import { VelocityProbe } from "./velocity-probe.ts";

/** An explicit symplectic method as pairs of a kick, `v += kick_i h a(q)`, and then a drift, `q += drift_i h v`. */
export interface SymplecticTableau {
  /** Its first entry is not zero. */
  readonly kicks: readonly number[];
  /** A last entry of zero lets the last acceleration serve as the first of the next step. */
  readonly drifts: readonly number[];
}

/**
 * Composes `substeps`, each a leapfrog step of that fraction of the whole, to one table: kicks of neighbours are merged.
 * A palindrome of substeps gives a time-reversible method.
 */
export function leapfrogs(substeps: readonly number[]): SymplecticTableau {
  const kicks = [...substeps, 0].map((w, i) => ((substeps[i - 1] ?? 0) + w) / 2);
  return { kicks, drifts: [...substeps, 0] };
}

/** The palindrome whose first half is `half`, with the middle entry last. */
export const palindrome = (half: readonly number[]): number[] => [...half, ...half.slice(0, -1).reverse()];

/**
 * Turns the coefficients of a symplectic method into an algorithm for vector fields of structure `"second-order"`:
 * `u = (q, v)`, `dq/dt = v`, and an acceleration that does not depend on `v`: one that does (friction, the double pendulum in its angles) would
 * lower the order to 1 and end the conservation, and throws `MISSING_CAPABILITY` in the first step, or at step 2, 4, 8 and so on, each of which costs two
 * evaluations to look. Fixed steps, whose sum is compensated: rounding would make the energy drift over many periods.
 *
 * @source Hairer, Lubich, Wanner, Geometric Numerical Integration (2006), section VIII.5.
 */
export function symplectic(name: string, order: number, tableau: SymplecticTableau): Algorithm {
  return { name, order, structure: "second-order", stepper: (f, n) => new SymplecticStepper(name, tableau, order > 4, f, n) };
}

class SymplecticStepper implements Stepper {
  readonly #f: BoundField;
  readonly #probe: VelocityProbe;
  readonly #smooth: boolean;
  readonly #half: number;
  readonly #kicks: Float64Array;
  readonly #drifts: Float64Array;
  /** The last kick is at the end of the step. */
  readonly #closed: boolean;
  /** `f` at the start, within, and at the end of the step; the second half of each is the acceleration. */
  readonly #first: Float64Array;
  readonly #inner: Float64Array;
  readonly #last: Float64Array;
  readonly #u: Float64Array;
  readonly #next: Float64Array;
  /** What the state has gained since the start of the step, from what was lost to rounding before. */
  readonly #gain: Float64Array;
  /** What the state lost to rounding, up to the start of the step and to its end: compensated summation. */
  readonly #lost: Float64Array;
  readonly #lostNext: Float64Array;
  #t = 0;
  #h = 0;
  #hasFirst = false;
  #hasLast = false;
  nf = 0;

  constructor(name: string, { kicks, drifts }: SymplecticTableau, smooth: boolean, f: BoundField, n: number) {
    this.#f = f;
    this.#probe = new VelocityProbe(name, n);
    this.#smooth = smooth;
    this.#half = n / 2;
    this.#kicks = Float64Array.from(kicks);
    this.#drifts = Float64Array.from(drifts);
    this.#closed = drifts[drifts.length - 1] === 0;
    this.#first = new Float64Array(n);
    this.#inner = new Float64Array(n);
    this.#last = new Float64Array(n);
    this.#u = new Float64Array(n);
    this.#next = new Float64Array(n);
    this.#gain = new Float64Array(n);
    this.#lost = new Float64Array(n);
    this.#lostNext = new Float64Array(n);
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    const half = this.#half;
    const stages = this.#kicks.length;
    this.#t = t;
    this.#h = h;
    this.#hasLast = false;
    const isDue = this.#probe.isDue();
    // Also where it is known, as the time of the last stage of the step before may differ by rounding.
    if (isDue || !this.#hasFirst) this.#evaluate(t, u, this.#first);
    this.#hasFirst = true;
    if (isDue) {
      this.#probe.check(this.#f, t, u, this.#first);
      this.nf++;
    }
    const start = this.#u, next = this.#next, gain = this.#gain, lost = this.#lost, lostNext = this.#lostNext;
    // Loops: `set` takes longer for the few numbers of most systems.
    for (let j = 0; j < u.length; j++) {
      start[j] = u[j];
      out[j] = u[j];
      gain[j] = lost[j];
    }
    let f = this.#first;
    let time = 0;
    for (let i = 0; i < stages; i++) {
      if (i > 0) {
        const end = this.#closed && i === stages - 1;
        f = end ? this.#last : this.#inner;
        this.#evaluate(end ? t + h : t + time * h, out, f);
        this.#hasLast = end;
      }
      const kick = this.#kicks[i] * h;
      const drift = this.#drifts[i] * h;
      for (let q = 0, v = half; q < half; q++, v++) {
        gain[v] += kick * f[v];
        out[v] = start[v] + gain[v];
        gain[q] += drift * out[v];
        out[q] = start[q] + gain[q];
      }
      time += this.#drifts[i];
    }
    for (let j = 0; j < u.length; j++) {
      next[j] = out[j];
      lostNext[j] = start[j] - out[j] + gain[j];
    }
    return true;
  }

  capture(): Interpolant {
    if (!this.#hasLast) this.#evaluate(this.#t + this.#h, this.#next, this.#last);
    this.#hasLast = true;
    return new HermiteInterpolant(this.#h, this.#u.slice(), this.#next.slice(), this.#first.slice(this.#half), this.#last.slice(this.#half), this.#smooth);
  }

  accept(): void {
    this.#hasFirst = this.#hasLast;
    const first = this.#first, last = this.#last, lost = this.#lost, lostNext = this.#lostNext;
    for (let j = 0; j < lost.length; j++) {
      first[j] = last[j];
      lost[j] = lostNext[j];
    }
  }

  reset(): void {
    this.#hasFirst = false;
    this.#lost.fill(0);
  }

  #evaluate(t: number, u: Float64Array, out: Float64Array): void {
    this.#f.rhs(t, u, out);
    this.nf++;
  }
}

/**
 * `q` is the polynomial of degree 5 through positions, velocities and accelerations of both ends. `v` is its derivative
 * where the method's order is above 4 (`smooth`), else the cubic through velocities and accelerations: the derivative has the
 * error of the positions divided by `h`. With `x = theta`, `q = q0 + h v0 x + h^2 a0 x^2 / 2 + x^3 (A + B x + C x^2)` and
 * `v = v0 + h a0 x + x^2 (D + E x + F x^2)`.
 */
class HermiteInterpolant implements Interpolant {
  readonly #h: number;
  readonly #u: Float64Array;
  readonly #next: Float64Array;
  readonly #a0: Float64Array;
  /** A to F for each position. */
  readonly #c: Float64Array;

  constructor(h: number, u: Float64Array, next: Float64Array, a0: Float64Array, a1: Float64Array, smooth: boolean) {
    const half = a0.length;
    const c = new Float64Array(6 * half);
    for (let i = 0, k = 0; i < half; i++, k += 6) {
      const v0 = u[half + i], v1 = next[half + i];
      // What the parabola of the start lacks at the end in value, slope and curvature.
      const value = next[i] - u[i] - h * v0 - (h * h * a0[i]) / 2;
      const slope = h * (v1 - v0) - h * h * a0[i];
      const curvature = h * h * (a1[i] - a0[i]);
      c[k] = 10 * value - 4 * slope + curvature / 2;
      c[k + 1] = -15 * value + 7 * slope - curvature;
      c[k + 2] = 6 * value - 3 * slope + curvature / 2;
      if (smooth) for (let j = 0; j < 3; j++) c[k + 3 + j] = ((3 + j) * c[k + j]) / h;
      else {
        c[k + 3] = 3 * (v1 - v0) - h * (2 * a0[i] + a1[i]);
        c[k + 4] = 2 * (v0 - v1) + h * (a0[i] + a1[i]);
      }
    }
    this.#h = h;
    this.#u = u;
    this.#next = next;
    this.#a0 = a0;
    this.#c = c;
  }

  at(x: number, out: Float64Array): void {
    // The ends exactly: rounding would be divided by h in the velocity.
    if (x === 0 || x === 1) {
      out.set(x === 0 ? this.#u : this.#next);
      return;
    }
    const u = this.#u, c = this.#c, h = this.#h, half = this.#a0.length;
    for (let i = 0, k = 0; i < half; i++, k += 6) {
      const v0 = u[half + i];
      const ha = h * this.#a0[i];
      out[i] = u[i] + x * (h * v0 + x * ((h * ha) / 2 + x * (c[k] + x * (c[k + 1] + x * c[k + 2]))));
      out[half + i] = v0 + x * (ha + x * (c[k + 3] + x * (c[k + 4] + x * c[k + 5])));
    }
  }

  derivative(x: number, out: Float64Array): void {
    const u = this.#u, c = this.#c, h = this.#h, half = this.#a0.length;
    for (let i = 0, k = 0; i < half; i++, k += 6) {
      const a0 = this.#a0[i];
      out[i] = u[half + i] + x * (h * a0 + (x * (3 * c[k] + x * (4 * c[k + 1] + x * 5 * c[k + 2]))) / h);
      out[half + i] = a0 + (x * (2 * c[k + 3] + x * (3 * c[k + 4] + x * 4 * c[k + 5]))) / h;
    }
  }
}
