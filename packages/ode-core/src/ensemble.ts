import { requireAlgorithm, type Algorithm } from "./algorithm.ts";
import { OdeError, shown } from "./errors.ts";
import { integrate } from "./integrate.ts";
import { checkStepControl } from "./make-stepper.ts";
import { remake, type OdeProblem } from "./problem.ts";
import type { OdeSolution, SolveOptions } from "./solution.ts";
import { checkSolveOptions } from "./solve-options.ts";

/** How the problems of an ensemble differ: one of the two. */
export type EnsembleVariation =
  | {
      /** The parameters `p[m]` of trajectory `i`, when the problems differ in nothing else. Must depend on nothing but `i`. Either this or `prob` is needed. */
      readonly parameters: (i: number) => ArrayLike<number>;
      readonly prob?: undefined;
    }
  | {
      /** In place of `parameters`: the problem of trajectory `i`, mostly a `remake` of the given one. Must depend on nothing but its arguments. */
      readonly prob: (problem: OdeProblem, i: number) => OdeProblem;
      readonly parameters?: undefined;
    };

/** Options of {@link ensemble}, and those of each solve. */
export type EnsembleOptions<R = OdeSolution> = {
  /** How many. */
  readonly trajectories: number;
  /** Index `i` of the first one, for a part of a larger ensemble. Default 0. */
  readonly first?: number | undefined;
} & EnsembleVariation & {
  /** What to keep of the solution of trajectory `i`. Default: all of it. */
  readonly reduce?: ((solution: OdeSolution, i: number) => R) | undefined;
} & SolveOptions;

/** What became of one trajectory. */
export type TrajectoryResult<R> =
  | { readonly ok: true; readonly value: R }
  /** `error` is what `parameters` or `prob`, the solve or `reduce` threw, or an `OdeError` `SOLVE_FAILED` with the solution's retcode and message. */
  | { readonly ok: false; readonly error: unknown };

/** `ensemble` with `reduce` keeps what that returns. */
export function ensemble<R>(problem: OdeProblem, algorithm: Algorithm, options: EnsembleOptions<R> & { readonly reduce: (solution: OdeSolution, i: number) => R; readonly sensealg?: never }): TrajectoryResult<R>[];
/**
 * Solves one problem many times with changes, one after the other. Each trajectory depends on its index alone, and one that
 * fails, numerically or by an exception, does not stop the others.
 *
 * @returns One entry per trajectory, in order.
 * @throws OdeError `INVALID_OPTION` for a wrong option, once and not per trajectory.
 */
export function ensemble(problem: OdeProblem, algorithm: Algorithm, options: EnsembleOptions & { readonly sensealg?: never }): TrajectoryResult<OdeSolution>[];
export function ensemble<R>(problem: OdeProblem, algorithm: Algorithm, { trajectories, first = 0, parameters, prob, reduce, ...options }: EnsembleOptions<R>): TrajectoryResult<R | OdeSolution>[] {
  if (!Number.isInteger(trajectories) || trajectories < 0) throw wrong("trajectories", "a whole number >= 0", trajectories);
  if (!Number.isInteger(first) || first < 0) throw wrong("first", "a whole number >= 0", first);
  const problemOf = varied(parameters, prob);
  if (reduce !== undefined && typeof reduce !== "function") throw wrong("reduce", "a function", reduce);
  requireAlgorithm("solve", "algorithm", algorithm);
  // Lists that suit the problems need not suit the one that they are made of.
  const { saveAt, reltol, abstol, ...rest } = options;
  const single = Object.fromEntries(Object.entries({ saveAt, reltol, abstol }).filter(([, value]) => typeof value === "number"));
  checkStepControl(problem, algorithm, checkSolveOptions({ ...rest, ...single }, problem));
  return Array.from({ length: trajectories }, (_, k): TrajectoryResult<R | OdeSolution> => {
    const i = first + k;
    try {
      const solution = integrate(problemOf(problem, i), algorithm, options);
      const { retcode, message } = solution;
      if (retcode !== "success" && retcode !== "terminated") {
        return { ok: false, error: new OdeError("SOLVE_FAILED", `Cannot use trajectory ${i} as its retcode must be "success" or "terminated": it is "${retcode}". ${message}`) };
      }
      return { ok: true, value: reduce ? reduce(solution, i) : solution };
    } catch (error) {
      return { ok: false, error };
    }
  });
}

function varied(parameters: EnsembleVariation["parameters"], prob: EnsembleVariation["prob"]): (problem: OdeProblem, i: number) => OdeProblem {
  if (parameters !== undefined && prob !== undefined) throw wrong("prob", "absent when \"parameters\" is given", prob);
  if (parameters === undefined && typeof prob !== "function") throw wrong("prob", "a function, as option \"parameters\" is not given", prob);
  if (parameters !== undefined && typeof parameters !== "function") throw wrong("parameters", "a function", parameters);
  return prob ?? ((problem, i) => remake(problem, { p: parameters!(i) }));
}

const wrong = (name: string, expected: string, value: unknown): OdeError =>
  new OdeError("INVALID_OPTION", `Cannot solve an ensemble as option "${name}" must be ${expected}: current value is ${shown(value)}`);
