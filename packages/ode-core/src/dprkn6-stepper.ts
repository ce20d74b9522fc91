import type { Interpolant, Stepper } from "./algorithm.ts";
import { dprkn6Tableau } from "./algorithms/tableaus/dprkn6.ts";
import { Dprkn6Interpolant } from "./dprkn6-interpolant.ts";
import type { BoundField } from "./vector-field.ts";
import { VelocityProbe } from "./velocity-probe.ts";

/** Coefficients in typed arrays: the rows of `a` one after the other, `e` the error weights of the position and then of the velocity. */
const rows = {
  a: Float64Array.from(dprkn6Tableau.a.flat()),
  c: Float64Array.from(dprkn6Tableau.c),
  d: Float64Array.from(dprkn6Tableau.d),
  e: Float64Array.from([...dprkn6Tableau.bError, ...dprkn6Tableau.dError]),
};

/**
 * Steps of `dprkn6`: `u = (q, v)`, `dq/dt = v`, and an acceleration that does not depend on `v`. A step throws `MISSING_CAPABILITY` where it
 * finds that it does, looking at steps 1, 2, 4, 8 and so on, which costs two evaluations each. What sets in between two looks and ends
 * before the next is not found.
 */
export class Dprkn6Stepper implements Stepper {
  readonly #f: BoundField;
  readonly #probe: VelocityProbe;
  readonly #half: number;
  /** The right-hand side at each stage; the second half of each is the acceleration. */
  readonly #k1: Float64Array;
  readonly #k2: Float64Array;
  readonly #k3: Float64Array;
  readonly #k4: Float64Array;
  readonly #k5: Float64Array;
  readonly #k6: Float64Array;
  readonly #u: Float64Array;
  readonly #next: Float64Array;
  /** Argument of a stage. */
  readonly #input: Float64Array;
  /** Length of the last step. In an array, as a property would be boxed anew at each assignment. */
  readonly #now: Float64Array = new Float64Array(1);
  #hasFirst = false;
  nf = 0;

  constructor(f: BoundField, n: number) {
    const vector = (): Float64Array => new Float64Array(n);
    this.#f = f;
    this.#probe = new VelocityProbe("dprkn6", n);
    this.#half = n / 2;
    [this.#k1, this.#k2, this.#k3, this.#k4, this.#k5, this.#k6] = [vector(), vector(), vector(), vector(), vector(), vector()];
    [this.#u, this.#next, this.#input] = [vector(), vector(), vector()];
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    const f = this.#f, half = this.#half, start = this.#u, next = this.#next, input = this.#input;
    const k1 = this.#k1, k2 = this.#k2, k3 = this.#k3, k4 = this.#k4, k5 = this.#k5, k6 = this.#k6;
    const { a, c, d } = rows;
    const look = this.#probe.isDue();
    // At a look anew, as the time of the last stage of the step before may differ by rounding.
    if (look || !this.#hasFirst) this.#evaluate(t, u, k1);
    this.#hasFirst = true;
    if (look) {
      this.#probe.check(f, t, u, k1);
      this.nf++;
    }
    this.#now[0] = h;
    const hh = h * h;
    const t2 = c[1] * h;
    const a21 = hh * a[0];
    for (let q = 0, v = half; q < half; q++, v++) {
      start[q] = u[q];
      start[v] = u[v];
      input[q] = u[q] + t2 * u[v] + a21 * k1[v];
      input[v] = u[v];
    }
    f.rhs(t + t2, input, k2);
    const t3 = c[2] * h;
    const a31 = hh * a[1];
    const a32 = hh * a[2];
    for (let q = 0, v = half; q < half; q++, v++) input[q] = start[q] + t3 * start[v] + (a31 * k1[v] + a32 * k2[v]);
    f.rhs(t + t3, input, k3);
    const t4 = c[3] * h;
    const a41 = hh * a[3];
    const a42 = hh * a[4];
    const a43 = hh * a[5];
    for (let q = 0, v = half; q < half; q++, v++) input[q] = start[q] + t4 * start[v] + (a41 * k1[v] + a42 * k2[v] + a43 * k3[v]);
    f.rhs(t + t4, input, k4);
    const t5 = c[4] * h;
    const a51 = hh * a[6];
    const a52 = hh * a[7];
    const a53 = hh * a[8];
    const a54 = hh * a[9];
    for (let q = 0, v = half; q < half; q++, v++) input[q] = start[q] + t5 * start[v] + (a51 * k1[v] + a52 * k2[v] + a53 * k3[v] + a54 * k4[v]);
    f.rhs(t + t5, input, k5);
    const b1 = hh * a[10];
    const b2 = hh * a[11];
    const b3 = hh * a[12];
    const b4 = hh * a[13];
    const b5 = hh * a[14];
    for (let q = 0, v = half; q < half; q++, v++) {
      out[q] = start[q] + h * start[v] + (b1 * k1[v] + b2 * k2[v] + b3 * k3[v] + b4 * k4[v] + b5 * k5[v]);
      // The velocity of the end takes the acceleration there, which does not take it.
      out[v] = start[v];
    }
    f.rhs(t + h, out, k6);
    const d1 = h * d[0];
    const d2 = h * d[1];
    const d3 = h * d[2];
    const d4 = h * d[3];
    const d5 = h * d[4];
    const d6 = h * d[5];
    for (let q = 0, v = half; q < half; q++, v++) {
      out[v] += d1 * k1[v] + d2 * k2[v] + d3 * k3[v] + d4 * k4[v] + d5 * k5[v] + d6 * k6[v];
      next[q] = out[q];
      next[v] = out[v];
    }
    this.nf += 5;
    return true;
  }

  error(out: Float64Array): void {
    const half = this.#half;
    const { e } = rows;
    const h = this.#now[0];
    const hh = h * h;
    const k1 = this.#k1, k2 = this.#k2, k3 = this.#k3, k4 = this.#k4, k5 = this.#k5, k6 = this.#k6;
    const b1 = hh * e[0];
    const b2 = hh * e[1];
    const b3 = hh * e[2];
    const b4 = hh * e[3];
    const b5 = hh * e[4];
    const b6 = hh * e[5];
    const d1 = h * e[6];
    const d2 = h * e[7];
    const d3 = h * e[8];
    const d4 = h * e[9];
    const d5 = h * e[10];
    const d6 = h * e[11];
    for (let v = half, q = 0; q < half; q++, v++) {
      out[q] = b1 * k1[v] + b2 * k2[v] + b3 * k3[v] + b4 * k4[v] + b5 * k5[v] + b6 * k6[v];
      out[v] = d1 * k1[v] + d2 * k2[v] + d3 * k3[v] + d4 * k4[v] + d5 * k5[v] + d6 * k6[v];
    }
  }

  start(slope: Float64Array): void {
    this.#k1.set(slope);
    this.#hasFirst = true;
  }

  accept(): void {
    const first = this.#k1;
    const last = this.#k6;
    for (let i = this.#half; i < first.length; i++) first[i] = last[i];
  }

  reset(): void {
    this.#hasFirst = false;
  }

  capture(): Interpolant {
    return new Dprkn6Interpolant(this.#now[0], this.#u.slice(), this.#next.slice(), [this.#k1, this.#k2, this.#k3, this.#k4, this.#k5, this.#k6].map((k) => k.slice(this.#half)));
  }

  #evaluate(t: number, u: Float64Array, out: Float64Array): void {
    this.#f.rhs(t, u, out);
    this.nf++;
  }
}
