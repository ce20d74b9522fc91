import { seededRandom } from "@fluxion/nn-core";
import { assertKnown, OdeError, shown } from "@fluxion/ode-core";
import type { OwnLossValue } from "./loss-value.ts";

/** Options of {@link minibatches}. */
export interface MinibatchOptions {
  /** Draws the orders: a whole number from 0 to 2^32 - 1. Default 1. */
  readonly seed?: number | undefined;
}

/** A loss as `fit` evaluates it: at `p[m]`, told the stage's intervals and the number of the step, from 0. */
export type StepLoss = (p: Float64Array, intervals: number, step: number) => OwnLossValue;

/**
 * One of several losses at each step of `fit`, those of parts of the data: each once in as many steps as there are losses, in an order that is drawn anew each time. Steps are then cheaper and their
 * gradients noisy: let the learning rate end near 0. An order depends on the seed and the number of the step alone, so that a resumed `fit` goes on as if it had not stopped.
 *
 * @returns A function for option `evaluate` of `fit`.
 * @throws OdeError `INVALID_ARGUMENT` without losses or for a wrong seed, `INVALID_OPTION` for an unknown option, and from the function without the number of the step, which `lbfgs` does not tell: it needs the loss of all data.
 */
export function minibatches(losses: readonly StepLoss[], options: MinibatchOptions = {}): StepLoss {
  if (!Array.isArray(losses) || losses.length === 0 || losses.some((one) => typeof one !== "function")) {
    throw new OdeError("INVALID_ARGUMENT", `Cannot take minibatches as their losses must be a list of at least one function of the parameters: current value is ${shown(losses)}`);
  }
  assertKnown("take minibatches", options, ["seed"] satisfies (keyof MinibatchOptions)[]);
  const { seed = 1 } = options;
  let order = shuffled(losses.length, seed);
  let round = 0;
  return (p, intervals, step) => {
    if (!(Number.isInteger(step) && step >= 0)) throw new OdeError("INVALID_ARGUMENT", `Cannot take a minibatch as the number of the step must be known, which fit tells: current value is ${shown(step)}`);
    const current = Math.floor(step / losses.length);
    if (current !== round) {
      order = shuffled(losses.length, (seed + current) % 2 ** 32);
      round = current;
    }
    return losses[order[step % losses.length]](p, intervals, step);
  };
}

/** 0 to `n - 1` in a random order. */
function shuffled(n: number, seed: number): number[] {
  const { uniform } = seededRandom(seed);
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(uniform(0, i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
