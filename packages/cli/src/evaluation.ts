import type { DynamicsModel } from "@fluxion/nn-core";
import { energyDriftPercent, median, rollout, rolloutError, type Trajectory } from "@fluxion/train";
import type { MechanicalSystem } from "@fluxion/systems";

/** A motion over time, with the true energy of each state where the system is known. */
export interface Motion {
  readonly t: readonly number[];
  readonly u: readonly (readonly number[])[];
  readonly energy?: readonly number[];
}

/** How good a trained model is. */
export interface Evaluation {
  readonly mse: { readonly to1: number; readonly to10: number; readonly to30: number };
  /** By the true energy, where the system is known. */
  readonly energyDriftPercent?: number;
  readonly heldOutMedian: number;
  readonly motion: Motion;
}

/** States as rows, with their energies in a known system. */
export const motionOf = (t: ArrayLike<number>, u: readonly Float64Array[], system: MechanicalSystem | undefined): Motion => ({
  t: Array.from(t),
  u: u.map((state) => [...state]),
  ...(system ? { energy: u.map((state) => system.energy(state)) } : {}),
});

/** Rolls the model out from the evaluation trajectory's start and from all held-out ones. */
export function evaluateModel(
  model: DynamicsModel,
  p: Float64Array,
  { data, system }: { readonly data: { readonly evaluate: Trajectory; readonly heldOut: readonly Trajectory[] }; readonly system: MechanicalSystem | undefined },
): Evaluation {
  const { t, u } = rollout(model, p, data.evaluate);
  const error = (until: number): number => rolloutError(u, data.evaluate, until);
  return {
    mse: { to1: error(1), to10: error(10), to30: error(30) },
    ...(system ? { energyDriftPercent: energyDriftPercent(u, data.evaluate, (state) => system.energy(state), system.minEnergy) } : {}),
    heldOutMedian: median(data.heldOut.map((truth) => rolloutError(rollout(model, p, truth).u, truth, 10))),
    motion: motionOf(t, u, system),
  };
}
