export { ensembleThreads, type EnsembleThreadsOptions } from "./ensemble-threads.ts";
export type { EnsembleJob } from "./ensemble-job.ts";
export { trajectoryLossThreads, type ThreadedLoss, type TrajectoryLossThreadsOptions } from "./trajectory-loss-threads.ts";
