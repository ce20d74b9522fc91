import type { ButcherTableau } from "./butcher-tableau.ts";
import type { StepController } from "./controller.ts";
import { assertPlugin } from "./errors.ts";
import type { InitialStep } from "./initial-step.ts";
import type { ErrorScale } from "./scaled-norm.ts";
import type { Bandwidth, BoundField, Capability, Structure } from "./vector-field.ts";

/** How to step: an immutable value. Its mutable part is made by `stepper`. */
export interface Algorithm {
  /** The factory's own name, as it stands in a config. */
  readonly name: string;
  readonly order: number;
  /** Present on methods that choose their order, up to `order`, with their steps: where they begin. They take no fixed steps. */
  readonly startOrder?: number;
  /** What the vector field must provide. For algorithms of your own: those of this package need none of it. */
  readonly requires?: readonly Capability[];
  /** The structure that the vector field must have. */
  readonly structure?: Structure;
  /** Present on explicit Runge-Kutta methods: lets others replay, transpose or generate a step. */
  readonly tableau?: Tableau;
  /** Of explicit methods of several steps and one order: the largest `z` such that equal steps damp `du/dt = -lambda u` for all `lambda h < z`. */
  readonly stabilityLimit?: number;
  /** True when `M du/dt = f` with a constant mass matrix can be solved. */
  readonly massMatrix?: boolean;
  /** A fresh controller of the step size, one per solve, unless the stepper has its own. Default: proportional-integral control by `order`. */
  readonly controller?: () => StepController;
  /** Chooses the first step when the user does not. */
  readonly initialStep?: InitialStep;
  /** A fresh stepper for states of length `n`. */
  stepper(f: BoundField, n: number, context: StepperContext): Stepper;
}

/** What a stepper may need to know of the solve, implicit ones to stop their iterations in time. */
export interface StepperContext extends ErrorScale {
  /** `M[n * n]`, row-major; absent for the identity. */
  readonly massMatrix?: Float64Array;
  /** Where the Jacobian of the vector field has its entries; absent for all of it. Of the components that are no `quadratures` and no `tangents`. */
  readonly bandwidth?: Bandwidth;
  /** How many of the last components no component depends on, where matrices are to be made without their columns; then there is a `jvp`, and no mass matrix. */
  readonly quadratures?: number;
  /** How many blocks of tangents follow the state, where matrices are to be made of blocks; then the bound field has `tangents`, and there is no mass matrix. */
  readonly tangents?: number;
}

/** The mutable part of a method, with its own buffers: one per solve, never shared. `step` allocates nothing. */
export interface Stepper {
  /**
   * Writes the state at `t + h` into `out[n]`; `u` and `out` are different arrays. Returns false when the equations of the
   * step could not be solved: the step then counts as rejected and is tried again with a part of its length. Both arrays stay as
   * they are until the next call of `step`, `accept` or `reset`, so that a stepper may look at them again.
   */
  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean;
  /** Writes the local error estimate of the last step into `out[n]`; absent means fixed steps only. */
  error?(out: Float64Array): void;
  /**
   * Root mean square of `error[i] / (abstol[i] + reltol max(|u[i]|, |out[i]|))` of the last step, with the tolerances that the
   * stepper was made with. A faster way to what `error` leads to, where a stepper has one; not asked for where the user has a norm.
   */
  scaledError?(): number;
  /**
   * Writes an estimate of the error of dense output within the last step into `out[n]`, for methods whose `error` need not see it: where
   * the solution is bound to something that moves, as stiff and algebraic components are, steps may be right at their ends and wrong between. Asked for where
   * a step is looked into. Returns how many times the tolerances it may be, infinity when there is nothing to add.
   */
  interpolationError?(out: Float64Array): number;
  /** Tells the right-hand side `slope[n]` at the start of the first step, which spares evaluating it. */
  start?(slope: Float64Array): void;
  /** A copy of what dense output of the last step needs, the right-hand side at its end included. Only called when wanted. */
  capture(): Interpolant;
  /** Writes `u(t + theta h)` of the last step into `out[n]`, as `capture().at` does, without keeping anything: faster for saved times. */
  interpolate?(theta: number, out: Float64Array): void;
  /** The last step was kept: its last stage may become the first of the next. */
  accept?(): void;
  /**
   * The last step, which was kept, ends at a stop, behind which `f` may go on in another way: forget what is of before it. Absent where
   * no step relies on those before it, or where error control sees to that.
   */
  atStop?(): void;
  /** `u` or `f` changed discontinuously: forget what was carried over. */
  reset?(): void;
  /** Goes on where `previous`, of the same algorithm, left off as parameters changed; keeps no reference to it. */
  takeOver?(previous: Stepper): void;
  /** The last call: no more steps are taken, and memory that others can use may be handed on. Not called where a solve is left unfinished. */
  release?(): void;
  /**
   * About the largest |eigenvalue| of `f_u` along the last step, or a bound of it, at no evaluation; to be called before
   * `accept`. What {@link autoSwitch} decides by.
   */
  rate?(): number;
  /** Controls the step size in place of the algorithm's controller, where that must follow what the stepper does. */
  readonly controller?: StepController;
  /** Times at which the method was changed; absent for steppers of one method. */
  readonly switches?: readonly number[];
  /** Right-hand side evaluations since it was made. */
  readonly nf: number;
  /** Jacobian evaluations; absent for explicit methods. */
  readonly njac?: number;
  /** Matrix factorisations; absent for explicit methods. */
  readonly nlu?: number;
}

/** The solution inside one past step; owns its data. */
export interface Interpolant {
  /** Writes `u(t + theta h)` into `out[n]`, `0 <= theta <= 1`. */
  at(theta: number, out: Float64Array): void;
  /** Writes `du/dt` at `t + theta h` into `out[n]`. */
  derivative(theta: number, out: Float64Array): void;
}

/** Coefficients of an explicit Runge-Kutta method. */
export interface Tableau extends ButcherTableau {
  /** `b - bhat`, for the error estimate. */
  readonly bError?: readonly number[];
  /**
   * A second, coarser error estimate `e2` beside that of `bError`, `e`: the estimate is then `e |e| / sqrt(|e|^2 + 0.01 |e2|^2)`
   * with norms scaled by the tolerances.
   */
  readonly bErrorCoarse?: readonly number[];
  /** The last stage equals `f(t + h, u1)`. */
  readonly fsal?: boolean;
  readonly dense: ContinuousExtension;
}

/** Dense output of a tableau: `u(t + theta h) = u + h sum_i b_i(theta) k_i` over its stages and `c.length` extra ones. */
export interface ContinuousExtension {
  /** The interpolant's error over one step is `O(h^(order + 1))`. */
  readonly order: number;
  /** Rows of the extra stages, computed only when dense output is wanted; row i has `s + i` entries. */
  readonly a: readonly (readonly number[])[];
  readonly c: readonly number[];
  /** Writes `b_i(theta)`, one per stage and extra stage. */
  weights(theta: number, out: Float64Array): void;
  /** Writes `db_i / dtheta`. */
  weightsDerivative(theta: number, out: Float64Array): void;
}

/** @throws OdeError `INVALID_ARGUMENT` when `value` is no algorithm. */
export function requireAlgorithm(act: string, what: string, value: unknown): void {
  assertPlugin("INVALID_ARGUMENT", act, what, "an algorithm such as tsit5()", value, "stepper");
}
