export { ensembleThreads, type EnsembleThreadsOptions } from "./ensemble-threads.ts";
export type { EnsembleJob } from "./ensemble-job.ts";
