export type { Algorithm, ContinuousExtension, Interpolant, Stepper, StepperContext, Tableau } from "./algorithm.ts";
export { autoTsit5 } from "./algorithms/auto-tsit5.ts";
export { autoVern7 } from "./algorithms/auto-vern7.ts";
export { autoVern9 } from "./algorithms/auto-vern9.ts";
export { bs3 } from "./algorithms/bs3.ts";
export { dop853 } from "./algorithms/dop853.ts";
export { dp5 } from "./algorithms/dp5.ts";
export { dprkn6 } from "./algorithms/dprkn6.ts";
export { euler } from "./algorithms/euler.ts";
export { fbdf } from "./algorithms/fbdf.ts";
export { heun } from "./algorithms/heun.ts";
export { implicitEuler } from "./algorithms/implicit-euler.ts";
export { implicitMidpoint } from "./algorithms/implicit-midpoint.ts";
export { algorithms } from "./algorithms/index.ts";
export { kahanLi8 } from "./algorithms/kahan-li8.ts";
export { kenCarp4 } from "./algorithms/ken-carp4.ts";
export { kvaerno5 } from "./algorithms/kvaerno5.ts";
export { mcAte4 } from "./algorithms/mc-ate4.ts";
export { midpoint } from "./algorithms/midpoint.ts";
export { radauIIA5, type RadauIIA5Options } from "./algorithms/radau-iia5.ts";
export { ralston } from "./algorithms/ralston.ts";
export { rk4 } from "./algorithms/rk4.ts";
export { rodas4 } from "./algorithms/rodas4.ts";
export { rodas5P } from "./algorithms/rodas5-p.ts";
export { rosenbrock23 } from "./algorithms/rosenbrock23.ts";
export { ruth3 } from "./algorithms/ruth3.ts";
export { symplecticEuler } from "./algorithms/symplectic-euler.ts";
export { trapezoid } from "./algorithms/trapezoid.ts";
export { trbdf2 } from "./algorithms/trbdf2.ts";
export { tsit5 } from "./algorithms/tsit5.ts";
export { vcab3 } from "./algorithms/vcab3.ts";
export { vcab4 } from "./algorithms/vcab4.ts";
export { vcab5 } from "./algorithms/vcab5.ts";
export { vcabm } from "./algorithms/vcabm.ts";
export { velocityVerlet } from "./algorithms/velocity-verlet.ts";
export { vern6 } from "./algorithms/vern6.ts";
export { vern7 } from "./algorithms/vern7.ts";
export { vern8 } from "./algorithms/vern8.ts";
export { vern9 } from "./algorithms/vern9.ts";
export { yoshida6 } from "./algorithms/yoshida6.ts";
export { autoSwitch, type AutoSwitchOptions } from "./auto-switch.ts";
export type { ButcherTableau } from "./butcher-tableau.ts";
export {
  continuousCallback,
  discreteCallback,
  presetTimeCallback,
  type Callback,
  type CallbackState,
  type EventDerivatives,
  type ContinuousCallback,
  type ContinuousCallbackOptions,
  type DiscreteCallback,
  type DiscreteCallbackOptions,
  type PresetTimeCallback,
  type PresetTimeCallbackOptions,
  type SaveSides,
} from "./callback.ts";
export { fromConfig, option, readOptions, type ConfigOf, type OptionSpec, type Table } from "./config.ts";
export { ensemble, type EnsembleOptions, type EnsembleVariation, type TrajectoryResult } from "./ensemble.ts";
export { assertFinite, assertKnown, assertLength, assertPlugin, isAllFinite, OdeError, shown, type OdeErrorCode } from "./errors.ts";
export { piController, pidController, type PidControllerOptions, type PiControllerOptions, type StepController } from "./controller.ts";
export { cuthillMckee } from "./linear-algebra/cuthill-mckee.ts";
export { CubicInterpolant } from "./cubic-interpolant.ts";
export type { NewtonOptions } from "./dirk.ts";
export { explicitRk, type ExplicitRkOptions } from "./explicit-rk.ts";
export type { InitialStep, InitialStepContext } from "./initial-step.ts";
export { holdStable } from "./hold-stable.ts";
export { init } from "./init.ts";
export type { Integrator } from "./integrator.ts";
export { linearize, type LinearizeOptions } from "./linearize.ts";
export type { NoOptions } from "./no-options.ts";
export { outputTimes, timeTolerance } from "./output-times.ts";
export { odeProblem, remake, type OdeProblem, type OdeProblemOptions, type ProblemChanges } from "./problem.ts";
export type { RosenbrockOptions } from "./rosenbrock.ts";
export type { ErrorScale } from "./scaled-norm.ts";
export type { Cotangent, Linearization, SensitivityAlgorithm, SensitivityContext } from "./sensitivity.ts";
export { polynomialExtension, type PolynomialExtensionData } from "./polynomial-extension.ts";
export { solve } from "./solve.ts";
export { defaultTolerances, optionsForOtherState } from "./solve-options.ts";
export { solveAsync } from "./solve-async.ts";
export type { OdeEvent, OdeSolution, Retcode, Solve, SolveOptions, SolveStats } from "./solution.ts";
export {
  assertSizes,
  outOfPlace,
  requireCapabilities,
  vectorField,
  type Bandwidth,
  type BoundField,
  type TangentBlocks,
  type Capability,
  type EvaluationTape,
  type InPlaceRhs,
  type StepTape,
  type Structure,
  type VectorField,
  type VectorFieldOptions,
} from "./vector-field.ts";
