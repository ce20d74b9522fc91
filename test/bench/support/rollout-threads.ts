// Built to JavaScript beside rollout-loss.js, as threads do not load TypeScript.
import { trajectoryLossThreads } from "@fluxion/threads";
import { trajectoryLoss } from "@fluxion/train";
import { lnnCase, type LnnResult } from "./lagrangian-network.ts";
import { resultOf } from "./lnn-tasks.ts";
import { loss } from "./rollout-loss.ts";

/** Gradients of rollouts, ready to be timed. */
export interface ThreadedRollouts {
  /** Computes one and says what it is. */
  run(): LnnResult;
  close(): Promise<void>;
}

/** The rollouts of `count` trajectories by a network of width H on so many threads. One thread is `trajectoryLoss`. */
export async function threadedRollouts(H: number, count: number, threads: number): Promise<ThreadedRollouts> {
  const { parameters } = lnnCase("rollout", H, count);
  const evaluate =
    threads === 1
      ? Object.assign(trajectoryLoss(loss({ H, count })), { close: () => Promise.resolve() })
      : await trajectoryLossThreads(new URL("./rollout-loss.js", import.meta.url), { threads, data: { H, count } });
  return {
    run: () => {
      const value = evaluate(parameters);
      return resultOf(value.loss, value.gradient);
    },
    close: () => evaluate.close(),
  };
}
