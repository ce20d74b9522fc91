import type { Algorithm, Stepper, StepperContext } from "./algorithm.ts";
import { smallFactors } from "./linear-algebra/generated/small-lu.ts";
import type { OdeProblem } from "./problem.ts";
import { requireStepControl, type CheckedOptions } from "./solve-options.ts";
import type { VectorField } from "./vector-field.ts";

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
export function stepperContext({ f, massMatrix }: OdeProblem, { reltol, abstol, abstols, norm }: CheckedOptions): StepperContext {
  return { reltol, abstol, abstols, norm, ...(massMatrix ? { massMatrix } : {}), ...structureOf(f, massMatrix) };
}

/** What the Jacobian of `f` has of structure that is a saving. */
function structureOf({ dim, bandwidth, quadratures = 0, tangents = 0, provides }: VectorField, massMatrix: Float64Array | undefined): Pick<StepperContext, "bandwidth" | "quadratures" | "tangents"> {
  if (quadratures + tangents === 0) return bandwidth ? { bandwidth } : {};
  // A band of the others is none of all. The matrices of few components are dense, which is fastest.
  if (massMatrix || dim < smallFactors.length || (quadratures > 0 && !provides.has("jvp"))) return {};
  return { quadratures, tangents, ...(bandwidth ? { bandwidth } : {}) };
}
