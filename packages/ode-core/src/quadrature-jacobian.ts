import { OdeError } from "./errors.ts";
import type { JacobianEvaluator } from "./jacobian.ts";
import { timeDerivative } from "./time-derivative.ts";
import type { BoundField } from "./vector-field.ts";

/** The first `n` of `dim` components of `f`, which depend on no others. */
export function coreField({ rhs, jvp }: BoundField, n: number, dim: number): BoundField {
  const [state, direction, result] = [new Float64Array(dim), new Float64Array(dim), new Float64Array(dim)];
  return {
    rhs: (t, u, out) => {
      state.set(u);
      rhs(t, state, result);
      for (let i = 0; i < n; i++) out[i] = result[i];
    },
    jvp: (t, u, du, dp, out) => {
      state.set(u);
      direction.set(du);
      jvp!(t, state, direction, dp, result);
      for (let i = 0; i < n; i++) out[i] = result[i];
    },
  };
}

/**
 * Jacobians of a field whose last components are quadratures, without their columns: that of the others, a band or all of it, and after it the rows of the quadratures.
 */
export class QuadratureJacobian implements JacobianEvaluator {
  readonly #f: BoundField;
  readonly #n: number;
  readonly #count: number;
  /** Evaluates the Jacobian of the first `n` components where that is a band: else it comes along with the rows. */
  readonly #core: JacobianEvaluator;
  readonly #banded: boolean;
  readonly #state: Float64Array;
  readonly #direction: Float64Array;
  readonly #rows: Float64Array;
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  #nf = 0;
  njac = 0;

  /**
   * @param core - For `coreField(f, n, n + count)`.
   * @param banded - Whether that has a band.
   */
  constructor(f: BoundField, n: number, count: number, core: JacobianEvaluator, banded: boolean) {
    const dim = n + count;
    [this.#f, this.#n, this.#count, this.#core, this.#banded] = [f, n, count, core, banded];
    [this.#state, this.#direction] = [new Float64Array(n), new Float64Array(dim)];
    this.#rows = new Float64Array(banded && f.quadratureRows ? count * n : 0);
    [this.#low, this.#high] = [new Float64Array(dim), new Float64Array(dim)];
  }

  get size(): number {
    return this.#core.size + this.#count * this.#n;
  }

  get nf(): number {
    return this.#nf + this.#core.nf;
  }

  evaluate(t: number, u: Float64Array, out: Float64Array): void {
    if (this.njac === 0) this.#probe(t, u);
    this.njac++;
    if (this.#banded) this.#core.evaluate(t, this.#first(u), out);
    if (this.#banded && this.#f.quadratureRows) {
      this.#f.quadratureRows(t, u, this.#rows);
      out.set(this.#rows, this.#core.size);
    } else this.#byColumns(t, u, out);
  }

  norm(J: Float64Array, u: Float64Array): number {
    return this.#core.norm(J, this.#first(u));
  }

  timeDerivative(t: number, h: number, u: Float64Array, slope: Float64Array, out: Float64Array): void {
    timeDerivative(this.#f, t, h, u, slope, this.#low, this.#high, out);
    this.#nf += 2;
  }

  /** The components of `u` that are no quadratures. */
  #first(u: Float64Array): Float64Array {
    const state = this.#state;
    for (let i = 0; i < state.length; i++) state[i] = u[i];
    return state;
  }

  /** Also the matrix of the others, where that is dense. */
  #byColumns(t: number, u: Float64Array, out: Float64Array): void {
    const n = this.#n, direction = this.#direction, column = this.#low;
    const first = this.#banded ? n : 0;
    const shift = this.#core.size - n * n;
    direction.fill(0);
    for (let j = 0; j < n; j++) {
      direction[j] = 1;
      this.#f.jvp!(t, u, direction, null, column);
      direction[j] = 0;
      for (let i = first; i < column.length; i++) out[i * n + j + shift] = column[i];
    }
  }

  /** Whether a component depends on quadratures: steps would be ever shorter, or of less order than promised. */
  #probe(t: number, u: Float64Array): void {
    const change = this.#low;
    this.#direction.fill(1);
    this.#direction.fill(0, 0, this.#n);
    this.#f.jvp!(t, u, this.#direction, null, change);
    const i = change.findIndex((x) => x !== 0 && !Number.isNaN(x));
    if (i >= 0) throw new OdeError("INVALID_ARGUMENT", `Cannot use quadratures: ${this.#count} as no component of the right-hand side must depend on the last ${this.#count}: component ${i} does`);
  }
}
