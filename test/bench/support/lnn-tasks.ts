// The tasks of the Lagrangian network by this library, one function each.
import { linearize, odeProblem, rk4, type VectorField } from "@fluxion/ode-core";
import { discreteAdjoint } from "@fluxion/sensitivity";
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

const norm = (x: Float64Array): number => Math.sqrt(x.reduce((squares, one) => squares + one * one, 0));

function rightHandSides(field: VectorField, { parameters, states, count }: LnnCase): PreparedTask {
  const bound = field.bind(parameters);
  const out = new Float64Array(4 * count);
  const [x, outs] = [rows(states, count), rows(out, count)];
  return {
    run: () => {
      for (let k = 0; k < count; k++) bound.rhs(0, x[k], outs[k]);
    },
    result: () => ({ value: norm(out), gradientNorm: 0 }),
  };
}

/** The kernel of the product computes the right-hand sides that it needs. */
function vectorJacobianProducts(field: VectorField, data: LnnCase): PreparedTask {
  const { parameters, states, others, count } = data;
  const bound = field.bind(parameters);
  const outU = new Float64Array(4);
  const [x, w] = [rows(states, count), rows(others, count)];
  const sums = bound.gradientBuffer!();
  const run = (): void => {
    for (let k = 0; k < count; k++) bound.vjp!(0, x[k], w[k], outU, sums);
  };
  return {
    run,
    result: () => {
      const sides = rightHandSides(field, data);
      sides.run();
      sums.fill(0);
      run();
      return { value: sides.result().value, gradientNorm: norm(sums) };
    },
  };
}

function accelerationGradient(field: VectorField, { parameters, states, others, count }: LnnCase): PreparedTask {
  const [x, targets] = [rows(states, count), rows(others, count)];
  const [out, outU, cotangent] = [new Float64Array(4), new Float64Array(4), new Float64Array(4)];
  let loss = 0;
  let gradient = new Float64Array(0);
  return {
    run: () => {
      const bound = field.bind(parameters);
      const sums = bound.gradientBuffer!();
      loss = 0;
      for (let k = 0; k < count; k++) {
        bound.rhs(0, x[k], out);
        for (let i = 0; i < 2; i++) {
          const error = out[2 + i] - targets[k][i];
          loss += (error * error) / count;
          cotangent[2 + i] = (2 * error) / count;
        }
        bound.vjp!(0, x[k], cotangent, outU, sums);
      }
      gradient = sums.slice();
    },
    result: () => ({ value: loss, gradientNorm: norm(gradient) }),
  };
}

function rolloutGradient(field: VectorField, { parameters, states, others, count }: LnnCase): PreparedTask {
  const saveAt = Array.from({ length: rolloutSteps }, (_, step) => (step + 1) * rolloutStep);
  const [u0, targets] = [rows(states, count), rows(others, count).map((all) => rows(all, rolloutSteps))];
  const scale = 1 / (count * rolloutSteps * 4);
  const sensealg = discreteAdjoint();
  let loss = 0;
  const gradient = new Float64Array(parameters.length);
  return {
    run: () => {
      loss = 0;
      gradient.fill(0);
      for (let k = 0; k < count; k++) {
        const { solution, pull } = linearize(odeProblem(field, u0[k], [0, 1], parameters), rk4(), { dt: rolloutStep, saveAt, sensealg });
        const uBar = solution.u.map((u, step) =>
          u.map((x, i) => {
            const error = x - targets[k][step][i];
            loss += scale * error * error;
            return 2 * scale * error;
          }),
        );
        const { dp } = pull(uBar);
        for (let i = 0; i < gradient.length; i++) gradient[i] += dp[i];
      }
    },
    result: () => ({ value: loss, gradientNorm: norm(gradient) }),
  };
}

/** Each task by name. */
export const lnnTasks: Readonly<Record<LnnTask, (field: VectorField, data: LnnCase) => PreparedTask>> = {
  rhs: rightHandSides,
  "rhs+vjp": vectorJacobianProducts,
  acceleration: accelerationGradient,
  rollout: rolloutGradient,
};
