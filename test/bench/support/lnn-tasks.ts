// The tasks by this library, one function each.
import { meanSquaredError, type DynamicsModel } from "@fluxion/nn-core";
import { rk4, type EvaluationTape, type VectorField } from "@fluxion/ode-core";
import { discreteAdjoint } from "@fluxion/sensitivity";
import { derivativeLoss, trajectoryLoss, type TrajectoryLossOptions } from "@fluxion/train";
import { rolloutStep, rolloutSteps, type LnnCase, type LnnResult, type LnnTask } from "./lagrangian-network.ts";

/** A task ready to be timed. */
interface PreparedTask {
  /** Runs the whole task once. */
  run(): void;
  /** What the last run gave. */
  result(): LnnResult;
}

/** Views on the `count` rows of a matrix. */
const rows = (matrix: Float64Array, count: number): Float64Array[] =>
  Array.from({ length: count }, (_, k) => matrix.subarray((k * matrix.length) / count, ((k + 1) * matrix.length) / count));

/** Euclidean. */
const norm = (x: Float64Array): number => Math.sqrt(x.reduce((squares, one) => squares + one * one, 0));

/** A value with a parameter gradient. */
export const resultOf = (value: number, gradient: Float64Array): LnnResult => ({ value, gradientNorm: norm(gradient), gradientAlong: gradient.reduce((s, one, k) => s + Math.cos(k) * one, 0) });

/** The field of `count` copies. */
const copies = (model: DynamicsModel, count: number): VectorField => (count === 1 ? model : model.batch!(count));

function rightHandSides(model: DynamicsModel, { parameters, states, count }: LnnCase): PreparedTask {
  const bound = copies(model, count).bind(parameters);
  const out = new Float64Array(4 * count);
  return { run: () => bound.rhs(0, states, out), result: () => resultOf(norm(out), new Float64Array(0)) };
}

/** Right-hand side and product of each state, both of which are of use. */
function vectorJacobianProducts(model: DynamicsModel, { parameters, states, others, count }: LnnCase): PreparedTask {
  const [out, outU] = [new Float64Array(4 * count), new Float64Array(4 * count)];
  const tape: EvaluationTape = copies(model, count).bind(parameters).tape!();
  const run = (): void => {
    tape.rewind();
    tape.push(0, states, out);
    tape.vjp(0, others, outU);
  };
  return {
    run,
    result: () => {
      const gradient = new Float64Array(parameters.length);
      tape.clearGradient();
      run();
      tape.addGradient(gradient);
      return resultOf(norm(out), gradient);
    },
  };
}

function accelerationGradient(model: DynamicsModel, { parameters, states, others, count }: LnnCase): PreparedTask {
  const targets = rows(others, count);
  // The velocities are what they are: only accelerations differ from their targets.
  const samples = rows(states, count).map((u, k) => ({ u, du: Float64Array.of(u[2], u[3], ...targets[k]) }));
  const evaluate = derivativeLoss({ model, samples, loss: meanSquaredError() });
  let last = evaluate(parameters);
  return {
    run: () => {
      last = evaluate(parameters);
    },
    // The mean over states, where the loss is one over entries.
    result: () => resultOf(4 * last.loss, last.gradient.map((one) => 4 * one)),
  };
}

/** The mean square error of the trajectories. */
export function rolloutOptions(model: DynamicsModel, { states, others, count }: LnnCase): TrajectoryLossOptions {
  const t = Float64Array.from({ length: rolloutSteps + 1 }, (_, step) => step * rolloutStep);
  const targets = rows(others, count);
  const trajectories = rows(states, count).map((u0, k) => ({ t, u: [u0, ...rows(targets[k], rolloutSteps)] }));
  return { model, trajectories, loss: meanSquaredError(), algorithm: rk4(), solver: { dt: rolloutStep }, sensealg: discreteAdjoint() };
}

function rolloutGradient(model: DynamicsModel, data: LnnCase): PreparedTask {
  const evaluate = trajectoryLoss(rolloutOptions(model, data));
  let last = evaluate(data.parameters);
  return {
    run: () => {
      last = evaluate(data.parameters);
    },
    result: () => resultOf(last.loss, last.gradient),
  };
}

/** Each task by name. */
export const lnnTasks: Readonly<Record<LnnTask, (model: DynamicsModel, data: LnnCase) => PreparedTask>> = {
  rhs: rightHandSides,
  "rhs+vjp": vectorJacobianProducts,
  acceleration: accelerationGradient,
  rollout: rolloutGradient,
};
