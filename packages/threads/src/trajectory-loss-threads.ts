import { Worker } from "node:worker_threads";
import { assertLength, OdeError, option, readOptions } from "@fluxion/ode-core";
import type { LossValue } from "@fluxion/train";
import type { LossSetting, Readiness } from "./evaluate-shard.ts";
import { answerBy, LossBoard, type Answer } from "./loss-board.ts";
import { callSpecs } from "./module-call.ts";
import { loadLoss, shardEvaluator } from "./shard-evaluator.ts";
import { sendingData, threadFile } from "./thread-file.ts";
import { unpackError } from "./wire-error.ts";

/** Options of {@link trajectoryLossThreads}. */
export interface TrajectoryLossThreadsOptions {
  /** How many threads compute, this one among them. Part of the result, by rounding. */
  readonly threads: number;
  /** The export of the module that makes the options of the loss. Default `"loss"`. */
  readonly name?: string | undefined;
  /** Its argument, a copy in each other thread: anything that `structuredClone` takes. Default `null`. */
  readonly data?: unknown;
  /** Closes the loss once aborted, and rejects the promise with the signal's reason if that is still open. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** A trajectory loss with threads of its own. */
export interface ThreadedLoss {
  /**
   * The loss and its gradient at `p[m]`, as `trajectoryLoss` gives them. Returns when all threads are done, so it takes the
   * place of that function everywhere.
   *
   * @param intervals - Compare only so many sampling intervals of each trajectory. Default: those of the module's options.
   * @throws OdeError `SHAPE_MISMATCH` for parameters of another length, `SOLVE_FAILED` when a thread has ended, `INVALID_ARGUMENT`
   * when the loss is closed, and what was thrown in a thread.
   */
  (p: Float64Array, intervals?: number): LossValue;
  /** Ends the threads. They do not keep the process alive, so a program that ends need not close. */
  close(): Promise<void>;
}

const what = "a loss on threads";
const specs = { ...callSpecs("loss"), threads: option.count() };

/**
 * `trajectoryLoss` on several threads of Node.js, each with a part of the trajectories: the same to rounding, and the same bits
 * again for the same number of threads. Functions cannot be sent to a thread, so that the loss stands in a module that each
 * thread loads: its export `name` is a function of `data` that returns `TrajectoryLossOptions` or a promise of them, in each thread the same.
 * A failed solve is a loss that is infinite, as in one thread; all threads' right-hand sides are counted then.
 *
 * Cost: the time of an evaluation is that of the slowest thread, and some 10 us; starting takes some tenths of a second.
 * Each thread, and one that watches over them, takes memory of its own, for the data and the compiled model, too.
 *
 * @param module - URL of the module, as `new URL("./loss.js", import.meta.url)`: JavaScript, as loaders like tsx do not reach threads on every version of Node.js.
 * A bundler makes a file of its own of it, and leaves `@fluxion/threads` external: threads are started from files of the package.
 * @throws OdeError `INVALID_OPTION` for a wrong option, `INVALID_ARGUMENT` for an export that makes no such options; and what the module and `trajectoryLoss` throw.
 */
export async function trajectoryLossThreads(module: URL | string, options: TrajectoryLossThreadsOptions): Promise<ThreadedLoss> {
  const { threads, name, data, signal } = readOptions(what, options, specs);
  signal?.throwIfAborted();
  const call = { module: String(module), name, data };
  const made = await loadLoss(call);
  signal?.throwIfAborted();
  const shards = Math.min(threads, made.trajectories.length);
  const own = shardEvaluator(made, 0, shards);
  const { paramCount: m } = made.model;
  const board = new LossBoard({ m, threads: shards - 1 });
  const team = shards > 1 ? await startTeam({ call, size: { m, threads: shards - 1 }, memory: board.memory }, signal) : undefined;
  const gradient = new Float64Array(m);
  let closed: Promise<void> | undefined;

  const evaluate = (p: Float64Array, intervals = made.intervals ?? Infinity): LossValue => {
    if (closed) throw new OdeError("INVALID_ARGUMENT", "Cannot compute a loss on threads as it must be open: it was closed");
    assertLength("p", p, m);
    board.ask(p, intervals);
    const answers: Answer[] = [answerBy(() => own(p, intervals))];
    // Of all, even after an error: a thread that still computes reads the parameters.
    for (let k = 0; k < shards - 1; k++) answers.push(board.answer(k));
    return sumOf(answers, gradient);
  };
  const close = (): Promise<void> => {
    signal?.removeEventListener("abort", close);
    closed ??= (async () => void (await team?.terminate()))();
    return closed;
  };
  signal?.addEventListener("abort", close);
  return Object.assign(evaluate, { close });
}

/** Starts the threads. @throws what keeps one of them from being ready, or the signal's reason. None is left then. */
async function startTeam(setting: LossSetting, signal: AbortSignal | null): Promise<Worker> {
  const supervisor = sendingData(what, () => new Worker(threadFile("supervise-shards"), { workerData: setting }));
  // Ends the threads that it started, too.
  const abort = (): void => void supervisor.terminate();
  signal?.addEventListener("abort", abort);
  try {
    await new Promise<void>((resolve, reject) => {
      supervisor.once("message", (readiness: Readiness) => (readiness ? reject(unpackError(readiness)) : resolve()));
      supervisor.once("error", reject);
      supervisor.once("exit", () => reject(signal?.reason));
    });
  } catch (error) {
    await supervisor.terminate();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  supervisor.unref();
  return supervisor;
}

/** Adds the parts up in their order: the first failure decides, as in one thread. */
function sumOf(answers: readonly Answer[], gradient: Float64Array): LossValue {
  const rhsEvaluations = answers.reduce((sum, answer) => sum + ("value" in answer ? answer.value.rhsEvaluations : 0), 0);
  let loss = 0;
  gradient.fill(0);
  for (const answer of answers) {
    if ("error" in answer) throw answer.error;
    const { value } = answer;
    if (value.message !== "") {
      gradient.fill(0);
      return { loss: Infinity, gradient, rhsEvaluations, message: value.message };
    }
    loss += value.loss;
    for (let i = 0; i < gradient.length; i++) gradient[i] += value.gradient[i];
  }
  return { loss, gradient, rhsEvaluations, message: "" };
}
