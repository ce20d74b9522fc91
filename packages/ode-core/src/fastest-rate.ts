import { abstolsOf, type ErrorScale } from "./scaled-norm.ts";
import type { BoundField } from "./vector-field.ts";

/** Part of the size of a component by which it is moved for a difference. */
const moved = Math.sqrt(Number.EPSILON);

/** Estimates this close to each other, relatively, are settled. */
const settled = 0.05;

/** Most pairs of products in a look. */
const mostPairs = 6;

/** Iterates whose angle has a smaller square than this are one direction to differences, which then tell one eigenvalue but not two. */
const sameDirection = 1e-8;

/** How much of all directions is mixed in at each look, so that one that has died out is seen when its rate rises. */
const mixedIn = 0.01;

/**
 * An estimate of the eigenvalue of `f_u` with the largest modulus: power iteration by differences of `f`, which goes on where the last look ended, and
 * the equation of second degree that three iterates in a row satisfy, so that it is right for complex pairs, too.
 *
 * @source Sommeijer, Shampine, Verwer, J. Comput. Appl. Math. 88 (1998) 315-326, section 3.2; Wilkinson, The Algebraic Eigenvalue Problem (1965), chapter 9, section 13.
 */
export class FastestRate {
  /** Its modulus at the last look; 0 before, and where differences are zero or not finite. */
  size = 0;
  /** The cosine of its angle to the negative real axis: 1 for decay, 0 for an undamped oscillation, -1 for growth. */
  damping = 1;
  /** Evaluations of `f` so far. */
  nf = 0;
  readonly #f: BoundField;
  readonly #reltol: number;
  readonly #abstols: Float64Array;
  readonly #weights: Float64Array;
  readonly #slope: Float64Array;
  readonly #state: Float64Array;
  /** The last three iterates, the oldest first, of length 1 in units of the weights. */
  #iterates: [Float64Array, Float64Array, Float64Array];

  /** @param scale - Its tolerances tell the sizes of components that are small beside others. */
  constructor(f: BoundField, n: number, scale: ErrorScale) {
    this.#f = f;
    this.#reltol = Math.max(scale.reltol, moved);
    this.#abstols = abstolsOf(scale, n);
    this.#weights = new Float64Array(n);
    this.#slope = new Float64Array(n);
    this.#state = new Float64Array(n);
    this.#iterates = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  }

  /** Looks at `t`, `u[n]`, at 3 to 13 evaluations: until two estimates in a row agree, that of the last look included, or one is below `enough`. */
  look(t: number, u: Float64Array, enough: number): void {
    const last = this.#iterates[2];
    for (let j = 0; j < u.length; j++) {
      this.#weights[j] = Math.abs(u[j]) + this.#abstols[j] / this.#reltol;
      last[j] += mixedIn * ((((j + 1) * goldenRatio) % 1) - 0.5);
    }
    scaleBy(1 / Math.sqrt(dot(last, last)), last);
    this.#f.rhs(t, u, this.#slope);
    this.nf++;
    for (let pair = 0; pair < mostPairs; pair++) {
      const known = this.size;
      this.#estimate(t, u);
      if (this.size < enough || Math.abs(this.size - known) <= settled * this.size) return;
    }
  }

  /** Two products, and the estimate from them. */
  #estimate(t: number, u: Float64Array): void {
    const first = this.#multiply(t, u);
    const second = first > 0 ? this.#multiply(t, u) : 0;
    this.size = 0;
    if (!(second > 0)) return;
    const [x0, x1, x2] = this.#iterates;
    // The least squares of J x1 = a x1 + (b / first) x0; eigenvalues are roots of z^2 = a z + b.
    const [cosine, along, against] = [dot(x0, x1), second * dot(x1, x2), second * dot(x0, x2)];
    const sine2 = 1 - cosine * cosine;
    const a = sine2 < sameDirection ? along : (along - cosine * against) / sine2;
    const b = sine2 < sameDirection ? 0 : (first * (against - cosine * along)) / sine2;
    const root = (a * a) / 4 + b;
    this.size = root < 0 ? Math.sqrt(-b) : Math.abs(a) / 2 + Math.sqrt(root);
    this.damping = root < 0 ? -a / 2 / this.size : -Math.sign(a);
  }

  /** Appends the product of the Jacobian and the last iterate, and returns the length that it had; 0 when there is no product, and none is appended. */
  #multiply(t: number, u: Float64Array): number {
    const [state, weights, slope] = [this.#state, this.#weights, this.#slope];
    const [product, before, last] = this.#iterates;
    for (let j = 0; j < u.length; j++) state[j] = u[j] + moved * weights[j] * last[j];
    this.#f.rhs(t, state, product);
    this.nf++;
    for (let j = 0; j < u.length; j++) product[j] = weights[j] > 0 ? (product[j] - slope[j]) / (moved * weights[j]) : 0;
    const size = Math.sqrt(dot(product, product));
    if (!(size > 0 && size < Infinity)) return 0;
    scaleBy(1 / size, product);
    this.#iterates = [before, last, product];
    return size;
  }
}

const goldenRatio = (1 + Math.sqrt(5)) / 2;

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < x.length; j++) sum += x[j] * y[j];
  return sum;
}

function scaleBy(factor: number, x: Float64Array): void {
  for (let j = 0; j < x.length; j++) x[j] *= factor;
}
