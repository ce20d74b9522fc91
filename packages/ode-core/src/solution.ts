import type { Algorithm } from "./algorithm.ts";
import type { OdeProblem } from "./problem.ts";

/** How a solve ended. Anything but `"success"` means that the saved states stop before the end. */
export type Retcode = "success" | "maxIters" | "dtLessThanMin" | "nonFinite" | "stepFailed";

/** Options shared by all algorithms, named as in SciML. */
export interface SolveOptions {
  /** Relative tolerance of adaptive methods. Default 1e-6. */
  readonly reltol?: number;
  /** Absolute tolerance of adaptive methods. Default 1e-9. */
  readonly abstol?: number;
  /** Fixed step, or the first step of an adaptive solve. Its sign is ignored. */
  readonly dt?: number;
  /** Largest step of an adaptive solve. */
  readonly dtmax?: number;
  /** `false` takes steps of `dt` also with an adaptive method. Default true. */
  readonly adaptive?: boolean;
  /** Most steps, kept and rejected. Default 100,000. */
  readonly maxIters?: number;
  /** Save at these times, or every `saveAt` from `t0` on and at `t1`. Default: every step. */
  readonly saveAt?: number | ArrayLike<number>;
  /** Keep every step's interpolant, so that `solution.at` works. Default: true unless `saveAt` is given. */
  readonly dense?: boolean;
  /** Called after each kept step with its start, its length and its starting state (a view: copy to keep). */
  readonly onStep?: (t: number, h: number, u: Float64Array) => void;
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
  /** Steps rejected by error control. */
  readonly nreject: number;
}

/** The solution of an {@link OdeProblem}. */
export interface OdeSolution {
  readonly problem: OdeProblem;
  readonly algorithm: Algorithm;
  /** Saved times. */
  readonly t: Float64Array;
  /** Saved states, `u[i]` at `t[i]`. */
  readonly u: readonly Float64Array[];
  readonly retcode: Retcode;
  /** For people: where and why the solve stopped early; empty on success. */
  readonly message: string;
  readonly stats: SolveStats;
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
