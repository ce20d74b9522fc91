// Runs in a worker thread: starts those that compute a loss, and hears when one ends, while the main thread sleeps until all have answered.
import { parentPort, Worker, workerData } from "node:worker_threads";
import { OdeError } from "@fluxion/ode-core";
import type { LossSetting, Readiness, ShardSetting } from "./evaluate-shard.ts";
import { LossBoard } from "./loss-board.ts";
import { threadFile } from "./thread-file.ts";
import { packError } from "./wire-error.ts";

const setting = workerData as LossSetting;
const { size, memory } = setting;
const board = new LossBoard(size, memory);
const tell = (readiness: Readiness): void => parentPort!.postMessage(readiness); // oxlint-disable-line unicorn/require-post-message-target-origin

function start(thread: number): Promise<Readiness> {
  return new Promise((resolve) => {
    const worker = new Worker(threadFile("evaluate-shard"), { workerData: { ...setting, thread } satisfies ShardSetting });
    let reason: string | undefined;
    worker.once("message", resolve);
    worker.once("error", (error: unknown) => {
      reason = String(error);
      resolve(packError(error));
    });
    worker.once("exit", (code) => {
      const error = new OdeError("SOLVE_FAILED", `Cannot go on computing the loss as all its threads must: one ended with ${reason ?? `exit code ${code}`}`);
      board.end(thread, error);
      resolve(packError(error));
    });
  });
}

// The first one that is not ready is told at once, as another one may take for ever.
const all = await Promise.all(Array.from({ length: size.threads }, async (_, thread) => {
  const readiness = await start(thread);
  if (readiness) tell(readiness);
  return readiness;
}));
if (all.every((one) => one === null)) tell(null);
