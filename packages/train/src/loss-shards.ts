import { OdeError } from "@fluxion/ode-core";
import { comparedEntries, comparedTimes, requireTrajectories } from "./observations.ts";
import type { TrajectoryLossOptions } from "./trajectory-loss.ts";

/** A part of a trajectory loss that can be computed alone. */
export interface LossShard {
  /** The loss over the part's trajectories. */
  readonly options: TrajectoryLossOptions;
  /** Weight of the part's mean in that of the whole. All shares sum to one. */
  readonly share: number;
}

/**
 * Cuts a trajectory loss into parts of about equal numbers of compared times, so that the whole is the sum over the parts of
 * `share` times `trajectoryLoss(options)`, but for rounding. Trajectories keep their order, and each part has at least one.
 *
 * @param count - How many parts, if there are as many trajectories.
 * @throws OdeError `INVALID_ARGUMENT` for a bad count, without trajectories, or intervals or entries to compare; `SHAPE_MISMATCH` when one has not a state for each time; `NON_FINITE`
 * for missing entries where a solve starts.
 */
export function lossShards(options: TrajectoryLossOptions, count: number): LossShard[] {
  const { trajectories, intervals = Infinity } = options;
  requireTrajectories(options);
  if (!(Number.isInteger(count) && count >= 1)) throw new OdeError("INVALID_ARGUMENT", `Cannot cut a loss into parts as their number must be a whole one >= 1: current value is ${count}`);
  const times = trajectories.map((one) => comparedTimes(one, intervals));
  const entries = trajectories.map((one) => comparedEntries(one, options));
  const [total, allEntries] = [sum(times), sum(entries)];
  const parts = Math.min(count, trajectories.length);
  let end = 0;
  let before = 0;
  return Array.from({ length: parts }, (_, part) => {
    const first = end;
    const last = part === parts - 1;
    const [goal, latest] = [(total * (part + 1)) / parts, trajectories.length - (parts - 1 - part)];
    let own = times[end++];
    // A trajectory on the border goes where more of it lies.
    while (end < latest && (last || before + own + times[end] / 2 <= goal)) own += times[end++];
    before += own;
    return { options: { ...options, trajectories: trajectories.slice(first, end), first: (options.first ?? 0) + first }, share: sum(entries.slice(first, end)) / allEntries };
  });
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
