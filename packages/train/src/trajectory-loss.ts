import type { Tensor } from "@fluxion/autodiff";
import type { Loss } from "@fluxion/nn-core";
import { linearize, odeProblem, OdeError, solve, type Algorithm, type SensitivityAlgorithm, type SolveOptions, type VectorField } from "@fluxion/ode-core";
import { initialStates, type InitialStates } from "./initial-states.ts";
import { observations, type Observations } from "./observations.ts";
import { assertTrainingOptions } from "./option-names.ts";
import { penaltyKernel, type PenaltyKernel } from "./penalty-kernel.ts";
import type { Trajectory } from "./trajectory.ts";

/** How a model is solved and compared with data. */
export interface TrajectoryLossOptions {
  /** A model, or any vector field with the derivatives that `sensealg` needs. */
  readonly model: VectorField;
  /** Observed states; each starts a solve at its own first state, unless `initialState` gives the start. An entry that is NaN is missing and left out. */
  readonly trajectories: readonly Trajectory[];
  /** The penalty for each residual: `meanSquaredError()`, `meanAbsoluteError()`, `huber()`, or one of your own. */
  readonly loss: Loss;
  /** What solves the model. */
  readonly algorithm: Algorithm;
  /** `dt`, `reltol`, `abstol`, ... of the solves. Default: those of `solve`. */
  readonly solver?: Omit<SolveOptions, "saveAt" | "dense" | "onStep"> | undefined;
  /** How the solves are differentiated. */
  readonly sensealg: SensitivityAlgorithm;
  /** Compare only the first `intervals` sampling intervals of each trajectory. Default: all. */
  readonly intervals?: number | undefined;
  /**
   * The state `u[n]` at the first time of a trajectory, counted from 0, as a traced function of the parameters `p[m]`. The first observed state then is compared like all
   * others, its noise no longer moves the parameters, and it may be missing. Unknown starts are further parameters: `slice(p, m, m + n)` of
   * `tracedField(f, { dim: n, paramCount: m + n })`. Default: the first observed state, as if it were exact.
   */
  readonly initialState?: ((p: Tensor, trajectory: number) => Tensor) | undefined;
  /** Number of the first trajectory in messages and for `initialState`, for a part of a larger loss. Default 0. */
  readonly first?: number | undefined;
}

/** The loss and its gradient at some parameters. */
export interface LossValue {
  /** Mean penalty over all observed entries at compared times of all trajectories; infinite when a solve failed, or loss or gradient are not finite. */
  readonly loss: number;
  /** By the parameters, `[m]`; zero when the loss is infinite. Overwritten by the next evaluation. */
  readonly gradient: Float64Array;
  /** Right-hand sides of the forward solves. */
  readonly rhsEvaluations: number;
  /** Why the loss is infinite; empty otherwise. */
  readonly message: string;
}

/**
 * Trajectory matching: the loss of the solver's own states against observed ones, and its gradient by the parameters
 * through the solver. Works with any algorithm and sensitivity algorithm. Trajectories with equal times are solved for
 * in batches where that changes nothing but the speed: in fixed steps with a sensitivity algorithm that replays them.
 * Noise of a first observed state that starts a solve is an error of every state after it: `initialState` frees the start.
 *
 * @returns A function of the parameters `p[m]`. One evaluation costs one linearised solve per trajectory, which is not carried on beyond the
 * last observed entry, and one of `initialState` with its vector-Jacobian product.
 * @throws OdeError `SHAPE_MISMATCH` when states have another length than the model's, or another number than times, or when the
 * loss has not one penalty for each residual, or `initialState` does not return `n` numbers; `NON_FINITE` for infinite data, and for missing entries of a first state without
 * `initialState`; `INVALID_ARGUMENT` without data, or without intervals or observed entries to compare; `INVALID_OPTION` for an unknown option or an `initialState` that is no
 * function, `INVALID_TRACE` for one that returns no traced array.
 */
