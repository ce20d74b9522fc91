import type { Algorithm } from "./algorithm.ts";
import type { Callback } from "./callback.ts";
import type { OdeProblem } from "./problem.ts";

/**
 * How a solve ended. Anything but `"success"` means that the saved states may stop before the end: `"terminated"` by a
 * callback and `"aborted"` by a signal were asked for, the others are failures: `"nonFinite"` of the right-hand side, `"dtLessThanMin"` of step
 * control, which can find no step that is good enough, `"stepFailed"` of the equations of a fixed step of an implicit method. `"initialFailure"` is that of the algebraic equations
 * of a singular mass matrix, which could not be solved at the start or after an event; `"eventsTooClose"` is the end of a motion whose events come ever
 * faster, as those of a ball that bounces until it rests, where nothing else ends it.
 */
export type Retcode = "success" | "terminated" | "aborted" | "maxIters" | "dtLessThanMin" | "nonFinite" | "stepFailed" | "initialFailure" | "eventsTooClose";

/** Options shared by all algorithms, named as in SciML. */
export interface SolveOptions {
  /** Relative tolerance of adaptive methods, or one > 0 per component, `reltol[n]`. Default 1e-6. */
  readonly reltol?: number | ArrayLike<number> | undefined;
  /** Absolute tolerance of adaptive methods, or one per component, `abstol[n]`. Default 1e-9. */
  readonly abstol?: number | ArrayLike<number> | undefined;
  /**
   * Measures the local error of an adaptive step, given each component's divided by its tolerance (a view: do not keep).
   * A step is good enough with at most 1. Default: the root mean square.
   */
  readonly norm?: ((scaled: Float64Array) => number) | undefined;
  /** Fixed step, or the first step of an adaptive solve. Its sign is ignored. Default: chosen in an adaptive solve; fixed steps need it. */
  readonly dt?: number | undefined;
  /** Smallest step of an adaptive solve, save those that end at a given time; one below it ends in `"dtLessThanMin"`. Default 0. */
  readonly dtmin?: number | undefined;
  /** Largest step of an adaptive solve. Default: no limit. */
  readonly dtmax?: number | undefined;
  /** `false` takes steps of `dt` also with an adaptive method. Default true. */
  readonly adaptive?: boolean | undefined;
  /** Most steps, kept and rejected. Default 100,000. */
  readonly maxIters?: number | undefined;
  /** Save at these times, or every `saveAt` from `t0` on and at `t1`. Default: every step. */
  readonly saveAt?: number | ArrayLike<number> | undefined;
  /**
   * Times at which a step must end, such as kinks and short pulses of the right-hand side; in any order, those outside of the
   * time span are ignored. A jump belongs into a `presetTimeCallback` that changes `p`: a step sees the right-hand side at both its ends.
   * Default: none.
   */
  readonly tstops?: ArrayLike<number> | undefined;
  /**
   * Keep every step's interpolant, so that `solution.at` works. Default: true unless `saveAt` is given. Where a step is looked into, for this, for times of
   * `saveAt` within it or for events, Rosenbrock, Radau and diagonally implicit methods check their dense output, too: at one evaluation per step, and with
   * shorter steps where it would be wrong.
   */
  readonly dense?: boolean | undefined;
  /** Rejects the steps of an adaptive solve whose end `u[n]` at `t` it returns true for; they are tried again with a quarter of the length. Default: none. */
  readonly isOutOfDomain?: ((t: number, u: Float64Array, p: Float64Array) => boolean) | undefined;
  /**
   * Events: made by `continuousCallback`, `discreteCallback` and `presetTimeCallback`. Those that are due at the same time are
   * called in the order of the list. What they save is added to what `saveAt` asks for; a time of `saveAt` at an event is the
   * state before it, `solution.at` gives the one after it, unless that is where the solve ends. Default: none.
   */
  readonly callback?: Callback | readonly Callback[] | undefined;
  /**
   * An `AbortSignal`, looked at before each step: once aborted, the solve ends with retcode `"aborted"`. Timers and clicks get their turn only in
   * `solveAsync`: in `solve`, the right-hand side, a callback or `onStep` must abort. Default: none.
   */
  readonly signal?: { readonly aborted: boolean } | undefined;
  /** Called after each kept step with its start, its length and its starting state (a view: copy to keep). Default: nothing. */
  readonly onStep?: ((t: number, h: number, u: Float64Array) => void) | undefined;
}

/** What a solve cost. */
export interface SolveStats {
  /** Right-hand side evaluations. */
  readonly nf: number;
  /** Jacobian evaluations; 0 for explicit methods. */
  readonly njac: number;
  /** Matrix factorisations; 0 for explicit methods. */
  readonly nlu: number;
  /** Steps kept. */
  readonly naccept: number;
  /** Steps rejected, by error control, by `isOutOfDomain` or as their equations could not be solved. */
  readonly nreject: number;
  /** Times at which {@link autoSwitch} changed its method: to the stiff one, back, and so on; empty for other algorithms. */
  readonly switches: readonly number[];
}

/** An event of a continuous callback. */
export interface OdeEvent {
  readonly t: number;
  /** `u[n]` at the event, before its `affect`. */
  readonly u: Float64Array;
  /** Index of the callback in the list of option `callback`. */
  readonly callback: number;
}

/** The solution of an {@link OdeProblem}. It holds functions: `postMessage` takes `{ t, u, retcode, message }` of it, or values of `at`, not the whole. */
export interface OdeSolution {
  readonly problem: OdeProblem;
  readonly algorithm: Algorithm;
  /** Saved times. */
  readonly t: Float64Array;
  /** Saved states, `u[i]` at `t[i]`. */
  readonly u: readonly Float64Array[];
  readonly retcode: Retcode;
  /** For people: where and why the solve stopped before its end; empty on success. */
  readonly message: string;
  readonly stats: SolveStats;
  /** What happened at continuous callbacks, in the order in which it did. */
  readonly events: readonly OdeEvent[];
  /**
   * The state at any time of the solved interval, by the method's own interpolant.
   *
   * @throws OdeError `INVALID_OPTION` when solved with `dense: false`, `OUT_OF_RANGE` outside the solved interval.
   */
  at(t: number, out?: Float64Array): Float64Array;
  /** `du/dt` of the interpolant at any time of the solved interval; throws like `at`. */
  derivative(t: number, out?: Float64Array): Float64Array;
}

/** The type of `solve`, for those who are handed it. */
export type Solve = (problem: OdeProblem, algorithm: Algorithm, options?: SolveOptions) => OdeSolution;
