import { assertFinite, assertLength, OdeError, optionsForOtherState, shown, type VectorField } from "@fluxion/ode-core";
import { tiles } from "./tiles.ts";
import type { MatchingOptions } from "./trajectory-solves.ts";
import type { Trajectory } from "./trajectory.ts";

/** States observed at equal times on one or several trajectories, to be solved for together. */
export interface Observations {
  /** The model, or its batch of `count` copies. */
  readonly field: VectorField;
  readonly count: number;
  /** Which trajectories these are. */
  readonly members: readonly number[];
  /** `[count * n]`, one trajectory after another. What was observed first, and no more than room where starts are given. */
  readonly u0: Float64Array;
  readonly tspan: readonly [number, number];
  /** Those with something to compare. Without the first, where the solve starts, unless starts are given. */
  readonly times: Float64Array;
  /** What was observed then, of one trajectory after another. */
  readonly states: readonly Float64Array[];
  /** Standard deviations of the states, these one after another. */
  readonly sigma: Float64Array;
  /** Places of missing entries in the states one after another, where they hold NaN. */
  readonly missing: readonly number[];
}

/** What decides on which entries are compared. */
export type ComparedOptions = Pick<MatchingOptions, "trajectories" | "intervals" | "initialState" | "observe">;

/** More trajectories at once would keep more than the caches of most processors hold. */
const tileSize = 2;

/**
 * The observed states, with trajectories that share their times in batches where that changes nothing but the speed: in
 * steps of a fixed size, and where the sensitivity algorithm replays these steps.
 *
 * @param sigma - The standard deviation of each component of what was observed, unless a trajectory has its own.
 * @param mayBatch - False to have each alone, in their order.
 * @throws OdeError `SHAPE_MISMATCH` when states or their standard deviations have another length, `NON_FINITE` when states are infinite, `INVALID_ARGUMENT` for wrong standard deviations.
 */
export function observations(options: MatchingOptions, sigma: Float64Array, mayBatch: boolean): Observations[] {
  const { model, trajectories, algorithm, solver = {}, sensealg } = options;
  const fixed = solver.adaptive === false || (algorithm.tableau !== undefined && !algorithm.tableau.bError);
  const suitsBatches = Object.keys(optionsForOtherState(solver)).length === Object.keys(solver).length;
  const together = mayBatch && model.batch !== undefined && fixed && suitsBatches && sensealg.requiresTableau === true;
  const groups = new Map<string, Member[]>();
  trajectories.forEach((trajectory, i) => {
    trajectory.u.forEach((state, k) => {
      assertLength(`state ${k} of trajectory ${i}`, state, sigma.length);
      assertObserved(`state ${k} of trajectory ${i}`, state);
    });
    if (trajectory.sigma) requireSigma(trajectory, trajectory.sigma, i);
    const own = cutOf(trajectory, i, options, sigma);
    const key = together && trajectory.callback === undefined ? `${own.t0} ${own.times.join()}` : String(i);
    const group = groups.get(key);
    if (group) group.push(own);
    else groups.set(key, [own]);
  });
  return [...groups.values()].flatMap((group) => tiles(group, tileSize).map((tile) => observed(options, tile)));
}

/**
 * @throws OdeError `INVALID_ARGUMENT` without trajectories, where there is no interval or entry to compare, or where times go forwards and
 * backwards; `SHAPE_MISMATCH` when a trajectory has not one state for each time; `NON_FINITE`, for missing entries at a start that must be observed, too.
 */
export function requireTrajectories(options: ComparedOptions): void {
  const { trajectories, intervals = Infinity, initialState, observe } = options;
  const list: unknown = trajectories;
  if (!Array.isArray(list)) throw new OdeError("INVALID_ARGUMENT", `Cannot match trajectories as they must be a list: current value is ${String(list)}`);
  if (trajectories.length === 0) throw new OdeError("INVALID_ARGUMENT", "Cannot match trajectories as there must be at least one: got none");
  if (!(intervals >= 1) || !(Number.isInteger(intervals) || intervals === Infinity)) {
    throw new OdeError("INVALID_ARGUMENT", `Cannot match trajectories as intervals must be a whole number >= 1: current value is ${intervals}`);
  }
  for (const [name, f, signature] of [["initialState", initialState, "(p, trajectory)"], ["observe", observe, "(t, u, p)"]] as const) {
    if (f !== undefined && typeof f !== "function") throw new OdeError("INVALID_OPTION", `Cannot match trajectories as option "${name}" must be a function ${signature}: current value is ${shown(f)}`);
  }
  if (observe && !initialState) throw new OdeError("INVALID_OPTION", 'Cannot match trajectories as option "observe" needs option "initialState": what was observed first is no state to start at');
  trajectories.forEach((trajectory, i) => {
    const { t, u } = trajectory;
    if (t.length < 2) throw new OdeError("INVALID_ARGUMENT", `Cannot match trajectories as each must have at least 2 times: trajectory ${i} has ${t.length}`);
    if (u.length !== t.length) throw new OdeError("SHAPE_MISMATCH", `Cannot match trajectories as each must have a state for each of its times: trajectory ${i} has ${t.length} times and ${u.length} states`);
    assertFinite(`t of trajectory ${i}`, t);
    const direction = Math.sign(t.find((time) => time !== t[0])! - t[0]);
    const turn = t.findIndex((time, k) => k > 0 && (time - t[k - 1]) * direction < 0);
    if (turn > 0) throw new OdeError("INVALID_ARGUMENT", `Cannot match trajectories as times must go one way: trajectory ${i} has ${t[turn - 1]} and then ${t[turn]}`);
    if (!initialState && u[0].some(isMissing)) {
      throw new OdeError("NON_FINITE", `Cannot match trajectories as each must start at a state that was observed as a whole, or at what option "initialState" makes of the parameters: u[0] of trajectory ${i} is ${shown(u[0])}`);
    }
    if (comparedEntries(trajectory, { intervals }) === 0) {
      throw new OdeError("INVALID_ARGUMENT", `Cannot match trajectories as each must have an observed entry after its start${intervals < t.length - 1 ? ` in the first ${intervals} intervals` : ""}: trajectory ${i} has none`);
    }
  });
}

