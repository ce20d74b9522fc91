import { assertFinite, assertLength, OdeError, type Algorithm, type SensitivityAlgorithm, type SolveOptions, type VectorField } from "@fluxion/ode-core";
import { tiles } from "./tiles.ts";
import type { Trajectory } from "./trajectory-csv.ts";

/** States observed at equal times on one or several trajectories, to be solved for together. */
export interface Observations {
  /** The model, or its batch of `count` copies. */
  readonly field: VectorField;
  readonly count: number;
  /** Which trajectories these are. */
  readonly members: readonly number[];
  /** `[count * n]`, one trajectory after another; so are the states. */
  readonly u0: Float64Array;
  readonly tspan: readonly [number, number];
  /** Without the first, where the solve starts. */
  readonly times: Float64Array;
  readonly states: readonly Float64Array[];
}

/** More trajectories at once would keep more than the caches of most processors hold. */
const tileSize = 2;

/** What decides on batches. */
export interface ObservationOptions {
  readonly model: VectorField;
  readonly trajectories: readonly Trajectory[];
  readonly algorithm: Algorithm;
  readonly solver: SolveOptions;
  readonly sensealg: SensitivityAlgorithm;
  /** Sampling intervals to compare. */
  readonly intervals: number;
}

/**
 * The observed states, with trajectories that share their times in batches where that changes nothing but the speed: in
 * steps of a fixed size, and where the sensitivity algorithm replays these steps.
 *
 * @throws OdeError `SHAPE_MISMATCH` when states have another length than the model's, or another number than times; `NON_FINITE`;
 * `INVALID_ARGUMENT` without data, or without intervals to compare.
 */
export function observations({ model, trajectories, algorithm, solver, sensealg, intervals }: ObservationOptions): Observations[] {
  requireTrajectories(trajectories, intervals);
  const fixed = solver.adaptive === false || (algorithm.tableau !== undefined && !algorithm.tableau.bError);
  const perState = [solver.abstol, solver.norm, solver.isOutOfDomain].some((option) => typeof option === "object" || typeof option === "function");
  const together = model.batch !== undefined && fixed && !perState && sensealg.requiresTableau === true;
  const groups = new Map<string, Member[]>();
  trajectories.forEach((trajectory, i) => {
    trajectory.u.forEach((state, k) => {
      assertLength(`state ${k} of trajectory ${i}`, state, model.dim);
      assertFinite(`state ${k} of trajectory ${i}`, state);
    });
    const cut = comparedTimes(trajectory, intervals) + 1;
    const own = { t: trajectory.t.slice(0, cut), u: trajectory.u.slice(0, cut), index: i };
    const key = together ? own.t.join() : String(i);
    const group = groups.get(key);
    if (group) group.push(own);
    else groups.set(key, [own]);
  });
  return [...groups.values()].flatMap((group) => tiles(group, tileSize).map((tile) => observed(model, tile)));
}

/**
 * @throws OdeError `INVALID_ARGUMENT` without trajectories, where there is no interval to compare, or where times go forwards and
 * backwards; `SHAPE_MISMATCH` when a trajectory has not one state for each time; `NON_FINITE`.
 */
export function requireTrajectories(trajectories: readonly Trajectory[], intervals: number): void {
  const list: unknown = trajectories;
  if (!Array.isArray(list)) throw new OdeError("INVALID_ARGUMENT", `Cannot match trajectories as they must be a list: current value is ${String(list)}`);
  if (trajectories.length === 0) throw new OdeError("INVALID_ARGUMENT", "Cannot match trajectories as there must be at least one: got none");
  if (!(intervals >= 1) || !(Number.isInteger(intervals) || intervals === Infinity)) {
    throw new OdeError("INVALID_ARGUMENT", `Cannot match trajectories as intervals must be a whole number >= 1: current value is ${intervals}`);
  }
  trajectories.forEach(({ t, u }, i) => {
    if (t.length < 2) throw new OdeError("INVALID_ARGUMENT", `Cannot match trajectories as each must have at least 2 times: trajectory ${i} has ${t.length}`);
    if (u.length !== t.length) throw new OdeError("SHAPE_MISMATCH", `Cannot match trajectories as each must have a state for each of its times: trajectory ${i} has ${t.length} times and ${u.length} states`);
    assertFinite(`t of trajectory ${i}`, t);
    const direction = Math.sign(t.find((time) => time !== t[0])! - t[0]);
    const turn = t.findIndex((time, k) => k > 0 && (time - t[k - 1]) * direction < 0);
    if (turn > 0) throw new OdeError("INVALID_ARGUMENT", `Cannot match trajectories as times must go one way: trajectory ${i} has ${t[turn - 1]} and then ${t[turn]}`);
  });
}

/** How many times of a trajectory are compared: the first one is where its solve starts. */
export const comparedTimes = ({ t }: Trajectory, intervals: number): number => Math.min(intervals, t.length - 1);

/** One of the trajectories, cut, and which. */
type Member = Trajectory & { readonly index: number };

function observed(model: VectorField, group: readonly Member[]): Observations {
  const count = group.length;
  const [{ t }] = group;
  const [u0, ...states] = Array.from(t, (_, k) => Float64Array.from(group.flatMap(({ u }) => [...u[k]])));
  return { field: count === 1 ? model : model.batch!(count), count, members: group.map(({ index }) => index), u0, tspan: [t[0], t[t.length - 1]], times: t.slice(1), states };
}
