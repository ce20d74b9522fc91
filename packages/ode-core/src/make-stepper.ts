import type { Algorithm, Stepper, StepperContext } from "./algorithm.ts";
import type { OdeProblem } from "./problem.ts";
import { requireStepControl, type CheckedOptions } from "./solve-options.ts";

/** A stepper for a solve with parameters `p[m]`. */
export function makeStepper(algorithm: Algorithm, problem: OdeProblem, options: CheckedOptions, p: Float64Array): Stepper {
  return algorithm.stepper(problem.f.bind(p), problem.f.dim, stepperContext(problem, options));
}

/** @throws OdeError `INVALID_OPTION` when the options do not fit the way in which `algorithm` steps. */
export function checkStepControl(problem: OdeProblem, algorithm: Algorithm, options: CheckedOptions): void {
  const stepper = makeStepper(algorithm, problem, options, problem.p);
  requireStepControl(algorithm, options, isAdaptive(stepper, options));
  stepper.release?.();
}

/** Whether a solve controls its steps. */
export const isAdaptive = ({ error }: Stepper, { adaptive }: CheckedOptions): boolean => error !== undefined && adaptive !== false;

/** What steppers are told of a solve. */
export function stepperContext({ f: { bandwidth }, massMatrix }: OdeProblem, { reltol, abstol, abstols, norm }: CheckedOptions): StepperContext {
  return { reltol, abstol, abstols, norm, ...(massMatrix ? { massMatrix } : {}), ...(bandwidth ? { bandwidth } : {}) };
}
