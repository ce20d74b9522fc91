import { Worker } from "node:worker_threads";
import type { TrajectoryResult } from "@fluxion/ode-core";
import type { ModuleCall } from "./module-call.ts";
import type { Part, PartResult } from "./solve-part.ts";
import { sendingData, threadFile } from "./thread-file.ts";
import { unpackError } from "./wire-error.ts";

/** A thread that solves parts of an ensemble, one at a time. */
export class PartThread {
  readonly #worker: Worker;
  /** Rejected with why the thread ended. */
  readonly #ended: Promise<never>;
  #isAlive = true;

  constructor(call: ModuleCall) {
    const worker = sendingData("an ensemble on threads", () => new Worker(threadFile("solve-part"), { workerData: call }));
    this.#worker = worker;
    this.#ended = new Promise((_, reject) => {
      const end = (reason: unknown): void => {
        this.#isAlive = false;
        reject(reason);
      };
      worker.once("error", end);
      // Comes last, and always.
      worker.once("exit", (code) => end(new Error(`Cannot go on as the thread must: process.exit was called, or it was ended, with code ${code}`)));
    });
    this.#ended.catch(() => {});
  }

  /** Whether it takes another part. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** The trajectories of a part. Rejected when there is no such ensemble, and with what ended the thread. */
  async solve<R>(part: Part): Promise<TrajectoryResult<R>[]> {
    const answer = new Promise<PartResult>((resolve) => this.#worker.once("message", resolve));
    this.#worker.postMessage(part); // oxlint-disable-line unicorn/require-post-message-target-origin
    const result = await Promise.race([answer, this.#ended]);
    if ("fault" in result) throw unpackError(result.fault);
    return result.trajectories.map((one) => (one.ok ? { ok: true, value: one.value as R } : { ok: false, error: unpackError(one.error) }));
  }

  /** Ends it. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
