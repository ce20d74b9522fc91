import { assertKnown, OdeError } from "@fluxion/ode-core";
import { isMissing } from "./observations.ts";
import { trajectorySolves, type MatchingOptions, type SolvedGroup } from "./trajectory-solves.ts";

/** How a model is solved and compared with data, residual by residual. */
export type TrajectoryResidualsOptions = MatchingOptions;

/** Residuals and their derivatives at some parameters. */
export interface Residuals {
  /** `[N]`. Not finite where there are none. */
  readonly residuals: Float64Array;
  /** The derivatives of each residual by the parameters, one residual after another: `[N * m]`, that of residual i by parameter j at `i * m + j`. */
  readonly jacobian: Float64Array;
  /** Why there are no finite residuals, or derivatives of them; empty or left out otherwise. */
  readonly message?: string | undefined;
}

const names: Readonly<Record<keyof TrajectoryResidualsOptions, true>> = {
  model: true, trajectories: true, algorithm: true, solver: true, sensealg: true, intervals: true, initialState: true, sigma: true, observe: true,
};

/**
 * Trajectory matching for `leastSquares`: what `trajectoryLoss` makes a mean of, entry by entry, with the derivatives of each. Residuals are `(u - observed) / sigma` of the
 * observed entries at compared times, trajectory by trajectory, time by time, component by component. Over long motions there are many minima: fit a few `intervals` first.
 *
 * @returns A function of the parameters `p[m]`, which makes new arrays at each call. It costs one linearised solve per trajectory and `m` times its `push`, which of `forwardSensitivity` costs
 * no evaluation and of `finiteDifference` two solves. Residuals are infinite, with a message, when a solve failed.
 * @throws OdeError `MISSING_CAPABILITY` for a sensitivity algorithm without `push`; `INVALID_OPTION` for an unknown option, a wrong `sigma` or an `initialState` that is no function;
 * `SHAPE_MISMATCH`, `NON_FINITE`, `INVALID_ARGUMENT` and `INVALID_TRACE` where `trajectoryLoss` throws them.
 */
export function trajectoryResiduals(options: TrajectoryResidualsOptions): (p: Float64Array) => Required<Residuals> {
  assertKnown("match trajectories", options, Object.keys(names));
  const { model, sensealg } = options;
  if (!sensealg?.providesPush) {
    throw new OdeError("MISSING_CAPABILITY", `Cannot match trajectories residual by residual as option "sensealg" must have push, as forwardSensitivity() and finiteDifference() have: "${sensealg?.name}" has none`);
  }
  const solves = trajectorySolves(options, false);
  const { observable } = solves;
  const groups = solves.groups.map((group) => ({ ...group, observed: observedEntries(group) }));
  const m = model.paramCount;
  const units = Array.from({ length: m }, (_, j) => new Float64Array(m).fill(1, j, j + 1));

  return (p) => {
    const residuals = new Float64Array(solves.entries);
    const jacobian = new Float64Array(solves.entries * m);
    const failed = (message: string): Required<Residuals> => ({ residuals: residuals.fill(Infinity), jacobian, message });
    const noStart = solves.start(p);
    if (noStart !== undefined) return failed(noStart);
    const startChanges = units.map((dp) => solves.pushStarts(dp));
    let row = 0;
    for (const [k, group] of groups.entries()) {
      const { solution, push } = solves.linearize(group, p);
      if (solution.retcode !== "success") return failed(solves.failureOf(group, p, solution.message));
      const saved = { times: group.times, u: solution.u, p };
      const values = observable.values(saved);
      const undefinedIn = solves.undefinedIn(group, values);
      if (undefinedIn !== undefined) return failed(undefinedIn);
      const failure = solves.differentiate(group, () => {
        for (let j = 0; j < m; j++) {
          const change = observable.push(saved, push!(units[j], startChanges[j][k]), units[j]);
          group.observed.forEach(([time, i], at) => (jacobian[(row + at) * m + j] = change[time][i] / group.sigma[time * observable.width + i]));
        }
      });
      if (failure !== undefined) return failed(failure);
      for (const [time, i] of group.observed) residuals[row++] = (values[time][i] - group.states[time][i]) / group.sigma[time * observable.width + i];
    }
    return { residuals, jacobian, message: "" };
  };
}

/** Which entries of which times are observed. */
const observedEntries = ({ states }: SolvedGroup): (readonly [time: number, component: number])[] =>
  states.flatMap((state, k) => [...state.keys()].filter((i) => !isMissing(state[i])).map((i) => [k, i] as const));
