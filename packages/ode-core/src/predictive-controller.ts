import type { StepController } from "./controller.ts";

const gamma = 0.9;
const qmin = 0.2;
/** Errors below this count as this much. */
const logFloor = Math.log(1e-2);

/** What a stepper tells its controller of the iterations of the last step. */
export interface IterationReport {
  /** Factor of the safety factor: less than 1 where the iteration took long. */
  readonly caution: number;
  /** Factors from 1 to this leave the step as it is: growing a little is not worth a factorisation. */
  readonly steady: number;
  /** The factor for the retry of a step whose equations could not be solved. */
  readonly retry: number;
}

const noReport: IterationReport = { caution: 1, steady: 1, retry: 0.25 };

/**
 * Control for implicit methods, whose steps change by orders of magnitude in a transient: besides the factor that one error
 * gives, the one that continues the trend of the last two steps, whichever is smaller. A step does not grow right after a
 * rejected one. The lengths of steps are those that the controller asked for.
 *
 * @param power - The error estimate is proportional to `h^power`.
 * @param qmax - Largest factor.
 * @param report - Read at each step.
 * @source Gustafsson, ACM Trans. Math. Softw. 20 (1994) 496-517; as in Hairer, Wanner, Solving Ordinary Differential Equations II (1996), section IV.8.
 */
export function predictiveController(power: number, qmax = 6, report: IterationReport = noReport): StepController {
  // In a typed array, as variables of a closure would be boxed anew at each assignment: the last kept step's log error, and
  // the log of this step's length relative to it.
  const memory = Float64Array.of(NaN, 0);
  let rejected = false;
  return {
    accept: (error) => {
      const log = Math.log(error);
      let factor = gamma * report.caution * Math.exp(-log / power);
      // NaN before the first kept step.
      const trend = gamma * Math.exp(memory[1] + (memory[0] - 2 * log) / power);
      if (trend < factor) factor = trend;
      let limited = Math.min(rejected ? 1 : qmax, Math.max(qmin, factor));
      if (limited > 1 && limited <= report.steady) limited = 1;
      memory[0] = Math.max(log, logFloor);
      memory[1] = Math.log(limited);
      rejected = false;
      return limited;
    },
    reject: (error) => {
      const factor = Number.isFinite(error) ? Math.max(qmin, gamma * Math.exp(-Math.log(error) / power)) : 0.1;
      memory[1] += Math.log(factor);
      rejected = true;
      return factor;
    },
    fail: () => {
      memory[1] += Math.log(report.retry);
      rejected = true;
      return report.retry;
    },
  };
}
