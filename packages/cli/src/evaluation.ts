import type { DynamicsModel } from "@fluxion/nn-core";
import { energyDriftPercent, median, rollout, rolloutError, type Trajectory } from "@fluxion/train";
import type { MechanicalSystem } from "@fluxion/systems";

/** A motion over time, with the true energy of each state where the system is known. */
export interface Motion {
  readonly t: readonly number[];
  readonly u: readonly (readonly number[])[];
  readonly energy?: readonly number[];
}

/** A mean squared error over the first seconds of a recording. */
export interface HorizonError {
  readonly seconds: number;
  readonly error: number;
}

/** How good a trained model is. */
export interface Evaluation {
  /** Over 1, 10 and 30 seconds, and over the whole recording where it is shorter. */
  readonly mse: readonly HorizonError[];
  /** By the true energy, where the system is known. */
  readonly energyDriftPercent?: number;
  /** Over 10 seconds, or the shortest of the recordings. */
  readonly heldOutMedian: HorizonError;
  readonly motion: Motion;
}

/** States as rows, with their energies in a known system. */
export const motionOf = (t: ArrayLike<number>, u: readonly Float64Array[], system: MechanicalSystem | undefined): Motion => ({
  t: Array.from(t),
  u: u.map((state) => [...state]),
  ...(system ? { energy: u.map((state) => system.energy(state)) } : {}),
});

/** Seconds from the first time to the last. */
export const spanOf = ({ t }: Trajectory): number => t[t.length - 1] - t[0];

/** Seconds as they are written. */
export const shortSeconds = (seconds: number): number => Number(seconds.toPrecision(6));

/** Rolls the model out from the evaluation trajectory's start and from all held-out ones. */
export function evaluateModel(
  model: DynamicsModel,
  p: Float64Array,
  { data, system }: { readonly data: { readonly evaluate: Trajectory; readonly heldOut: readonly Trajectory[] }; readonly system: MechanicalSystem | undefined },
): Evaluation {
  const { t, u } = rollout(model, p, data.evaluate);
  const horizons = new Set([1, 10, 30].map((seconds) => Math.min(seconds, spanOf(data.evaluate))));
  const shared = Math.min(10, ...data.heldOut.map(spanOf));
  return {
    mse: [...horizons].map((seconds) => ({ seconds: shortSeconds(seconds), error: rolloutError(u, data.evaluate, seconds) })),
    ...(system ? { energyDriftPercent: energyDriftPercent(u, data.evaluate, (state) => system.energy(state), system.minEnergy) } : {}),
    heldOutMedian: { seconds: shortSeconds(shared), error: median(data.heldOut.map((truth) => rolloutError(rollout(model, p, truth).u, truth, shared))) },
    motion: motionOf(t, u, system),
  };
}
