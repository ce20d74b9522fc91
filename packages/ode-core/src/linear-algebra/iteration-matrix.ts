import type { StepperContext } from "../algorithm.ts";
import { bandedLuFactor, bandedLuSolve } from "./banded-lu.ts";
import { complexLuFactor, complexLuSolve } from "./complex-lu.ts";
import { smallFactors, smallSolves } from "./generated/small-lu.ts";
import { luFactor, luSolve } from "./lu.ts";
import { exchangeEntries } from "./row-exchanges.ts";
import { coreContext, coreSize, factorLayout, matrixLayout, multiply, store, type MatrixLayout } from "./matrix-layout.ts";
import { gather, scatter } from "./permute.ts";
import { ComplexMatrixWithQuadratures, MatrixWithQuadratures } from "./quadrature-rows.ts";
import { ComplexMatrixWithTangents, MatrixWithTangents } from "./tangent-blocks.ts";

/**
 * `alpha M - J` with a mass matrix `M`, as the linear systems of implicit methods have it, in factors; dense or banded. `J`
 * comes from `jacobianOf`, which lays it out as this expects. Nothing is allocated after it was made.
 */
export interface IterationMatrix {
  /** Forms and factorises it. Returns false when it is singular or not finite: it cannot be solved with then. */
  factor(alpha: number, J: Float64Array): boolean;
  /** Solves in place, `b[n]` becoming `x` with `(alpha M - J) x = b`. */
  solve(b: Float64Array): void;
}

/** The same with a complex `alpha`. */
export interface ComplexIterationMatrix {
  /** Forms and factorises `(alphaRe + i alphaIm) M - J`; see {@link IterationMatrix}. */
  factor(alphaRe: number, alphaIm: number, J: Float64Array): boolean;
  /** Solves in place for a right-hand side `re[n] + i im[n]`. */
  solve(re: Float64Array, im: Float64Array): void;
}

/** An iteration matrix for states of length `n`. */
export function iterationMatrix(n: number, context: StepperContext): IterationMatrix {
  const { quadratures, tangents } = context;
  const first = coreSize(n, context);
  if (first === n) return new RealMatrix(n, context);
  const others = coreContext(first, context);
  const core = new RealMatrix(first, others);
  return tangents ? new MatrixWithTangents(core, matrixLayout(first, others), tangents) : new MatrixWithQuadratures(core, first, quadratures!);
}

/** A complex iteration matrix for states of length `n`. */
export function complexIterationMatrix(n: number, context: StepperContext): ComplexIterationMatrix {
  const { quadratures, tangents } = context;
  const first = coreSize(n, context);
  if (first === n) return new ComplexMatrix(n, context);
  const others = coreContext(first, context);
  const core = new ComplexMatrix(first, others);
  return tangents ? new ComplexMatrixWithTangents(core, matrixLayout(first, others), tangents) : new ComplexMatrixWithQuadratures(core, first, quadratures!);
}

/** Writes `M x[n]` into `out[n]`. */
export type MassProduct = (x: Float64Array, out: Float64Array) => void;

/** The product with the mass matrix; absent for the identity. */
export function massProduct(n: number, context: StepperContext): MassProduct | undefined {
  const layout = matrixLayout(n, context);
  const mass = storedMass(layout, context);
  return mass ? (x, out) => multiply(layout, mass, x, out) : undefined;
}

function storedMass(layout: MatrixLayout, { massMatrix }: StepperContext): Float64Array | undefined {
  if (!massMatrix || !layout.banded) return massMatrix;
  const mass = new Float64Array(layout.size);
  store(layout, massMatrix, mass);
  return mass;
}

/** `out = alpha M - J`; `M` is the identity when absent. `out`, as {@link factorLayout} has it, has longer rows than a banded `J`. */
function combine({ n, banded, size, shift }: MatrixLayout, alpha: number, mass: Float64Array | undefined, J: Float64Array, out: Float64Array): void {
  const width = size / n;
  const stride = out.length / n;
  if (!banded) {
    if (mass) for (let i = 0; i < size; i++) out[i] = alpha * mass[i] - J[i];
    else negate(J, size, out);
  } else {
    for (let row = 0, at = 0; row < n; row++) {
      let to = row * stride;
      const end = to + stride;
      if (mass) for (let k = 0; k < width; k++, at++, to++) out[to] = alpha * mass[at] - J[at];
      else for (let k = 0; k < width; k++, at++, to++) out[to] = -J[at];
      for (; to < end; to++) out[to] = 0;
    }
  }
  if (!mass) addToDiagonal(n, banded ? stride : stride + 1, shift, alpha, out);
}

