export type { Algorithm, ContinuousExtension, Interpolant, Stepper, StepperContext, Tableau } from "./algorithm.ts";
export { euler, type EulerOptions } from "./algorithms/euler.ts";
export { algorithms } from "./algorithms/index.ts";
export { rk4, type Rk4Options } from "./algorithms/rk4.ts";
export { tsit5, type Tsit5Options } from "./algorithms/tsit5.ts";
export {
  continuousCallback,
  discreteCallback,
  presetTimeCallback,
  type Callback,
  type CallbackState,
  type ContinuousCallback,
  type ContinuousCallbackOptions,
  type DiscreteCallback,
  type DiscreteCallbackOptions,
  type PresetTimeCallback,
  type PresetTimeCallbackOptions,
  type SaveSides,
} from "./callback.ts";
export { fromConfig, option, readOptions, type ConfigOf, type OptionSpec, type Table } from "./config.ts";
export { ensemble, type EnsembleOptions, type Trajectory } from "./ensemble.ts";
export { assertFinite, assertLength, OdeError, type OdeErrorCode } from "./errors.ts";
export { explicitRk } from "./explicit-rk.ts";
export { init } from "./init.ts";
export type { Integrator } from "./integrator.ts";
export { linearize, type LinearizeOptions } from "./linearize.ts";
export { timeTolerance } from "./output-times.ts";
export { odeProblem, remake, type OdeProblem, type OdeProblemOptions } from "./problem.ts";
export type { Cotangent, Linearization, SensitivityAlgorithm, SensitivityContext } from "./sensitivity.ts";
export { solve } from "./solve.ts";
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
