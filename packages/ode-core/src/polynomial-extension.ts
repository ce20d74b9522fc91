import type { ContinuousExtension } from "./algorithm.ts";

/** What {@link polynomialExtension} is made of. */
export interface PolynomialExtensionData {
  /** Order of the extension. */
  readonly order: number;
  /** `b[s]` of the method. */
  readonly b: readonly number[];
  /** Rows of the extra stages. Default: none. */
  readonly a?: readonly (readonly number[])[];
  /** Abscissae of the extra stages. */
  readonly c?: readonly number[];
  /** Coefficients of `q_i` in powers of `2 theta - 1`, the constant one first: a row per stage and extra stage; an empty row stands for zeros. */
  readonly q: readonly (readonly number[])[];
}

/**
 * The continuous extension `b_i(theta) = theta (b_i + (1 - theta) q_i(theta))` with polynomials `q_i`. Any polynomial extension
 * that ends at `b` can be written so, and so written it meets both ends of a step exactly; powers of `2 theta - 1`, which
 * lies in [-1, 1], keep the coefficients, and so rounding, up to 1,000 times smaller than powers of `theta` do.
 */
export function polynomialExtension({ order, b, a = [], c = [], q }: PolynomialExtensionData): ContinuousExtension {
  const total = b.length + c.length;
  const size = Math.max(...q.map((row) => row.length));
  const ends = new Float64Array(total);
  const table = new Float64Array(total * size);
  ends.set(b);
  q.forEach((row, i) => table.set(row, i * size));
  return {
    order,
    a,
    c,
    weights: (theta, out) => {
      const x = 2 * theta - 1;
      for (let i = 0; i < total; i++) {
        let value = 0;
        for (let j = (i + 1) * size - 1; j >= i * size; j--) value = value * x + table[j];
        out[i] = theta * (ends[i] + (1 - theta) * value);
      }
    },
    weightsDerivative: (theta, out) => {
      const x = 2 * theta - 1;
      for (let i = 0; i < total; i++) {
        let value = 0;
        let slope = 0;
        for (let j = (i + 1) * size - 1; j >= i * size; j--) {
          slope = slope * x + value;
          value = value * x + table[j];
        }
        out[i] = ends[i] + 2 * theta * (1 - theta) * slope - x * value;
      }
    },
  };
}
