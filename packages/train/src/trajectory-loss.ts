import type { Loss } from "@fluxion/nn-core";
import { isAllFinite } from "@fluxion/ode-core";
import type { LossValue } from "./loss-value.ts";
import { assertTrainingOptions } from "./option-names.ts";
import { penaltyKernel, type PenaltyKernel } from "./penalty-kernel.ts";
import { assertPlugins } from "./plugins.ts";
import { trajectorySolves, type MatchingOptions, type SolvedGroup } from "./trajectory-solves.ts";

/** How a model is solved and compared with data by a loss. */
export interface TrajectoryLossOptions extends MatchingOptions {
  /** The penalty for each residual: `meanSquaredError()`, `meanAbsoluteError()`, `huber()`, or one of your own. */
  readonly loss: Loss;
  /** Number of the first trajectory in messages and for `initialState`, for a part of a larger loss. Default 0. */
  readonly first?: number | undefined;
}

/**
 * Trajectory matching: the loss of the solver's own states, or of what `observe` makes of them, against observed ones, and its gradient by the parameters
 * through the solver. Works with any algorithm and sensitivity algorithm. Trajectories with equal times are solved for
 * in batches where that changes nothing but the speed: in fixed steps with a sensitivity algorithm that replays them.
 * Noise of a first observed state that starts a solve is an error of every state after it: `initialState` frees the start.
 *
 * @returns A function of the parameters `p[m]`. One evaluation costs one linearised solve per trajectory, which is not carried on beyond the
 * last observed entry, and one of `initialState` and `observe` with their vector-Jacobian products. Making it compiles the penalty, once for each `loss` object and power of two of compared entries, and
 * `initialState` and `observe`, each time: for batches of data make the `loss` once, and a function for each batch.
 * @throws OdeError `SHAPE_MISMATCH` when observed states have another length than the model's or what `observe` returns, or another number than times, or when the
 * loss has not one penalty for each residual, `initialState` does not return `n` numbers or `observe` a list of some; `NON_FINITE` for infinite data, and for missing entries of a first state without
 * `initialState`; `INVALID_ARGUMENT` without data, or without intervals or observed entries to compare; `INVALID_OPTION` for an unknown option, a wrong `sigma`, an `initialState` or `observe` that is no
 * function, or `observe` without `initialState`; `INVALID_TRACE` for one that returns no traced array.
 */
export function trajectoryLoss(options: TrajectoryLossOptions): (p: Float64Array) => LossValue {
  assertTrainingOptions("match trajectories", options);
  const { model, loss } = options;
  assertPlugins("match trajectories", { loss });
  const solves = trajectorySolves(options, true);
  const compared = withPenalties(solves.groups, loss);
  const gradient = new Float64Array(model.paramCount);
  const failed = (rhsEvaluations: number, message: string): LossValue => {
    gradient.fill(0);
    return { loss: Infinity, gradient, rhsEvaluations, message };
  };

  return (p) => {
    let total = 0;
    let rhsEvaluations = 0;
    gradient.fill(0);
    const noStart = solves.start(p);
    if (noStart !== undefined) return failed(0, noStart);
    for (const group of compared) {
      const { count, startSlope, times, states, sigma, missing, penalty, slopes } = group;
      const { solution, pull } = solves.linearize(group, p);
      rhsEvaluations += count * solution.stats.nf;
      if (solution.retcode !== "success") return failed(rhsEvaluations, solves.failureOf(group, p, solution.message));
      const saved = { times, u: solution.u, p };
      const values = solves.observable.values(saved);
      const undefinedIn = solves.undefinedIn(group, values);
      if (undefinedIn !== undefined) return failed(rhsEvaluations, undefinedIn);
      subtract(values, states, penalty.residual);
      divide(penalty.residual, sigma);
      total += penalty.run(sigma.length, solves.entries, missing);
      divide(penalty.slope, sigma);
      const failure = solves.differentiate(group, () => {
        const cotangent = pull(solves.observable.pull(saved, slopes, gradient));
        for (let i = 0; i < cotangent.dp.length; i++) gradient[i] += cotangent.dp[i];
        startSlope?.set(cotangent.du0);
      });
      if (failure !== undefined) return failed(rhsEvaluations, failure);
    }
    solves.pullStarts(gradient);
    if (!Number.isFinite(total)) return failed(rhsEvaluations, "The loss of a finite solution is not finite");
    if (!isAllFinite(gradient)) return failed(rhsEvaluations, "The gradient is not finite: its backward pass overflows, as it does for motions that grow fast");
    return { loss: total / solves.entries, gradient, rhsEvaluations, message: "" };
  };
}

/** A group with what it is compared by. */
interface ComparedGroup extends SolvedGroup {
  readonly penalty: PenaltyKernel;
  /** Those of the penalties, for each time. */
  readonly slopes: readonly Float64Array[];
}

/** Trajectories of many lengths share a few kernels. */
function withPenalties(groups: readonly SolvedGroup[], loss: Loss): ComparedGroup[] {
  return groups.map((group) => {
    const penalty = penaltyKernel(loss, 2 ** Math.ceil(Math.log2(group.sigma.length)));
    const [{ length }] = group.states;
    return { ...group, penalty, slopes: Array.from(group.times, (_, k) => penalty.slope.subarray(k * length, (k + 1) * length)) };
  });
}

/** Divides the first numbers of `x` by those of `sigma`. */
function divide(x: Float64Array, sigma: Float64Array): void {
  for (let i = 0; i < sigma.length; i++) x[i] /= sigma[i];
}

/** `out[k n + i] = u[k][i] - v[k][i]`, for rows of `n`. */
function subtract(u: readonly Float64Array[], v: readonly Float64Array[], out: Float64Array): void {
  let at = 0;
  for (let k = 0; k < u.length; k++) {
    const a = u[k], b = v[k];
    for (let i = 0; i < a.length; i++) out[at++] = a[i] - b[i];
  }
}