/** `out = -J`, four at a time: the loop costs as much as its work. */
function negate(J: Float64Array, size: number, out: Float64Array): void {
  const single = size % 4;
  for (let i = 0; i < single; i++) out[i] = -J[i];
  for (let i = single; i < size; i += 4) {
    out[i] = -J[i];
    out[i + 1] = -J[i + 1];
    out[i + 2] = -J[i + 2];
    out[i + 3] = -J[i + 3];
  }
}

function addToDiagonal(n: number, step: number, first: number, x: number, out: Float64Array): void {
  for (let i = 0, at = first; i < n; i++, at += step) out[at] += x;
}

class RealMatrix implements IterationMatrix {
  readonly #layout: MatrixLayout;
  readonly #mass: Float64Array | undefined;
  readonly #lu: Float64Array;
  readonly #pivots: Int32Array;
  /** Room for a right-hand side whose components are put in order. */
  readonly #ordered: Float64Array;

  constructor(n: number, context: StepperContext) {
    this.#layout = matrixLayout(n, context);
    this.#mass = storedMass(this.#layout, context);
    this.#lu = new Float64Array(factorLayout(this.#layout).size);
    this.#pivots = new Int32Array(n);
    this.#ordered = new Float64Array(this.#layout.order ? n : 0);
  }

  factor(alpha: number, J: Float64Array): boolean {
    const { n, banded, lower, upper } = this.#layout;
    combine(this.#layout, alpha, this.#mass, J, this.#lu);
    if (banded) return bandedLuFactor(this.#lu, n, lower, upper, this.#pivots);
    const small = n < smallFactors.length ? smallFactors[n] : undefined;
    return small ? small(this.#lu, this.#pivots) : luFactor(this.#lu, n, this.#pivots);
  }

  solve(b: Float64Array): void {
    const { n, banded, lower, upper, order } = this.#layout;
    if (order) {
      gather(order, b, this.#ordered);
      bandedLuSolve(this.#lu, n, lower, upper, this.#pivots, this.#ordered);
      return scatter(order, this.#ordered, b);
    }
    if (banded) return bandedLuSolve(this.#lu, n, lower, upper, this.#pivots, b);
    const small = n < smallSolves.length ? smallSolves[n] : undefined;
    if (!small) return luSolve(this.#lu, n, this.#pivots, b);
    exchangeEntries(this.#pivots, n, b);
    small(this.#lu, b);
  }
}

class ComplexMatrix implements ComplexIterationMatrix {
  readonly #layout: MatrixLayout;
  readonly #factors: MatrixLayout;
  readonly #mass: Float64Array | undefined;
  readonly #zero: Float64Array;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #pivots: Int32Array;
  readonly #orderedRe: Float64Array;
  readonly #orderedIm: Float64Array;

  constructor(n: number, context: StepperContext) {
    this.#layout = matrixLayout(n, context);
    this.#mass = storedMass(this.#layout, context);
    this.#zero = new Float64Array(this.#layout.size);
    this.#factors = factorLayout(this.#layout);
    [this.#re, this.#im] = [new Float64Array(this.#factors.size), new Float64Array(this.#factors.size)];
    this.#pivots = new Int32Array(n);
    [this.#orderedRe, this.#orderedIm] = [new Float64Array(this.#layout.order ? n : 0), new Float64Array(this.#layout.order ? n : 0)];
  }

  factor(alphaRe: number, alphaIm: number, J: Float64Array): boolean {
    combine(this.#layout, alphaRe, this.#mass, J, this.#re);
    combine(this.#layout, alphaIm, this.#mass, this.#zero, this.#im);
    return complexLuFactor(this.#re, this.#im, this.#factors, this.#pivots);
  }

  solve(re: Float64Array, im: Float64Array): void {
    const { order } = this.#layout;
    if (!order) return complexLuSolve(this.#re, this.#im, this.#factors, this.#pivots, re, im);
    const orderedRe = this.#orderedRe, orderedIm = this.#orderedIm;
    gather(order, re, orderedRe);
    gather(order, im, orderedIm);
    complexLuSolve(this.#re, this.#im, this.#factors, this.#pivots, orderedRe, orderedIm);
    scatter(order, orderedRe, re);
    scatter(order, orderedIm, im);
  }
}
