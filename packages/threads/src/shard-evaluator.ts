import { lossShards, trajectoryLoss, type LossValue, type TrajectoryLossOptions } from "@fluxion/train";
import { callModule, type ModuleCall } from "./module-call.ts";

/** Makes the call for the options of a loss. */
export const loadLoss = (call: ModuleCall): Promise<TrajectoryLossOptions> =>
  callModule(call, {
    act: "compute a loss on threads",
    returns: "model, trajectories, loss, algorithm and sensealg",
    isMade: ({ model, trajectories, loss, algorithm, sensealg }) => Boolean(model && Array.isArray(trajectories) && loss && algorithm && sensealg),
  });

/**
 * What part `shard` of `shards` adds to a trajectory loss and its gradient, as a function of the parameters `p[m]` and the number
 * of sampling intervals. The loss of one number is kept until another one comes.
 *
 * @throws OdeError what `trajectoryLoss` throws for the options.
 */
export function shardEvaluator(options: TrajectoryLossOptions, shard: number, shards: number): (p: Float64Array, intervals: number) => LossValue {
  const make = (intervals: number): { intervals: number; share: number; evaluate: (p: Float64Array) => LossValue } => {
    const part = lossShards({ ...options, intervals }, shards)[shard];
    return { intervals, share: part.share, evaluate: trajectoryLoss(part.options) };
  };
  let current = make(options.intervals ?? Infinity);
  return (p, intervals) => {
    if (intervals !== current.intervals) current = make(intervals);
    const { evaluate, share } = current;
    const value = evaluate(p);
    const { gradient } = value;
    for (let i = 0; i < gradient.length; i++) gradient[i] *= share;
    return { ...value, loss: share * value.loss };
  };
}
