import { assertLength, OdeError, shown } from "@fluxion/ode-core";

/** The loss and its gradient at some parameters. */
export interface LossValue {
  /** Mean penalty of residuals over `sigma` over all observed entries at compared times of all trajectories, or what else it is the loss of; infinite when a solve failed, or loss or gradient are not finite. */
  readonly loss: number;
  /** By the parameters, `[m]`; zero when the loss is infinite. Overwritten by the next evaluation. */
  readonly gradient: Float64Array;
  /** Right-hand sides of the forward solves. */
  readonly rhsEvaluations: number;
  /** Why the loss is infinite; empty otherwise. */
  readonly message: string;
}

/** What a loss function of your own returns: any {@link LossValue}, or less. */
export interface OwnLossValue {
  /** Not finite where there is none. */
  readonly loss: number;
  /** By the parameters, `[m]`. It is copied: it may be the same array each time, or the parameters themselves. */
  readonly gradient: ArrayLike<number>;
  /** Default 0. */
  readonly rhsEvaluations?: number | undefined;
  /** Why there is no finite loss. Default: empty. */
  readonly message?: string | undefined;
}

/**
 * Throws `INVALID_ARGUMENT` or `SHAPE_MISMATCH` unless a loss function returned a loss with its gradient `[m]`.
 *
 * @param what - The function, for messages.
 */
export function assertLoss(act: string, what: string, value: OwnLossValue, m: number): void {
  const { loss, gradient, rhsEvaluations = 0 } = (value ?? {}) as Partial<OwnLossValue>;
  if (typeof loss !== "number" || typeof gradient !== "object" || gradient?.length === undefined || !(rhsEvaluations >= 0)) {
    const found = value instanceof Promise ? "a promise, for which it does not wait" : `${shown(value)}; loss ${shown(loss)}, gradient ${shown(gradient)}, rhsEvaluations ${shown(rhsEvaluations)}`;
    throw new OdeError("INVALID_ARGUMENT", `Cannot ${act} as ${what} must return { loss, gradient } with a gradient of ${m} numbers, and perhaps rhsEvaluations and message: it returned ${found}`);
  }
  assertLength(`the gradient of ${what}`, gradient, m);
}
