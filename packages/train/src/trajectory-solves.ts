import type { Tensor, TracedRhs } from "@fluxion/autodiff";
import { linearize, odeProblem, OdeError, solve, type Algorithm, type Linearization, type SensitivityAlgorithm, type SolveOptions, type VectorField } from "@fluxion/ode-core";
import { initialStates } from "./initial-states.ts";
import { tracedObservable, wholeState, type Observable } from "./observables.ts";
import { observations, requireTrajectories, type Observations } from "./observations.ts";
import { assertPlugins } from "./plugins.ts";
import { checkedSigma } from "./sigma.ts";
import type { TrajectoryLossOptions } from "./trajectory-loss.ts";
import type { Trajectory } from "./trajectory.ts";

/** Data, and how a model is solved to be compared with them. */
export interface MatchedData {
  /** Observed states, or what `observe` makes of them; each starts a solve at its own first state, unless `initialState` gives the start. An entry that is NaN is missing and left out. */
  readonly trajectories: readonly Trajectory[];
  /** What solves the model. */
  readonly algorithm: Algorithm;
  /** `dt`, `reltol`, `abstol`, ... of the solves. Default: those of `solve`. */
  readonly solver?: Omit<SolveOptions, "saveAt" | "dense" | "onStep"> | undefined;
  /** How the solves are differentiated. */
  readonly sensealg: SensitivityAlgorithm;
  /** Standard deviation of the observations, or one for each component of what is observed: what their residuals are divided by, unless a trajectory has its own `sigma`. Default 1. */
  readonly sigma?: number | ArrayLike<number> | undefined;
  /**
   * The state `u[n]` at the first time of a trajectory, counted from 0, as a traced function of the parameters `p[m]`. The first observed state then is compared like all
   * others, its noise no longer moves the parameters, and it may be missing. Unknown starts are further parameters: `slice(p, m, m + n)` of
   * `tracedField(f, { dim: n, paramCount: m + n })`. Default: the first observed state, as if it were exact.
   */
  readonly initialState?: ((p: Tensor, trajectory: number) => Tensor) | undefined;
  /**
   * What was observed, as a traced function of the time, the state `u[n]` and the parameters `p[m]`: a number, or a list of some, which the `u[k]` of the trajectories then hold. Such as
   * a sum of components, a position of angles, or a signal with a gain that is one of the parameters. Needs `initialState`. Default: the whole state.
   */
  readonly observe?: TracedRhs | undefined;
}

/** How a model is solved and compared with data. */
export interface MatchingOptions extends MatchedData {
  /** A model, or any vector field with the derivatives that `sensealg` needs. */
  readonly model: VectorField;
  /** Compare only the first `intervals` sampling intervals of each trajectory. Default: all. */
  readonly intervals?: number | undefined;
}

/** Observations, with what the gradient of their start is to be written to. */
export interface SolvedGroup extends Observations {
  /** To fill with the gradient by `u0`, where that depends on the parameters. */
  readonly startSlope: Float64Array | undefined;
}

/** The solves that observed trajectories are compared with. */
export interface TrajectorySolves {
  readonly groups: readonly SolvedGroup[];
  /** How many entries are compared. */
  readonly entries: number;
  /** What of the solutions is compared. */
  readonly observable: Observable;
  /** Why its values are none to compare, or nothing. */
  undefinedIn(group: SolvedGroup, values: readonly Float64Array[]): string | undefined;
  /** Computes the starts at `p[m]`; to be called before the others. Returns why they are none, or nothing. */
  start(p: Float64Array): string | undefined;
  linearize(group: SolvedGroup, p: Float64Array): Linearization;
  /** Why the solve of a group failed, of which `message` is the solver's. */
  failureOf(group: SolvedGroup, p: Float64Array, message: string): string;
  /** Runs what differentiates the solve of a group. Returns why that failed, or nothing. */
  differentiate(group: SolvedGroup, act: () => void): string | undefined;
  /** Adds what the starts add to the gradient `[m]`, once each `startSlope` is filled. */
  pullStarts(gradient: Float64Array): void;
  /** The change of the start of each group by that of the parameters, or null where it does not depend on them. */
  pushStarts(dp: Float64Array): readonly (Float64Array | null)[];
}

