import type { ComplexIterationMatrix, IterationMatrix } from "./iteration-matrix.ts";

/**
 * `alpha I - J` where the last components are quadratures: with the matrix of the others, `alpha I - A`, and the rows `B[count * n]` of the quadratures, of which there are no columns,
 * `(alpha I - A) x = b` and then `alpha y = c + B x`.
 */
export class MatrixWithQuadratures implements IterationMatrix {
  readonly #core: IterationMatrix;
  readonly #n: number;
  readonly #rows: Float64Array;
  // A number that does begin as no integer: V8 then stores it in place.
  #alpha = NaN;

  constructor(core: IterationMatrix, n: number, count: number) {
    [this.#core, this.#n, this.#rows] = [core, n, new Float64Array(count * n)];
  }

  factor(alpha: number, J: Float64Array): boolean {
    this.#alpha = alpha;
    copyEnd(J, this.#rows);
    return this.#core.factor(alpha, J);
  }

  solve(b: Float64Array): void {
    const n = this.#n, rows = this.#rows;
    this.#core.solve(b);
    for (let i = n, from = 0; i < b.length; i++, from += n) b[i] = (b[i] + product(rows, from, n, b)) / this.#alpha;
  }
}

/** The same with a complex `alpha`. */
export class ComplexMatrixWithQuadratures implements ComplexIterationMatrix {
  readonly #core: ComplexIterationMatrix;
  readonly #n: number;
  readonly #rows: Float64Array;
  readonly #alpha = new Float64Array(2);

  constructor(core: ComplexIterationMatrix, n: number, count: number) {
    [this.#core, this.#n, this.#rows] = [core, n, new Float64Array(count * n)];
  }

  factor(alphaRe: number, alphaIm: number, J: Float64Array): boolean {
    this.#alpha[0] = alphaRe;
    this.#alpha[1] = alphaIm;
    copyEnd(J, this.#rows);
    return this.#core.factor(alphaRe, alphaIm, J);
  }

  solve(re: Float64Array, im: Float64Array): void {
    const n = this.#n, rows = this.#rows, [a, b] = this.#alpha;
    const square = a * a + b * b;
    this.#core.solve(re, im);
    for (let i = n, from = 0; i < re.length; i++, from += n) {
      const x = re[i] + product(rows, from, n, re), y = im[i] + product(rows, from, n, im);
      re[i] = (a * x + b * y) / square;
      im[i] = (a * y - b * x) / square;
    }
  }
}

function copyEnd(from: Float64Array, to: Float64Array): void {
  for (let k = 0, at = from.length - to.length; k < to.length; k++, at++) to[k] = from[at];
}

function product(rows: Float64Array, from: number, n: number, x: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < n; j++) sum += rows[from + j] * x[j];
  return sum;
}
