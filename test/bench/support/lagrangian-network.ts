// The Lagrangian network of the benchmarks against other programs, what is computed with it, and every number that goes in.
import { add, concat, dot, eulerLagrange, matmul, reshape, slice, softplus, tracedField, type BackendName, type Tensor } from "@fluxion/autodiff";
import type { VectorField } from "@fluxion/ode-core";

/** Names the network in results. */
export const lnnModel = "lagrangian 4-H-H-1 softplus";

/**
 * What is computed over `count` states or trajectories: right-hand sides, the same with their vector-Jacobian products, the gradient of
 * the mean over the states of the squared error of the accelerations, the gradient of the mean square error of trajectories by RK4.
 */
export type LnnTask = "rhs" | "rhs+vjp" | "acceleration" | "rollout";

/** The trajectories go over [0, 1] in steps of this length, and count after each. */
export const rolloutStep = 0.01;
export const rolloutSteps = 100;

/** A task with its numbers. */
export interface LnnCase {
  readonly task: LnnTask;
  readonly H: number;
  readonly count: number;
  /** W1[H][4], b1[H], W2[H][H], b2[H], w3[H]. */
  readonly parameters: Float64Array;
  /** `[count][4]` */
  readonly states: Float64Array;
  /** Nothing, cotangents `[count][4]`, targets `[count][2]`, targets `[count][100][4]`. */
  readonly others: Float64Array;
}

/** What a task gives, by which programs are compared: the norm of all right-hand sides or the loss, and the norm of the parameter gradient. */
export interface LnnResult {
  readonly value: number;
  readonly gradientNorm: number;
}

const parameterCount = (H: number): number => 4 * H + H + H * H + H + H;

// The phase is square as the weights would have rank 2 otherwise, and the mass matrix be nearly singular.
const parameters = (H: number): Float64Array =>
  Float64Array.from({ length: parameterCount(H) }, (_, i) => (Math.sin(0.3 * i * i) * 1.5) / Math.sqrt(i < 5 * H ? 4 : H) + (i >= parameterCount(H) - H ? 1 : 0));

const others: Readonly<Record<LnnTask, (k: number) => readonly number[]>> = {
  rhs: () => [],
  "rhs+vjp": (k) => [0, 1, 2, 3].map((i) => Math.cos(0.4 * k + i)),
  acceleration: (k) => [0, 1].map((i) => Math.cos(1.1 * k + 2 * i)),
  rollout: (k) => Array.from({ length: rolloutSteps }, (_, step) => [0, 1, 2, 3].map((i) => 0.5 * Math.cos(0.3 * k + 2 * rolloutStep * (step + 1) + i))).flat(),
};

/** The numbers of a task, from formulas. */
export function lnnCase(task: LnnTask, H: number, count: number): LnnCase {
  const each = (of: (k: number) => readonly number[]): Float64Array => Float64Array.from(Array.from({ length: count }, (_, k) => of(k)).flat());
  return { task, H, count, parameters: parameters(H), states: each((k) => [0, 1, 2, 3].map((i) => 0.3 * Math.sin(1 + 1.3 * k + 0.7 * i))), others: each(others[task]) };
}

/** All numbers of a task as other programs read them from standard input. */
export const lnnInput = ({ parameters: p, states, others: rest }: LnnCase): Buffer => Buffer.from(Float64Array.of(...p, ...states, ...rest).buffer);

/** The network as a vector field of this library. */
export function lagrangianNetwork(H: number, backend: BackendName): VectorField {
  const lagrangian = (x: Tensor, p: Tensor): Tensor => {
    let from = 0;
    const take = (...shape: number[]): Tensor => {
      const size = shape.reduce((n, s) => n * s, 1);
      from += size;
      return reshape(slice(p, from - size, from), shape);
    };
    const [W1, b1, W2, b2, w3] = [take(H, 4), take(H), take(H, H), take(H), take(H)];
    return dot(w3, softplus(add(matmul(W2, softplus(add(matmul(W1, x), b1))), b2)));
  };
  return tracedField((_t, u, p) => {
    const v = slice(u, 2, 4);
    return concat([v, eulerLagrange((q, w) => lagrangian(concat([q, w]), p))(slice(u, 0, 2), v)]);
  }, { dim: 4, paramCount: parameterCount(H), backend });
}

/** @throws Error when two programs do not compute the same to a relative `tolerance`. */
export function assertSameResult(what: string, got: LnnResult, want: LnnResult, tolerance = 1e-9): void {
  for (const key of ["value", "gradientNorm"] as const) {
    if (!(Math.abs(got[key] - want[key]) <= tolerance * Math.abs(want[key]))) {
      throw new Error(`Cannot compare times of ${what} as ${key} must agree to ${tolerance}: ${got[key]} and ${want[key]}`);
    }
  }
}
