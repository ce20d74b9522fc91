export { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
export { derivativeLoss, type DerivativeLossOptions, type DerivativeSample } from "./derivative-loss.ts";
export { energyDriftPercent, median, rollout, rolloutError } from "./evaluate-model.ts";
export { fit, type FitOptions, type FitProgress, type FitResult, type FitState, type Stage } from "./fit.ts";
export { decodeModel, decodeModelDescription, encodeModel, makeModel, type ModelConfig, type PluginConfig, type TrainedModel } from "./model-file.ts";
export { models } from "./models.ts";
export { decodeSafetensors, encodeSafetensors, type SafetensorsArray, type SafetensorsFile } from "./safetensors.ts";
export { formatTrajectoryCsv, parseTrajectoryCsv, type Trajectory, type TrajectoryCsvOptions } from "./trajectory-csv.ts";
export { trajectoryLoss, type LossValue, type TrajectoryLossOptions } from "./trajectory-loss.ts";