/** Those, as a part of a larger whole or alone. */
type SolvesOptions = MatchingOptions & Pick<TrajectoryLossOptions, "first">;

/** @param together - Whether trajectories may be solved for in batches. Otherwise each is a group, in their order. */
export function trajectorySolves(options: SolvesOptions, together: boolean): TrajectorySolves {
  const { model, algorithm, sensealg, initialState, observe, first = 0 } = options;
  assertPlugins("match trajectories", { model, algorithm, sensealg });
  const { solver = {} } = options;
  const [n, m] = [model.dim, model.paramCount];
  requireTrajectories(options);
  const solvers = options.trajectories.map(({ callback }) => savingTimesOnly(solver, callback));
  /** Of a group, whose trajectories are several only where they have no callbacks. */
  const solverOf = ({ members: [member] }: Observations): SolveOptions => solvers[member];
  const observable = observe ? tracedObservable(observe, n, m) : wholeState(n);
  const observed = observations({ ...options, solver }, checkedSigma(options.sigma, observable.width), together);
  // Those of a group are next to each other.
  const members = observed.flatMap((group) => group.members.map((member) => first + member));
  const starts = initialState && initialStates(initialState, { trajectories: members, n, m });
  const parts = partsOf(observed);
  return {
    groups: observed.map((group, k) => ({ ...group, u0: starts?.states.subarray(...parts[k]) ?? group.u0, startSlope: starts?.slope.subarray(...parts[k]) })),
    entries: observed.reduce((sum, { times, count, missing }) => sum + times.length * count * observable.width - missing.length, 0),
    observable,
    undefinedIn: (group, values) => {
      for (const [k, row] of values.entries()) {
        const i = row.findIndex((x) => !Number.isFinite(x));
        if (i >= 0) return `Trajectory ${first + group.members[Math.floor(i / observable.width)]}: entry ${i % observable.width} of what observe returns is ${row[i]} at t = ${group.times[k]}`;
      }
      return undefined;
    },
    start: (p) => {
      starts?.run(p);
      const wrong = starts?.states.findIndex((x) => !Number.isFinite(x)) ?? -1;
      return wrong >= 0 ? `Trajectory ${members[Math.floor(wrong / n)]}: entry ${wrong % n} of its initialState is ${starts!.states[wrong]}` : undefined;
    },
    linearize: (group, p) => linearize(odeProblem(group.field, group.u0, group.tspan, p), algorithm, { ...solverOf(group), saveAt: group.times, sensealg }),
    failureOf: (group, p, message) => failureOf(options, solverOf(group), group, p) ?? message,
    differentiate: (group, act) => {
      try {
        act();
        return undefined;
      } catch (error) {
        if (error instanceof OdeError && error.code === "SOLVE_FAILED") return `Trajectory ${group.members.map((member) => first + member).join(" or ")}: ${error.message}`;
        throw error;
      }
    },
    pullStarts: (gradient) => starts?.pull(gradient),
    pushStarts: (dp) => {
      const du0 = starts?.push(dp).slice();
      return parts.map((part) => du0?.subarray(...part) ?? null);
    },
  };
}

/** Where the starts of each group begin and end in a list of all of them. */
function partsOf(observed: readonly Observations[]): (readonly [number, number])[] {
  let end = 0;
  return observed.map(({ u0 }) => [end, (end += u0.length)] as const);
}

/** With further callbacks, and without the states that events save besides those at the times. */
function savingTimesOnly({ callback = [], ...solver }: SolveOptions, more: SolveOptions["callback"] = []): SolveOptions {
  const all = [callback, more].flat();
  return all.length === 0 ? solver : { ...solver, callback: all.map((one) => ({ ...one, save: "none" })) };
}

/** Which of a group's trajectories fails, and why: alone, as the components of a batch are not those of the model. */
function failureOf({ model, algorithm, first = 0 }: SolvesOptions, solver: SolveOptions, { members, u0, tspan, times }: Observations, p: Float64Array): string | undefined {
  for (const [k, member] of members.entries()) {
    const { retcode, message } = solve(odeProblem(model, u0.subarray(k * model.dim, (k + 1) * model.dim), tspan, p), algorithm, { ...solver, saveAt: times });
    if (retcode !== "success") return `Trajectory ${first + member}: ${message}`;
  }
  return undefined;
}
