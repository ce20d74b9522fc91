import type { Algorithm } from "./algorithm.ts";
import type { OdeProblem } from "./problem.ts";
import type { OdeSolution, Solve, SolveOptions } from "./solution.ts";
import type { Capability } from "./vector-field.ts";

/** What a sensitivity algorithm is given. */
export interface SensitivityContext {
  readonly problem: OdeProblem;
  readonly algorithm: Algorithm;
  readonly options: SolveOptions;
  /** Handed in, so that sensitivity algorithms need not import a solver. */
  readonly solve: Solve;
}

/**
 * Gradients of a scalar of the saved states. Those by times follow from them, where no event comes at that time: by the start time, with all others fixed, `-du0 . f(t0, u0)`; by
 * saved time i `uBar[i] . f(t_i, u_i)`.
 */
export interface Cotangent {
  /** With respect to the parameters, `dp[m]`. */
  readonly dp: Float64Array;
  /** With respect to the initial state, `du0[n]`: some algorithms compute it when it is first read, and throw then what `pull` throws. */
  readonly du0: Float64Array;
}

/** A solution that can be differentiated. */
export interface Linearization {
  readonly solution: OdeSolution;
  /**
   * Applies the transposed derivative of the saved states: given `uBar[i][n] = dG/du(t_i)`, one per saved time,
   * returns `dG/dp` and `dG/du0`. May be called more than once.
   *
   * @throws OdeError `SOLVE_FAILED` when the forward or a reverse solve did not succeed, `SHAPE_MISMATCH` for a wrong `uBar`.
   */
  pull(uBar: readonly Float64Array[]): Cotangent;
  /**
   * Applies the derivative of the saved states itself: their change to first order, one `Float64Array[n]` per saved time, where the parameters change by `dp[m]` and
   * the initial state by `du0[n]`; null stands for no change. May be called more than once. There is one where the algorithm says `providesPush`.
   *
   * @throws OdeError `SOLVE_FAILED` when the forward solve or one for the derivative did not succeed, `SHAPE_MISMATCH` for a wrong `dp` or `du0`.
   */
  push?(dp: Float64Array | null, du0: Float64Array | null): Float64Array[];
}

/** How to differentiate a solve: an immutable value. */
export interface SensitivityAlgorithm {
  /** The factory's own name, as it stands in a config. */
  readonly name: string;
  /** Kernels that the vector field must provide. */
  readonly requires?: readonly Capability[];
  /** True when the algorithm replays an explicit Runge-Kutta tableau, so that the solver must have one. */
  readonly requiresTableau?: boolean;
  /** True when the solver is given other equations, which have none of the field's structure. */
  readonly solvesOtherField?: boolean;
  /** What it differentiates through besides plain solves: any callback, those with `EventDerivatives`, or of these the ones at preset times. Default: nothing. */
  readonly supports?: readonly ("callback" | "eventDerivatives" | "presetTimeDerivatives" | "massMatrix")[];
  /** True when its linearizations have `push`, which makes columns of a Jacobian. */
  readonly providesPush?: boolean;
  linearize(context: SensitivityContext): Linearization;
}
