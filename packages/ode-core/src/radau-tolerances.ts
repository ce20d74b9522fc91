import type { StepperContext } from "./algorithm.ts";
import { abstolsOf } from "./scaled-norm.ts";

/**
 * The tolerances of the steps of `radauIIA5`, whose error estimate is of order 3 only: a component that is to be right to the part `r` of its
 * size may have an estimate of `r^(2/3) / 10` of it. That is one factor for all that follow `reltol`, and for those, too, whose absolute tolerance
 * is more than that but does not make `r` so large that ten times their own factor is less. Only parts of sizes are raised to a power: units do not matter.
 *
 * @source Hairer, Wanner, Solving Ordinary Differential Equations II (1996), section IV.8, and the code RADAU5 for the powers.
 */
export class RadauTolerances {
  readonly #context: StepperContext;
  readonly #abstols: Float64Array;
  readonly #newtonTolerance: number;
  /** Factor of the tolerances of components that follow `reltol`, how many times their own that of others may be, and those of all. */
  readonly #usual: number;
  readonly #leeway: number;
  readonly #factors: Float64Array;
  readonly #scale: Float64Array;
  readonly #scaled: Float64Array;
  /** Largest sizes of the components where steps began. */
  readonly #largest: Float64Array;
  /** The smallest of the parts, as `kappa` was set for. */
  #tightest = NaN;
  /** Where the iteration stops, as a part of the tolerances of the step. */
  kappa: number = NaN;

  constructor(n: number, context: StepperContext, newtonTolerance: number) {
    this.#context = context;
    this.#abstols = abstolsOf(context, n);
    this.#newtonTolerance = newtonTolerance;
    [this.#usual, this.#leeway] = context.reltol > 0 ? [factorFor(context.reltol), 10] : [Infinity, 1];
    const vector = (): Float64Array => new Float64Array(n);
    [this.#factors, this.#scale, this.#scaled, this.#largest] = [vector(), vector(), vector(), vector()];
  }

  /** Sets them by the state at the start of a step and the one predicted for its end, `u + change` from entry `at` of `change` on. */
  set(h: number, u: Float64Array, change: Float64Array, at: number, slope: Float64Array): void {
    const { reltol } = this.#context;
    const abstols = this.#abstols, largest = this.#largest;
    let tightest = 1;
    for (let i = 0; i < u.length; i++) {
      const size = Math.max(Math.abs(u[i]), Math.abs(u[i] + change[at + i])) || Math.abs(h * slope[i]);
      largest[i] = Math.max(largest[i], Math.abs(u[i]));
      const whole = Math.max(largest[i], size);
      const part = abstols[i] > reltol * whole ? Math.min(1, abstols[i] / whole) : reltol;
      if (part < tightest) tightest = part;
      this.#factors[i] = part === reltol ? this.#usual : Math.min(this.#usual, this.#leeway * factorFor(part));
      this.#scale[i] = this.#factors[i] * (abstols[i] + reltol * size);
    }
    if (tightest !== this.#tightest) this.#tighten(tightest);
  }

  /** The root mean square of the sizes of one vector or three, each by the tolerances of the step. */
  norm(x: Float64Array): number {
    const { norm } = this.#context;
    const scale = this.#scale, scaled = this.#scaled;
    const n = scale.length;
    let sum = 0;
    for (let at = 0; at < x.length; ) {
      let squares = 0;
      for (let i = 0; i < n; i++, at++) {
        // A component that rests at zero has no scale with abstol = 0, and needs none.
        const size = x[at] === 0 ? 0 : x[at] / scale[i];
        scaled[i] = size;
        squares += size * size;
      }
      sum += norm ? n * norm(scaled) ** 2 : squares;
    }
    return Math.sqrt(sum / x.length);
  }

  /** Forgets how large components were. */
  reset(): void {
    this.#largest.fill(0);
  }

  /** Turns an error by the tolerances of the step into one by those of the solve. */
  toSolve(error: Float64Array): void {
    for (let i = 0; i < error.length; i++) error[i] /= this.#factors[i];
  }

  #tighten(part: number): void {
    const own = part * factorFor(part);
    this.#tightest = part;
    this.kappa = Math.max((10 * Number.EPSILON) / own, Math.min(this.#newtonTolerance, Math.sqrt(own)));
  }
}

const factorFor = (part: number): number => 0.1 / Math.cbrt(part);