/** @throws OdeError `SHAPE_MISMATCH` for standard deviations of another shape than the states, `INVALID_ARGUMENT` for those of observed entries that are not positive and finite. */
function requireSigma({ u }: Trajectory, sigma: readonly Float64Array[], i: number): void {
  if (sigma.length !== u.length) throw new OdeError("SHAPE_MISMATCH", `Cannot match trajectories as sigma must have an entry for each of their states: trajectory ${i} has ${u.length} states and ${sigma.length}`);
  sigma.forEach((row, k) => {
    assertLength(`sigma[${k}] of trajectory ${i}`, row, u[k].length);
    const wrong = row.findIndex((x, j) => !isMissing(u[k][j]) && !(x > 0 && x < Infinity));
    if (wrong >= 0) throw new OdeError("INVALID_ARGUMENT", `Cannot match trajectories as standard deviations of what was observed must be finite and > 0: sigma[${k}][${wrong}] of trajectory ${i} is ${row[wrong]}`);
  });
}

/** How many times of a trajectory the solve is carried on to. */
export const comparedTimes = ({ t }: Trajectory, intervals: number): number => Math.min(intervals, t.length - 1);

/** How many entries of a trajectory are compared: the observed ones, without those of the first time where the solve starts at these. */
export function comparedEntries(trajectory: Trajectory, { intervals = Infinity, initialState }: Omit<ComparedOptions, "trajectories">): number {
  const states = trajectory.u.slice(initialState ? 0 : 1, comparedTimes(trajectory, intervals) + 1);
  return states.reduce((sum, state) => sum + state.reduce((count, x) => count + (isMissing(x) ? 0 : 1), 0), 0);
}

/** Whether an entry of an observed state is none. */
export const isMissing = (entry: number): boolean => Number.isNaN(entry);

/** Throws `NON_FINITE` naming the first entry that is neither finite nor missing. */
export function assertObserved(what: string, state: Float64Array): void {
  assertFinite(what, state.some(isMissing) ? state.map((x) => (isMissing(x) ? 0 : x)) : state);
}

/** One of the trajectories: its start, and what it is compared with. */
interface Member extends Pick<Observations, "times" | "states"> {
  readonly sigma: readonly Float64Array[];
  readonly index: number;
  readonly t0: number;
  readonly start: Float64Array;
}

function cutOf(trajectory: Trajectory, index: number, { intervals = Infinity, initialState }: ComparedOptions, sigma: Float64Array): Member {
  const { t, u } = trajectory;
  const last = comparedTimes(trajectory, intervals);
  const rows = Array.from(u.keys()).filter((k) => k >= (initialState ? 0 : 1) && k <= last && !u[k].every(isMissing));
  return { index, t0: t[0], start: u[0], times: Float64Array.from(rows, (k) => t[k]), states: rows.map((k) => u[k]), sigma: rows.map((k) => trajectory.sigma?.[k] ?? sigma) };
}

function observed({ model, initialState }: MatchingOptions, group: readonly Member[]): Observations {
  const count = group.length;
  const [{ t0, times }] = group;
  const rowsOf = (of: "states" | "sigma"): Float64Array[] => Array.from(times, (_, k) => Float64Array.from(group.flatMap((one) => [...one[of][k]])));
  const states = rowsOf("states");
  const missing = states.flatMap((state, k) => [...state.keys()].filter((i) => isMissing(state[i])).map((i) => k * state.length + i));
  const sigma = Float64Array.from(rowsOf("sigma").flatMap((row) => [...row]));
  for (const i of missing) sigma[i] = 1;
  return {
    field: count === 1 ? model : model.batch!(count),
    count,
    members: group.map(({ index }) => index),
    u0: initialState ? new Float64Array(count * model.dim) : Float64Array.from(group.flatMap(({ start }) => [...start])),
    tspan: [t0, times[times.length - 1]],
    times,
    states,
    sigma,
    missing,
  };
}
