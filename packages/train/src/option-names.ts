import { assertKnown } from "@fluxion/ode-core";
import type { LossFit, TrainingOptions, TrajectoryFit } from "./fit.ts";
import type { TrajectoryLossOptions } from "./trajectory-loss.ts";

const names: Readonly<Record<keyof (TrainingOptions & TrajectoryFit & LossFit & TrajectoryLossOptions), true>> = {
  model: true, trajectories: true, initialState: true, loss: true, algorithm: true, solver: true, sensealg: true, intervals: true, first: true, sigma: true, observe: true,
  evaluate: true, optimizer: true, stages: true, clipNorm: true, start: true, resume: true, signal: true, onProgress: true, onPause: true,
};

/** Throws `INVALID_OPTION` for what is an option neither of `fit` nor of `trajectoryLoss`: those of the one may be handed on to the other as they are. */
export function assertTrainingOptions(act: string, options: object): void {
  assertKnown(act, options, Object.keys(names));
}
