import { requireAlgorithm, type Algorithm, type Interpolant, type Stepper, type Tableau } from "./algorithm.ts";
import { controllerOf, retryFactor, type StepController } from "./controller.ts";
import { OdeError } from "./errors.ts";
import { FastestRate } from "./fastest-rate.ts";
import { stabilityLimits } from "./stability-limit.ts";

/** Part of the stability limit up to which steps are kept: the estimate of the rate may be too low. */
const safety = 0.9;

/** A step is to be this part of the longest one that is kept, so that it is not rejected as rates vary. */
const aim = 0.95;

/** Steps between two looks at the rate: of those that are longer than `near` times the longest one, and of others. */
const [lookEvery, lookSeldom, near] = [4, 16, 0.5];

/** The least factor for a retry. */
const least = 0.1;

/** What was found out of a tableau, which takes a millisecond. */
const limitsOf = new WeakMap<Tableau, (damping: number) => number>();

/**
 * An explicit Runge-Kutta method whose step-size control keeps the steps within the stability limit for the fastest rate of the problem, also where errors do not show it. On a slow solution of a
 * stiff problem, what is fast has died out: steps of the plain method grow beyond the limit until rounding has grown to the size of the tolerances, and shrink again. The states
 * are right then, but not their derivatives by what came before, which grow as rounding does; so it is with a system at rest. `discreteAdjoint` solves by it.
 *
 * Rates come from power iteration with the right-hand side: 3 evaluations at each 16th step, and at each 4th of those near the limit; a few more at the first ones. Where steps stay
 * shorter than the limit they are those of the plain method, to the last bit; fixed steps are left alone. Of several fast rates that with the largest modulus counts.
 *
 * @param algorithm - An explicit Runge-Kutta method; the result has its name and tableau.
 * @throws OdeError `INVALID_ARGUMENT` for one without a tableau.
 */
export function holdStable(algorithm: Algorithm): Algorithm {
  requireAlgorithm("hold stable", "algorithm", algorithm);
  const { tableau } = algorithm;
  if (!tableau) throw new OdeError("INVALID_ARGUMENT", `Cannot hold stable as "algorithm" must be an explicit Runge-Kutta method: "${algorithm.name}" has no tableau`);
  return {
    ...algorithm,
    stepper: (f, n, context) => {
      const stepper = algorithm.stepper(f, n, context);
      if (!stepper.error) return stepper;
      let limits = limitsOf.get(tableau);
      if (!limits) limitsOf.set(tableau, (limits = stabilityLimits(tableau)));
      return new HeldStepper(stepper, controllerOf(algorithm, stepper), limits, new FastestRate(f, n, context));
    },
  };
}

/** Keeps what a controller proposes below the limit. */
class HoldingController implements StepController {
  current: StepController;
  /** Length of the last step over the longest one that is kept; 0 where it was rejected for its error. In an array, as properties would be boxed anew at each assignment. */
  readonly ratio = new Float64Array(1);

  constructor(current: StepController) {
    this.current = current;
  }

  accept(error: number): number {
    const factor = this.current.accept(error);
    const ratio = this.ratio[0];
    return factor * ratio > aim ? aim / ratio : factor;
  }

  reject(error: number): number {
    const ratio = this.ratio[0];
    return ratio > 1 ? Math.max(least, aim / ratio) : this.current.reject(error);
  }

  fail(): number {
    return retryFactor(this.current);
  }
}

class HeldStepper implements Stepper {
  readonly controller: HoldingController;
  readonly scaledError?: () => number;
  readonly interpolate?: (theta: number, out: Float64Array) => void;
  readonly #stepper: Stepper;
  readonly #limits: (damping: number) => number;
  readonly #rate: FastestRate;
  /** Start and length of the last step, and one over the length of the longest one that is kept. */
  readonly #now = new Float64Array(3);
  /** Steps since the last look. */
  #age = lookSeldom;
  #u: Float64Array | undefined;

  constructor(stepper: Stepper, controller: StepController, limits: (damping: number) => number, rate: FastestRate) {
    this.#stepper = stepper;
    this.controller = new HoldingController(controller);
    this.#limits = limits;
    this.#rate = rate;
    if (stepper.scaledError) this.scaledError = () => this.#scaledError();
    if (stepper.interpolate) this.interpolate = (theta, out) => stepper.interpolate!(theta, out);
  }

  get nf(): number {
    return this.#stepper.nf + this.#rate.nf;
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    this.#now[0] = t;
    this.#now[1] = h;
    this.#u = u;
    return this.#stepper.step(t, h, u, out);
  }

  error(out: Float64Array): void {
    this.#stepper.error!(out);
    if (this.#measure() > 1) out.fill(Infinity);
  }

  #scaledError(): number {
    const scaled = this.#stepper.scaledError!();
    if (scaled <= 1) return this.#measure() > 1 ? Infinity : scaled;
    this.controller.ratio[0] = 0;
    return scaled;
  }

  /** The length of the last step over the longest one that is kept. */
  #measure(): number {
    const now = this.#now;
    const ratio = Math.abs(now[1]) * now[2];
    this.#age++;
    // What would be rejected is looked at anew.
    if (ratio > 1 || this.#age >= (ratio > near ? lookEvery : lookSeldom)) this.#look();
    return (this.controller.ratio[0] = Math.abs(now[1]) * now[2]);
  }

  #look(): void {
    const now = this.#now;
    const rate = this.#rate;
    const limits = this.#limits;
    this.#age = 0;
    rate.look(now[0], this.#u!, (near * limits(0)) / Math.abs(now[1]));
    // What grows with t is damped backwards.
    now[2] = rate.size / (safety * limits(now[1] < 0 ? -rate.damping : rate.damping));
  }

  start(slope: Float64Array): void {
    this.#stepper.start?.(slope);
  }

  accept(): void {
    this.#stepper.accept?.();
  }

  reset(): void {
    this.#stepper.reset?.();
  }

  capture(): Interpolant {
    return this.#stepper.capture();
  }

  takeOver(previous: HeldStepper): void {
    this.#stepper.takeOver?.(previous.#stepper);
    this.controller.current = this.#stepper.controller ?? previous.controller.current;
  }

  release(): void {
    this.#stepper.release?.();
  }
}
