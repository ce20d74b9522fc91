import { assertKnown, isAllFinite, OdeError, shown } from "@fluxion/ode-core";
import { assertLoss, type LossValue } from "./loss-value.ts";
import type { StepLoss } from "./minibatches.ts";

/** A part of a {@link sumOfLosses}. */
export interface LossTerm {
  /** A loss and its gradient at `p[m]`: that of `trajectoryLoss`, `derivativeLoss`, `trajectoryLossThreads`, another `sumOfLosses`, or one of your own, `(p) => ({ loss, gradient })`. It is told the stage's intervals and the number of the step by `fit`, nothing by `lbfgs`. */
  readonly evaluate: StepLoss;
  /** What it is multiplied by, a number >= 0. Default 1. */
  readonly weight?: number | undefined;
}

/**
 * The weighted sum of several losses of the same parameters as one loss, for `fit` and `lbfgs`: accelerations and trajectories, data sets of their own accuracy, a penalty for large parameters.
 * Each loss is a mean of its own: with weights `n_k / n`, for `n_k` of `n` entries, that of `trajectoryLoss` on all data.
 *
 * @returns A function of the parameters `p[m]`, and of what `fit` tells besides, which it hands on. It evaluates the losses in their order, those of weight 0 too, until one is not finite: then it is
 * infinite, and its message begins with that loss' number, counted from 0, as `Loss 1: `. It makes no arrays; right-hand sides are those of all losses.
 * @throws OdeError `INVALID_ARGUMENT` without losses, `INVALID_OPTION` for an unknown or wrong entry; and from the function `INVALID_ARGUMENT` or `SHAPE_MISMATCH` for what is no loss with a gradient `[m]`.
 */
export function sumOfLosses(terms: readonly LossTerm[]): (p: Float64Array, intervals?: number, step?: number) => LossValue {
  const parts = checked(terms);
  let gradient = new Float64Array(0);
  const failed = (rhsEvaluations: number, message: string): LossValue => {
    gradient.fill(0);
    return { loss: Infinity, gradient, rhsEvaluations, message };
  };

  return (p, intervals, step) => {
    if (gradient.length !== p.length) gradient = new Float64Array(p.length);
    gradient.fill(0);
    let [total, evaluations] = [0, 0];
    for (let k = 0; k < parts.length; k++) {
      const { evaluate, weight, name } = parts[k];
      const value = evaluate(p, intervals!, step!);
      assertLoss("sum losses", name, value, p.length);
      const { loss, gradient: own, rhsEvaluations = 0, message = "" } = value;
      evaluations += rhsEvaluations;
      if (!Number.isFinite(loss) || !isAllFinite(own)) return failed(evaluations, `Loss ${k}: ${message || (Number.isFinite(loss) ? "its gradient is not finite" : `it is ${loss}`)}`);
      total += weight * loss;
      for (let i = 0; i < gradient.length; i++) gradient[i] += weight * own[i];
    }
    if (!Number.isFinite(total) || !isAllFinite(gradient)) return failed(evaluations, "The sum of the weighted losses, or its gradient, is not finite");
    return { loss: total, gradient, rhsEvaluations: evaluations, message: "" };
  };
}

/** One that is right, with what errors call it. */
interface Part extends LossTerm {
  readonly weight: number;
  readonly name: string;
}

function checked(terms: readonly LossTerm[]): Part[] {
  if (!Array.isArray(terms) || terms.length === 0) throw new OdeError("INVALID_ARGUMENT", `Cannot sum losses as they must be a list of at least one, [{ evaluate, weight }, ...]: current value is ${shown(terms)}`);
  return terms.map((term: LossTerm, k) => {
    const name = `loss ${k}`;
    assertKnown("sum losses", term, ["evaluate", "weight"] satisfies (keyof LossTerm)[]);
    const { evaluate, weight = 1 } = term;
    const wrong = (entry: string, needed: string, value: unknown): OdeError => new OdeError("INVALID_OPTION", `Cannot sum losses as "${entry}" of ${name} must be ${needed}: current value is ${shown(value)}`);
    if (typeof evaluate !== "function") throw wrong("evaluate", "a function of the parameters", evaluate);
    if (!(Number.isFinite(weight) && weight >= 0)) throw wrong("weight", "a number >= 0", weight);
    return { evaluate, weight, name };
  });
}
