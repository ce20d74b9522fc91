import type { Algorithm, Stepper } from "./algorithm.ts";
import { option, readOptions } from "./config.ts";
import { fastExp, fastLog } from "./fast-log-exp.ts";

/** Turns scaled errors into factors for the step size. One per solve. */
export interface StepController {
  /** The factor for the next step after one was kept with scaled error `error <= 1`. */
  accept(error: number): number;
  /** The factor for the retry after scaled error `error > 1`; a non-finite error asks for a much smaller step. */
  reject(error: number): number;
  /** The factor for the retry of a step whose equations could not be solved. Default 1/4. */
  fail?(): number;
}

/** Part of the length with which a step is tried again when nothing else says how. */
export const quarter = 0.25;

/** The factor for the retry of a step whose equations could not be solved. */
export const retryFactor = (controller: StepController): number => controller.fail?.() ?? quarter;

const gamma = 0.9;
/** Errors below this count as this much, so that one lucky step does not make the next one reckless. */
const logFloor = Math.log(1e-4);
const lost = 0.1;

/** Gains and limits of {@link piController}. */
export interface PiControllerOptions {
  /** Power of the error of the step, and of that of a rejected one. */
  readonly beta1: number;
  /** Power of the error of the step before, which lets a step grow. 0 for an integral controller. */
  readonly beta2: number;
  /** Least factor. Default 0.2. */
  readonly qmin?: number | undefined;
  /** Largest factor. Default 10. */
  readonly qmax?: number | undefined;
  /** Factors from here to 1 leave the step as it is: a small cut costs evaluations and gains nothing. Default 1: off. */
  readonly steady?: number | undefined;
  /** Whether a step may grow right after a rejected one. Default true. */
  readonly growAfterReject?: boolean | undefined;
}

/**
 * Proportional-integral control: the next step is `0.9 error^-beta1 errorBefore^beta2` times this one, within limits.
 * One logarithm and one exponential per step, as `Math.pow` is dear.
 *
 * @throws OdeError `INVALID_OPTION`
 * @source Gustafsson, ACM Trans. Math. Softw. 17 (1991) 533-554.
 */
export function piController(options: PiControllerOptions): StepController {
  readOptions("piController", options, piSpecs);
  return new PidController(options);
}

/** Gains and limits of {@link pidController}. */
export interface PidControllerOptions extends PiControllerOptions {
  /** Power of the error of the step before the last. */
  readonly beta3: number;
}

/**
 * Proportional-integral-derivative control: the next step is `0.9 error^-beta1 errorBefore^beta2 errorBeforeThat^-beta3` times this one, within
 * limits and in logarithms as {@link piController}. An algorithm takes any controller: `{ ...tsit5(), controller: () => pidController({ ... }) }`.
 *
 * @throws OdeError `INVALID_OPTION`
 * @source Soederlind, ACM Trans. Math. Softw. 29 (2003) 1-26.
 */
export function pidController(options: PidControllerOptions): StepController {
  readOptions("pidController", options, { ...piSpecs, beta3: finite });
  return new PidController(options, options.beta3);
}

const finite = option.custom<number>("a finite number", Number.isFinite);
const piSpecs = { beta1: finite, beta2: finite, qmin: option.positive(0.2), qmax: option.positive(10), steady: option.positive(1), growAfterReject: option.flag(true) };

/** What makes controllers of checked options: for each solve of the algorithms. A class, as variables of a closure would be checked at each use. */
export class PidController implements StepController {
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #beta3: number;
  readonly #qmin: number;
  readonly #qmax: number;
  readonly #steady: number;
  readonly #growAfterReject: boolean;
  /** Logarithms of the errors of the last two kept steps. In a typed array, as properties would be boxed anew at each assignment. */
  readonly #logOld = new Float64Array(2);
  #rejected = false;

  constructor({ beta1, beta2, qmin = 0.2, qmax = 10, steady = 1, growAfterReject = true }: PiControllerOptions, beta3 = 0) {
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#beta3 = beta3;
    this.#qmin = qmin;
    this.#qmax = qmax;
    this.#steady = steady;
    this.#growAfterReject = growAfterReject;
    this.#logOld.fill(logFloor);
  }

  accept(error: number): number {
    const log = fastLog(error);
    const logOld = this.#logOld;
    const factor = gamma * fastExp(this.#beta2 * logOld[0] - this.#beta1 * log - this.#beta3 * logOld[1]);
    logOld[1] = logOld[0];
    logOld[0] = Math.max(log, logFloor);
    const most = this.#rejected && !this.#growAfterReject ? 1 : this.#qmax;
    this.#rejected = false;
    return factor >= this.#steady && factor <= 1 ? 1 : Math.min(most, Math.max(this.#qmin, factor));
  }

  reject(error: number): number {
    this.#rejected = true;
    return Number.isFinite(error) ? Math.max(this.#qmin, gamma * fastExp(-this.#beta1 * fastLog(error))) : lost;
  }
}

/** The controller for a solve by `algorithm` with `stepper`: that of either if it brings one, else {@link defaultController}. */
export function controllerOf(algorithm: Algorithm, stepper: Stepper): StepController {
  return stepper.controller ?? algorithm.controller?.() ?? defaultController(algorithm.order);
}

/** The controller of methods that bring none of their own: gains 7 / (10 k) and 2 / (5 k) for a method of order `k`. */
export function defaultController(order: number): StepController {
  return new PidController({ beta1: 7 / (10 * order), beta2: 2 / (5 * order), steady: 1 / 1.2 });
}
