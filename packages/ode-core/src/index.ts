export type { Algorithm, ContinuousExtension, Interpolant, Stepper, StepperContext, Tableau } from "./algorithm.ts";
export { autoTsit5 } from "./algorithms/auto-tsit5.ts";
export { autoVern7 } from "./algorithms/auto-vern7.ts";
export { autoVern9 } from "./algorithms/auto-vern9.ts";
export { bs3, type Bs3Options } from "./algorithms/bs3.ts";
export { dop853, type Dop853Options } from "./algorithms/dop853.ts";
export { dp5, type Dp5Options } from "./algorithms/dp5.ts";
export { dprkn6, type Dprkn6Options } from "./algorithms/dprkn6.ts";
export { euler, type EulerOptions } from "./algorithms/euler.ts";
export { fbdf, type FbdfOptions } from "./algorithms/fbdf.ts";
export { heun, type HeunOptions } from "./algorithms/heun.ts";
export { implicitEuler, type ImplicitEulerOptions } from "./algorithms/implicit-euler.ts";
export { implicitMidpoint, type ImplicitMidpointOptions } from "./algorithms/implicit-midpoint.ts";
export { algorithms } from "./algorithms/index.ts";
export { kahanLi8, type KahanLi8Options } from "./algorithms/kahan-li8.ts";
export { kenCarp4, type KenCarp4Options } from "./algorithms/ken-carp4.ts";
export { kvaerno5, type Kvaerno5Options } from "./algorithms/kvaerno5.ts";
export { mcAte4, type McAte4Options } from "./algorithms/mc-ate4.ts";
export { midpoint, type MidpointOptions } from "./algorithms/midpoint.ts";
export { radauIIA5, type RadauIIA5Options } from "./algorithms/radau-iia5.ts";
export { ralston, type RalstonOptions } from "./algorithms/ralston.ts";
export { rk4, type Rk4Options } from "./algorithms/rk4.ts";
export { rodas4, type Rodas4Options } from "./algorithms/rodas4.ts";
export { rodas5P, type Rodas5POptions } from "./algorithms/rodas5-p.ts";
export { rosenbrock23, type Rosenbrock23Options } from "./algorithms/rosenbrock23.ts";
export { ruth3, type Ruth3Options } from "./algorithms/ruth3.ts";
export { symplecticEuler, type SymplecticEulerOptions } from "./algorithms/symplectic-euler.ts";
export { trapezoid, type TrapezoidOptions } from "./algorithms/trapezoid.ts";
export { trbdf2, type Trbdf2Options } from "./algorithms/trbdf2.ts";
export { tsit5, type Tsit5Options } from "./algorithms/tsit5.ts";
export { vcab3, type Vcab3Options } from "./algorithms/vcab3.ts";
export { vcab4, type Vcab4Options } from "./algorithms/vcab4.ts";
export { vcab5, type Vcab5Options } from "./algorithms/vcab5.ts";
export { vcabm, type VcabmOptions } from "./algorithms/vcabm.ts";
export { velocityVerlet, type VelocityVerletOptions } from "./algorithms/velocity-verlet.ts";
export { vern6, type Vern6Options } from "./algorithms/vern6.ts";
export { vern7, type Vern7Options } from "./algorithms/vern7.ts";
export { vern8, type Vern8Options } from "./algorithms/vern8.ts";
export { vern9, type Vern9Options } from "./algorithms/vern9.ts";
export { yoshida6, type Yoshida6Options } from "./algorithms/yoshida6.ts";
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
export { explicitRk, type ExplicitRkOptions } from "./explicit-rk.ts";
export type { InitialStep, InitialStepContext } from "./initial-step.ts";
export { holdStable } from "./hold-stable.ts";
export { init } from "./init.ts";
export type { Integrator } from "./integrator.ts";
export { linearize, type LinearizeOptions } from "./linearize.ts";
export { outputTimes, timeTolerance } from "./output-times.ts";
export { odeProblem, remake, type OdeProblem, type OdeProblemOptions, type ProblemChanges } from "./problem.ts";
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
