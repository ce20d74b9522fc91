export type { Algorithm, ContinuousExtension, Interpolant, Stepper, Tableau } from "./algorithm.ts";
export { fromConfig, option, readOptions, type ConfigOf, type OptionSpec, type Table } from "./config.ts";
export { assertFinite, assertLength, OdeError, type OdeErrorCode } from "./errors.ts";
export { odeProblem, remake, type OdeProblem } from "./problem.ts";
export type { Cotangent, Linearization, SensitivityAlgorithm, SensitivityContext } from "./sensitivity.ts";
export type { OdeSolution, Retcode, Solve, SolveOptions, SolveStats } from "./solution.ts";
export {
  outOfPlace,
  requireCapabilities,
  vectorField,
  type BoundField,
  type Capability,
  type InPlaceRhs,
  type Structure,
  type VectorField,
  type VectorFieldOptions,
} from "./vector-field.ts";