export function trajectoryLoss(options: TrajectoryLossOptions): (p: Float64Array) => LossValue {
  assertTrainingOptions("match trajectories", options);
  const { model, loss, algorithm, sensealg, initialState, first = 0 } = options;
  const solver = savingTimesOnly(options.solver ?? {});
  const observed = observations({ ...options, solver });
  const [n, m] = [model.dim, model.paramCount];
  const entries = observed.reduce((sum, { times, count, missing }) => sum + times.length * count * n - missing.length, 0);
  // Those of a group are next to each other.
  const members = observed.flatMap((group) => group.members.map((member) => first + member));
  const starts = initialState && initialStates(initialState, { trajectories: members, n, m });
  const compared = withArrays(observed, loss, entries, starts);
  const gradient = new Float64Array(m);
  const failed = (rhsEvaluations: number, message: string): LossValue => {
    gradient.fill(0);
    return { loss: Infinity, gradient, rhsEvaluations, message };
  };

  return (p) => {
    let total = 0;
    let rhsEvaluations = 0;
    gradient.fill(0);
    starts?.run(p);
    const wrong = starts?.states.findIndex((x) => !Number.isFinite(x)) ?? -1;
    if (wrong >= 0) return failed(0, `Trajectory ${members[Math.floor(wrong / n)]}: entry ${wrong % n} of its initialState is ${starts!.states[wrong]}`);
    for (const group of compared) {
      const { field, count, u0, startSlope, tspan, times, states, missing, penalty, cotangents } = group;
      const { solution, pull } = linearize(odeProblem(field, u0, tspan, p), algorithm, { ...solver, saveAt: times, sensealg });
      rhsEvaluations += count * solution.stats.nf;
      if (solution.retcode !== "success") return failed(rhsEvaluations, failureOf(options, group, p) ?? solution.message);
      subtract(solution.u, states, penalty.residual);
      total += penalty.run(times.length * u0.length, missing);
      try {
        const { dp, du0 } = pull(cotangents);
        for (let i = 0; i < dp.length; i++) gradient[i] += dp[i];
        startSlope?.set(du0);
      } catch (error) {
        if (error instanceof OdeError && error.code === "SOLVE_FAILED") return failed(rhsEvaluations, `Trajectory ${group.members.map((member) => first + member).join(" or ")}: ${error.message}`);
        throw error;
      }
    }
    starts?.pull(gradient);
    if (!Number.isFinite(total)) return failed(rhsEvaluations, "The loss of a finite solution is not finite");
    if (!gradient.every(Number.isFinite)) return failed(rhsEvaluations, "The gradient is not finite: its backward pass overflows, as it does for motions that grow fast");
    return { loss: total / entries, gradient, rhsEvaluations, message: "" };
  };
}

/** A group with what it is compared by. */
interface ComparedGroup extends Observations {
  readonly penalty: PenaltyKernel;
  /** Slopes of the penalties, for each time. */
  readonly cotangents: readonly Float64Array[];
  /** To fill with the gradient by `u0`, where that depends on the parameters. */
  readonly startSlope: Float64Array | undefined;
}

function withArrays(observed: readonly Observations[], loss: Loss, entries: number, starts: InitialStates | undefined): ComparedGroup[] {
  // Trajectories of many lengths share a few kernels.
  const sizeOf = ({ times, u0 }: Observations): number => 2 ** Math.ceil(Math.log2(times.length * u0.length));
  const penalties = new Map([...new Set(observed.map(sizeOf))].map((size) => [size, penaltyKernel(loss, size, entries)]));
  let end = 0;
  return observed.map((group) => {
    const penalty = penalties.get(sizeOf(group))!;
    const length = group.u0.length;
    const own = [end, (end += length)] as const;
    return {
      ...group,
      u0: starts?.states.subarray(...own) ?? group.u0,
      startSlope: starts?.slope.subarray(...own),
      penalty,
      cotangents: Array.from(group.times, (_, k) => penalty.slope.subarray(k * length, (k + 1) * length)),
    };
  });
}

/** Without the states that events save besides those at the times. */
function savingTimesOnly({ callback, ...solver }: SolveOptions): SolveOptions {
  return callback === undefined ? solver : { ...solver, callback: [callback].flat().map((one) => ({ ...one, save: "none" })) };
}

/** Which of a group's trajectories fails, and why: alone, as the components of a batch are not those of the model. */
function failureOf({ model, algorithm, solver = {}, first = 0 }: TrajectoryLossOptions, { members, u0, tspan, times }: Observations, p: Float64Array): string | undefined {
  for (const [k, member] of members.entries()) {
    const { retcode, message } = solve(odeProblem(model, u0.subarray(k * model.dim, (k + 1) * model.dim), tspan, p), algorithm, { ...solver, saveAt: times });
    if (retcode !== "success") return `Trajectory ${first + member}: ${message}`;
  }
  return undefined;
}

/** `out[k n + i] = u[k][i] - v[k][i]`, for rows of `n`. */
function subtract(u: readonly Float64Array[], v: readonly Float64Array[], out: Float64Array): void {
  let at = 0;
  for (let k = 0; k < u.length; k++) {
    const a = u[k], b = v[k];
    for (let i = 0; i < a.length; i++) out[at++] = a[i] - b[i];
  }
}
