// The Lagrangian network of the benchmarks against other programs, what is computed with it and its like, and every number that goes in.
import type { TargetOptions } from "@fluxion/autodiff";
import { lagrangianNN } from "@fluxion/lnn";
import { mlp, type DynamicsModel } from "@fluxion/nn-core";

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
  /** W1[H][4], b1[H], W2[H][H], b2[H], W3[outputs][H], b3[outputs]. */
  readonly parameters: Float64Array;
  /** `[count][4]` */
  readonly states: Float64Array;
  /** Nothing, cotangents `[count][4]`, targets `[count][2]`, targets `[count][100][4]`. */
  readonly others: Float64Array;
}

/** What a task gives, by which programs are compared. */
export interface LnnResult {
  /** The norm of all right-hand sides, or the loss. */
  readonly value: number;
  readonly gradientNorm: number;
  /** The parameter gradient along the direction cos k, which knows signs and order. */
  readonly gradientAlong: number;
}

// The phase is square as the weights would have rank 2 otherwise, and the mass matrix be nearly singular. The last weights of an energy are
// about 1, which makes it convex on the whole.
function parameters(H: number, outputs: number): Float64Array {
  const last = 5 * H + H * H + H;
  return Float64Array.from({ length: last + outputs * (H + 1) }, (_, i) => (Math.sin(0.3 * i * i) * 1.5) / Math.sqrt(i < 5 * H ? 4 : H) + (outputs === 1 && i >= last ? 1 : 0));
}

const others: Readonly<Record<LnnTask, (k: number) => readonly number[]>> = {
  rhs: () => [],
  "rhs+vjp": (k) => [0, 1, 2, 3].map((i) => Math.cos(0.4 * k + i)),
  acceleration: (k) => [0, 1].map((i) => Math.cos(1.1 * k + 2 * i)),
  rollout: (k) => Array.from({ length: rolloutSteps }, (_, step) => [0, 1, 2, 3].map((i) => 0.5 * Math.cos(0.3 * k + 2 * rolloutStep * (step + 1) + i))).flat(),
};

/** The numbers of a task, from formulas. With one output the network is an energy. */
export function lnnCase(task: LnnTask, H: number, count: number, outputs = 1): LnnCase {
  const each = (of: (k: number) => readonly number[]): Float64Array => Float64Array.from(Array.from({ length: count }, (_, k) => of(k)).flat());
  return { task, H, count, parameters: parameters(H, outputs), states: each((k) => [0, 1, 2, 3].map((i) => 0.3 * Math.sin(1 + 1.3 * k + 0.7 * i))), others: each(others[task]) };
}

/** All numbers of a task as other programs read them from standard input. */
export const lnnInput = ({ parameters: p, states, others: rest }: LnnCase): Buffer => Buffer.from(Float64Array.of(...p, ...states, ...rest).buffer);

/** The network as a model of this library. */
export const lagrangianNetwork = (H: number, target: TargetOptions = {}): DynamicsModel =>
  lagrangianNN({ coordinates: 2, network: mlp({ hidden: [H, H], activation: "softplus" }), massOffset: 0, ...target });

/** @throws Error when two programs do not compute the same to a relative `tolerance`. */
export function assertSameResult(what: string, got: LnnResult, want: LnnResult, tolerance = 1e-9): void {
  for (const [key, size] of [["value", want.value], ["gradientNorm", want.gradientNorm], ["gradientAlong", want.gradientNorm]] as const) {
    if (!(Math.abs(got[key] - want[key]) <= tolerance * Math.abs(size))) {
      throw new Error(`Cannot compare times of ${what} as ${key} must agree to ${tolerance}: ${got[key]} and ${want[key]}`);
    }
  }
}
