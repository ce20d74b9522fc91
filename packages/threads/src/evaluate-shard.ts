// Runs in a worker thread: computes a part of a loss whenever it is asked to.
import { parentPort, workerData } from "node:worker_threads";
import type { LossValue } from "@fluxion/train";
import { answerBy, LossBoard, type BoardSize } from "./loss-board.ts";
import type { ModuleCall } from "./module-call.ts";
import { loadLoss, shardEvaluator } from "./shard-evaluator.ts";
import { packError, type WireError } from "./wire-error.ts";

/** What all threads of a loss are started with. */
export interface LossSetting {
  readonly call: ModuleCall;
  readonly size: BoardSize;
  readonly memory: SharedArrayBuffer;
}

/** What one is started with. */
export interface ShardSetting extends LossSetting {
  /** Its number from 0 on; it computes the part after, as the first one is the main thread's. */
  readonly thread: number;
}

/** Whether a thread is ready: null, or what keeps it from that. */
export type Readiness = WireError | null;

/** Runs the event loop this often, in ms: for output, and for promises that nobody waits for. */
const pauseEvery = 50;

const { call, size, memory, thread } = workerData as ShardSetting;
const tell = (readiness: Readiness): void => parentPort!.postMessage(readiness); // oxlint-disable-line unicorn/require-post-message-target-origin

async function answerQuestions(compute: (p: Float64Array, intervals: number) => LossValue): Promise<never> {
  const board = new LossBoard(size, memory);
  const p = new Float64Array(size.m);
  let question = 0;
  let paused = performance.now();
  for (;;) {
    question = board.nextQuestion(question);
    p.set(board.p);
    board.reply(thread, question, answerBy(() => compute(p, board.intervals)));
    if (performance.now() - paused < pauseEvery) continue;
    await new Promise((resolve) => setImmediate(resolve));
    paused = performance.now();
  }
}

async function prepare(): Promise<((p: Float64Array, intervals: number) => LossValue) | undefined> {
  try {
    return shardEvaluator(await loadLoss(call), thread + 1, size.threads + 1);
  } catch (error) {
    tell(packError(error));
    return undefined;
  }
}

const evaluate = await prepare();
if (evaluate) {
  tell(null);
  await answerQuestions(evaluate);
}
