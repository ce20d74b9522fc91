// The tasks of the Lagrangian network by this library, one function each.
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
export const norm = (x: Float64Array): number => Math.sqrt(x.reduce((squares, one) => squares + one * one, 0));

/** The model's parameters: its last bias has no effect. */
export const withBias = (parameters: Float64Array): Float64Array => Float64Array.of(...parameters, 0);

/** The field of `count` copies. */
const copies = (model: DynamicsModel, count: number): VectorField => (count === 1 ? model : model.batch!(count));

function rightHandSides(model: DynamicsModel, { parameters, states, count }: LnnCase): PreparedTask {
  const bound = copies(model, count).bind(withBias(parameters));
  const out = new Float64Array(4 * count);
  return { run: () => bound.rhs(0, states, out), result: () => ({ value: norm(out), gradientNorm: 0 }) };
}

/** Right-hand side and product of each state, both of which are of use. */
function vectorJacobianProducts(model: DynamicsModel, data: LnnCase): PreparedTask {
  return productsOf(model, withBias(data.parameters), data);
}

/** The same for any model of four states. */
export function productsOf(model: DynamicsModel, p: Float64Array, { states, others, count }: Pick<LnnCase, "states" | "others" | "count">): PreparedTask {
  const [out, outU] = [new Float64Array(4 * count), new Float64Array(4 * count)];
  const tape: EvaluationTape = copies(model, count).bind(p).tape!();
  const run = (): void => {
    tape.rewind();
    tape.push(0, states, out);
    tape.vjp(0, others, outU);
  };
  return {
    run,
    result: () => {
      const gradient = new Float64Array(p.length);
      tape.clearGradient();
      run();
      tape.addGradient(gradient);
      return { value: norm(out), gradientNorm: norm(gradient) };
    },
  };
}

function accelerationGradient(model: DynamicsModel, { parameters, states, others, count }: LnnCase): PreparedTask {
  const targets = rows(others, count);
  // The velocities are what they are: only accelerations differ from their targets.
  const samples = rows(states, count).map((u, k) => ({ u, du: Float64Array.of(u[2], u[3], ...targets[k]) }));
  const evaluate = derivativeLoss({ model, samples, loss: meanSquaredError() });
  const p = withBias(parameters);
  let last = evaluate(p);
  return {
    run: () => {
      last = evaluate(p);
    },
    // The mean over states, where the loss is one over entries.
    result: () => ({ value: 4 * last.loss, gradientNorm: 4 * norm(last.gradient) }),
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
  const p = withBias(data.parameters);
  let last = evaluate(p);
  return {
    run: () => {
      last = evaluate(p);
    },
    result: () => ({ value: last.loss, gradientNorm: norm(last.gradient) }),
  };
}

/** Each task by name. */
export const lnnTasks: Readonly<Record<LnnTask, (model: DynamicsModel, data: LnnCase) => PreparedTask>> = {
  rhs: rightHandSides,
  "rhs+vjp": vectorJacobianProducts,
  acceleration: accelerationGradient,
  rollout: rolloutGradient,
};
