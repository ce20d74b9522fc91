import type { StepperContext } from "../algorithm.ts";
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

/** An iteration matrix for states of length `n`. */
export function iterationMatrix(n: number, { massMatrix }: StepperContext): IterationMatrix {
  return new DenseMatrix(n, massMatrix);
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
