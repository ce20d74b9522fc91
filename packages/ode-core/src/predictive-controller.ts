import { quarter, type StepController } from "./controller.ts";

const gamma = 0.9;
const qmin = 0.2;
/** Errors below this count as this much. */
const floor = 1e-2;

/** What a stepper tells its controller of the iterations of the last step. */
export interface IterationReport {
  /** Factor of the safety factor: less than 1 where the iteration took long. */
  readonly caution: number;
  /** Factors from 1 to this leave the step as it is: growing a little is not worth a factorisation. */
  readonly steady: number;
  /** The factor for the retry of a step whose equations could not be solved. */
  readonly retry: number;
}

const noReport: IterationReport = { caution: 1, steady: 1, retry: quarter };

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
  const root = rootOf(power);
  const least = root(floor);
  // In a typed array, as variables of a closure would be boxed anew at each assignment: the root of the last kept step's error,
  // and this step's length relative to it.
  const memory = Float64Array.of(NaN, 1);
  let rejected = false;
  return {
    accept: (error) => {
      const size = root(error);
      let factor = (gamma * report.caution) / size;
      // NaN before the first kept step.
      const trend = (gamma * memory[1] * memory[0]) / (size * size);
      if (trend < factor) factor = trend;
      let limited = Math.min(rejected ? 1 : qmax, Math.max(qmin, factor));
      if (limited > 1 && limited <= report.steady) limited = 1;
      memory[0] = Math.max(size, least);
      memory[1] = limited;
      rejected = false;
      return limited;
    },
    reject: (error) => {
      const factor = Number.isFinite(error) ? Math.max(qmin, gamma / root(error)) : 0.1;
      memory[1] *= factor;
      rejected = true;
      return factor;
    },
    fail: () => {
      memory[1] *= report.retry;
      rejected = true;
      return report.retry;
    },
  };
}

/** `x^(1 / power)`, by square and cube roots where they do, as a power is dear. */
function rootOf(power: number): (x: number) => number {
  if (power === 2) return Math.sqrt;
  if (power === 3) return Math.cbrt;
  if (power === 4) return (x) => Math.sqrt(Math.sqrt(x));
  return (x) => Math.exp(Math.log(x) / power);
}
