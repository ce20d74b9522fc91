import type { Interpolant } from "./algorithm.ts";
import { dprkn6Tableau } from "./algorithms/tableaus/dprkn6.ts";

const { dense } = dprkn6Tableau;

/** Dense output of a step of `dprkn6`. */
export class Dprkn6Interpolant implements Interpolant {
  readonly #h: number;
  readonly #u: Float64Array;
  readonly #next: Float64Array;
  readonly #k: readonly Float64Array[];

  /** @param k - The accelerations at the stages, `k_i[n / 2]`. */
  constructor(h: number, u: Float64Array, next: Float64Array, k: readonly Float64Array[]) {
    this.#h = h;
    this.#u = u;
    this.#next = next;
    this.#k = k;
  }

  at(x: number, out: Float64Array): void {
    // The ends exactly, without the rounding of the polynomials.
    if (x === 0 || x === 1) {
      out.set(x === 0 ? this.#u : this.#next);
      return;
    }
    const u = this.#u, h = this.#h;
    const half = u.length / 2;
    for (let q = 0, v = half; q < half; q++, v++) {
      out[q] = u[q] + h * x * u[v];
      out[v] = u[v];
    }
    dense.forEach((row, i) => {
      // sum_j row_j x^j and its derivative.
      let value = 0, slope = 0;
      for (let j = row.length - 1; j >= 0; j--) {
        slope = slope * x + value;
        value = value * x + row[j];
      }
      const forQ = h * h * x * x * value, forV = h * x * (2 * value + x * slope);
      const k = this.#k[i];
      for (let q = 0, v = half; q < half; q++, v++) {
        out[q] += forQ * k[q];
        out[v] += forV * k[q];
      }
    });
  }

  derivative(x: number, out: Float64Array): void {
    const u = this.#u, h = this.#h;
    const half = u.length / 2;
    out.fill(0);
    for (let q = 0, v = half; q < half; q++, v++) out[q] = u[v];
    dense.forEach((row, i) => {
      let value = 0, slope = 0, curve = 0;
      for (let j = row.length - 1; j >= 0; j--) {
        curve = curve * x + 2 * slope;
        slope = slope * x + value;
        value = value * x + row[j];
      }
      const forQ = h * x * (2 * value + x * slope), forV = 2 * value + x * (4 * slope + x * curve);
      const k = this.#k[i];
      for (let q = 0, v = half; q < half; q++, v++) {
        out[q] += forQ * k[q];
        out[v] += forV * k[q];
      }
    });
  }
}
