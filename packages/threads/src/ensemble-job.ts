import type { Algorithm, EnsembleVariation, OdeProblem, OdeSolution, SolveOptions } from "@fluxion/ode-core";

/** What `ensemble` takes, but for the number of trajectories: made anew in each thread, as functions cannot be sent to one. */
export interface EnsembleJob<R> {
  readonly problem: OdeProblem;
  readonly algorithm: Algorithm;
  readonly options: {
    /** What to send back of the solution of trajectory `i`: anything that `structuredClone` takes, so no functions, and not the solution itself. */
    readonly reduce: (solution: OdeSolution, i: number) => R;
  } & EnsembleVariation & SolveOptions;
}
