import { compile, grad, sum } from "@fluxion/autodiff";
import type { DynamicsModel, Loss } from "@fluxion/nn-core";
import { assertLength, linearize, odeProblem, OdeError, type Algorithm, type SensitivityAlgorithm, type SolveOptions } from "@fluxion/ode-core";
import type { Trajectory } from "./trajectory-csv.ts";

/** How a model is solved and compared with data. */
export interface TrajectoryLossOptions {
  readonly model: DynamicsModel;
  /** Observed states; each starts a solve at its own first state. */
  readonly trajectories: readonly Trajectory[];
  readonly loss: Loss;
  readonly algorithm: Algorithm;
  /** `dt`, `reltol`, `abstol`, ... of the solves. */
  readonly solver?: Omit<SolveOptions, "saveAt" | "dense" | "onStep">;
  readonly sensealg: SensitivityAlgorithm;
  /** Compare only the first `intervals` sampling intervals of each trajectory. Default: all. */
  readonly intervals?: number;
}

/** The loss and its gradient at some parameters. */
export interface LossValue {
  /** Mean penalty over trajectories, compared times and state entries; infinite when a solve failed. */
  readonly loss: number;
  /** By the parameters, `[m]`; zero when a solve failed. Overwritten by the next evaluation. */
  readonly gradient: Float64Array;
  /** Right-hand sides of the forward solves. */
  readonly rhsEvaluations: number;
  /** Why the loss is infinite; empty otherwise. */
  readonly message: string;
}

/** Writes the slopes of the summed penalty of a residual `[n]` and returns their sum's value. */
function penaltyKernel({ penalty }: Loss, n: number): (residual: Float64Array, slope: Float64Array) => number {
  const total = (r: Parameters<Loss["penalty"]>[0]): ReturnType<Loss["penalty"]> => sum(penalty(r));
  const kernel = compile((r) => [total(r), grad(total)(r)], [[n]]);
  const value = new Float64Array(1);
  const ins: Float64Array[] = [value];
  const outs: Float64Array[] = [value, value];
  return (residual, slope) => {
    ins[0] = residual;
    outs[1] = slope;
    kernel(ins, outs);
    return value[0];
  };
}

/**
 * Trajectory matching: the loss of the solver's own states against observed ones, and its gradient by the parameters
 * through the solver. Works with any algorithm and sensitivity algorithm.
 *
 * @returns A function of the parameters `p[m]`. One evaluation costs one linearised solve per trajectory.
 * @throws OdeError `SHAPE_MISMATCH` when states have another length than the model's, `INVALID_ARGUMENT` without data.
 */
export function trajectoryLoss(options: TrajectoryLossOptions): (p: Float64Array) => LossValue {
  const { model, trajectories, loss, algorithm, solver = {}, sensealg } = options;
  if (trajectories.length === 0) throw new OdeError("INVALID_ARGUMENT", "Cannot match trajectories as there must be at least one: got none");
  const observed = trajectories.map(({ t, u }) => {
    u.forEach((state) => assertLength("an observed state", state, model.dim));
    const count = Math.min(options.intervals ?? Infinity, t.length - 1) + 1;
    // The first state is where the solve starts: it is not compared.
    return { u0: u[0], tspan: [t[0], t[count - 1]] as const, times: t.slice(1, count), states: u.slice(1, count) };
  });
  const entries = observed.reduce((n, { times }) => n + times.length * model.dim, 0);
  const penalty = penaltyKernel(loss, model.dim);
  const residual = new Float64Array(model.dim);
  const cotangents = Array.from({ length: Math.max(...observed.map(({ times }) => times.length)) }, () => new Float64Array(model.dim));
  const gradient = new Float64Array(model.paramCount);

  return (p) => {
    let total = 0;
    let rhsEvaluations = 0;
    gradient.fill(0);
    for (const { u0, tspan, times, states } of observed) {
      const { solution, pull } = linearize(odeProblem(model, u0, tspan, p), algorithm, { ...solver, saveAt: times, sensealg });
      rhsEvaluations += solution.stats.nf;
      if (solution.retcode !== "success") {
        gradient.fill(0);
        return { loss: Infinity, gradient, rhsEvaluations, message: solution.message };
      }
      for (let k = 0; k < times.length; k++) {
        for (let i = 0; i < model.dim; i++) residual[i] = solution.u[k][i] - states[k][i];
        total += penalty(residual, cotangents[k]);
        for (let i = 0; i < model.dim; i++) cotangents[k][i] /= entries;
      }
      const { dp } = pull(cotangents.slice(0, times.length));
      for (let i = 0; i < dp.length; i++) gradient[i] += dp[i];
    }
    return { loss: total / entries, gradient, rhsEvaluations, message: "" };
  };
}
