// Loaded by each thread of a training.
import { makeModel, type ModelConfig, type Trajectory, type TrajectoryLossOptions } from "@fluxion/train";
import type { TrainConfig } from "./config.ts";
import { lossPlugins } from "./loss-plugins.ts";

/** What the loss of one model is made from: all of it can be sent to a thread. */
export interface TrainingLossData {
  readonly config: TrainConfig;
  readonly model: ModelConfig;
  readonly trajectories: readonly Trajectory[];
}

/** The loss of a training, over the first stage's intervals. */
export const loss = ({ config, model, trajectories }: TrainingLossData): TrajectoryLossOptions => ({
  ...lossPlugins(config, (_entry, make) => make()),
  model: makeModel(model, { backend: config.backend }),
  trajectories,
  intervals: config.curriculum[0].intervals,
});
