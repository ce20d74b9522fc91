const gamma = 0.9;
const qmin = 0.2;
const qmax = 10;
/** Factors from here to 1 leave the step as it is: a small cut costs evaluations and gains nothing. */
const steady = 1 / 1.2;
/** Errors below this count as this much, so that one lucky step does not make the next one reckless. */
const logFloor = Math.log(1e-4);

/** Proportional-integral control of the step size: turns scaled errors into factors for the step. One per solve. */
export class Controller {
  readonly #beta1: number;
  readonly #beta2: number;
  #logOld = logFloor;

  /**
   * @param order - Order k of the method: the gains are `beta1 = 7 / (10 k)` and `beta2 = 2 / (5 k)`.
   * @source Gustafsson, ACM Trans. Math. Softw. 17 (1991) 533-554; gains as in OrdinaryDiffEq.jl for Tsit5.
   */
  constructor(order: number) {
    this.#beta1 = 7 / (10 * order);
    this.#beta2 = 2 / (5 * order);
  }

  /** The factor for the next step after one was kept with scaled error `error <= 1`. In log space, as `Math.pow` is dear. */
  accept(error: number): number {
    const log = Math.log(error);
    const factor = gamma * Math.exp(this.#beta2 * this.#logOld - this.#beta1 * log);
    this.#logOld = Math.max(log, logFloor);
    return factor >= steady && factor <= 1 ? 1 : Math.min(qmax, Math.max(qmin, factor));
  }

  /** The factor for the retry after scaled error `error > 1`; a non-finite error asks for a much smaller step. */
  reject(error: number): number {
    return Number.isFinite(error) ? Math.max(qmin, gamma * Math.exp(-this.#beta1 * Math.log(error))) : 0.1;
  }
}
