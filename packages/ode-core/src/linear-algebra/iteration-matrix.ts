import type { StepperContext } from "../algorithm.ts";
import { complexLuFactor, complexLuSolve } from "./complex-lu.ts";
import { luFactor, luSolve } from "./lu.ts";

/**
 * `alpha M - J` with a mass matrix `M`, as the linear systems of implicit methods have it, in factors. `J` comes from
 * `jacobianOf`, which lays it out as this expects. Nothing is allocated after it was made.
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
export function iterationMatrix(n: number, { massMatrix }: StepperContext): IterationMatrix {
  return new DenseMatrix(n, massMatrix);
}

/** A complex iteration matrix for states of length `n`. */
export function complexIterationMatrix(n: number, { massMatrix }: StepperContext): ComplexIterationMatrix {
  return new ComplexDenseMatrix(n, massMatrix);
}

/** Writes `M x[n]` into `out[n]`. */
export type MassProduct = (x: Float64Array, out: Float64Array) => void;

/** The product with the mass matrix; absent for the identity. */
export function massProduct(n: number, { massMatrix }: StepperContext): MassProduct | undefined {
  if (!massMatrix) return undefined;
  return (x, out) => {
    for (let i = 0, at = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++, at++) sum += massMatrix[at] * x[j];
      out[i] = sum;
    }
  };
}

/** `out = alpha M - J`; `M` is the identity when absent. */
function combine(alpha: number, mass: Float64Array | undefined, J: Float64Array, n: number, out: Float64Array): void {
  if (mass) for (let i = 0; i < out.length; i++) out[i] = alpha * mass[i] - J[i];
  else {
    for (let i = 0; i < out.length; i++) out[i] = -J[i];
    for (let i = 0; i < out.length; i += n + 1) out[i] += alpha;
  }
}

class DenseMatrix implements IterationMatrix {
  readonly #n: number;
  readonly #mass: Float64Array | undefined;
  readonly #lu: Float64Array;
  readonly #pivots: Int32Array;

  constructor(n: number, mass: Float64Array | undefined) {
    this.#n = n;
    this.#mass = mass;
    this.#lu = new Float64Array(n * n);
    this.#pivots = new Int32Array(n);
  }

  factor(alpha: number, J: Float64Array): boolean {
    combine(alpha, this.#mass, J, this.#n, this.#lu);
    return luFactor(this.#lu, this.#n, this.#pivots);
  }

  solve(b: Float64Array): void {
    luSolve(this.#lu, this.#n, this.#pivots, b);
  }
}

class ComplexDenseMatrix implements ComplexIterationMatrix {
  readonly #n: number;
  readonly #mass: Float64Array | undefined;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #pivots: Int32Array;

  constructor(n: number, mass: Float64Array | undefined) {
    this.#n = n;
    this.#mass = mass;
    this.#re = new Float64Array(n * n);
    this.#im = new Float64Array(n * n);
    this.#pivots = new Int32Array(n);
  }

  factor(alphaRe: number, alphaIm: number, J: Float64Array): boolean {
    const n = this.#n;
    const [mass, im] = [this.#mass, this.#im];
    combine(alphaRe, mass, J, n, this.#re);
    if (mass) for (let i = 0; i < im.length; i++) im[i] = alphaIm * mass[i];
    else {
      im.fill(0);
      for (let i = 0; i < im.length; i += n + 1) im[i] = alphaIm;
    }
    return complexLuFactor(this.#re, im, n, this.#pivots);
  }

  solve(re: Float64Array, im: Float64Array): void {
    complexLuSolve(this.#re, this.#im, this.#n, this.#pivots, re, im);
  }
}
