import type { ComplexIterationMatrix, IterationMatrix } from "./iteration-matrix.ts";
import { multiply, type MatrixLayout } from "./matrix-layout.ts";

/**
 * `alpha I - J` where blocks of tangents follow the state: with `A` of the state, which stands in all of the diagonal, and `D_j` of block j by the state, `(alpha I - A) x = b` and then
 * `(alpha I - A) y_j = c_j + D_j x`. One factorisation serves all blocks.
 */
export class MatrixWithTangents implements IterationMatrix {
  readonly #core: IterationMatrix;
  readonly #layout: MatrixLayout;
  readonly #blocks: readonly Float64Array[];
  readonly #x: Float64Array;
  readonly #y: Float64Array;

  constructor(core: IterationMatrix, layout: MatrixLayout, count: number) {
    [this.#core, this.#layout, this.#blocks] = [core, layout, blocksOf(layout, count)];
    [this.#x, this.#y] = [new Float64Array(layout.n), new Float64Array(layout.n)];
  }

  factor(alpha: number, J: Float64Array): boolean {
    copyBlocks(J, this.#blocks);
    return this.#core.factor(alpha, J);
  }

  solve(b: Float64Array): void {
    const x = this.#x, y = this.#y;
    take(b, 0, x);
    this.#core.solve(x);
    put(x, b, 0);
    for (let j = 0, at = x.length; j < this.#blocks.length; j++, at += x.length) {
      multiply(this.#layout, this.#blocks[j], x, y);
      add(b, at, y);
      this.#core.solve(y);
      put(y, b, at);
    }
  }
}

/** The same with a complex `alpha`. */
export class ComplexMatrixWithTangents implements ComplexIterationMatrix {
  readonly #core: ComplexIterationMatrix;
  readonly #layout: MatrixLayout;
  readonly #blocks: readonly Float64Array[];
  readonly #x: readonly [re: Float64Array, im: Float64Array];
  readonly #y: readonly [re: Float64Array, im: Float64Array];

  constructor(core: ComplexIterationMatrix, layout: MatrixLayout, count: number) {
    [this.#core, this.#layout, this.#blocks] = [core, layout, blocksOf(layout, count)];
    const vector = (): Float64Array => new Float64Array(layout.n);
    [this.#x, this.#y] = [[vector(), vector()], [vector(), vector()]];
  }

  factor(alphaRe: number, alphaIm: number, J: Float64Array): boolean {
    copyBlocks(J, this.#blocks);
    return this.#core.factor(alphaRe, alphaIm, J);
  }

  solve(re: Float64Array, im: Float64Array): void {
    const xRe = this.#x[0], xIm = this.#x[1], yRe = this.#y[0], yIm = this.#y[1];
    take(re, 0, xRe);
    take(im, 0, xIm);
    this.#core.solve(xRe, xIm);
    put(xRe, re, 0);
    put(xIm, im, 0);
    for (let j = 0, at = xRe.length; j < this.#blocks.length; j++, at += xRe.length) {
      multiply(this.#layout, this.#blocks[j], xRe, yRe);
      multiply(this.#layout, this.#blocks[j], xIm, yIm);
      add(re, at, yRe);
      add(im, at, yIm);
      this.#core.solve(yRe, yIm);
      put(yRe, re, at);
      put(yIm, im, at);
    }
  }
}

const blocksOf = ({ size }: MatrixLayout, count: number): Float64Array[] => Array.from({ length: count }, () => new Float64Array(size));

/** From behind the matrix of the state. */
function copyBlocks(J: Float64Array, blocks: readonly Float64Array[]): void {
  for (let j = 0; j < blocks.length; j++) take(J, blocks[j].length * (1 + j), blocks[j]);
}

function take(from: Float64Array, at: number, to: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] = from[at + i];
}

function put(from: Float64Array, to: Float64Array, at: number): void {
  for (let i = 0; i < from.length; i++) to[at + i] = from[i];
}

function add(from: Float64Array, at: number, to: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] += from[at + i];
}
