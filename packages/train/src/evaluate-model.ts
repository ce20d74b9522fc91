import { odeProblem, OdeError, shown, solve, tsit5, type OdeSolution, type VectorField } from "@fluxion/ode-core";
import { isMissing } from "./observations.ts";
import type { Trajectory } from "./trajectory.ts";

/** Tolerances that keep the solver's own error far below the model's. */
const evaluation = { reltol: 1e-9, abstol: 1e-9, maxIters: 1_000_000 };

/**
 * Solves a field from the first state of `truth` and saves at its times, by Tsit5 at tolerance 1e-9. Check `retcode`: a
 * model that blows up returns the part it reached. Of the states only the first is read: `{ t, u: [start] }` starts where a fit with `initialState` found it.
 *
 * @throws OdeError `NON_FINITE` when entries of the first state are missing.
 */
export function rollout(field: VectorField, p: Float64Array, { t, u }: Trajectory): OdeSolution {
  requireStart("roll out", u[0]);
  return solve(odeProblem(field, u[0], [t[0], t[t.length - 1]], p), tsit5(), { ...evaluation, saveAt: t });
}

/**
 * Mean squared error over the times up to `until` (counted from the first) and all observed entries of the states; infinite when predicted states are missing.
 * The first state, which is given, counts with its error of 0: the loss of `trajectoryLoss` leaves it out.
 *
 * @throws OdeError `INVALID_ARGUMENT` when `until` is negative, or nothing was observed up to it.
 */
export function rolloutError(predicted: readonly Float64Array[], { t, u }: Trajectory, until: number): number {
  if (!(until >= 0)) throw new OdeError("INVALID_ARGUMENT", `Cannot compare a rollout as until must not be negative: current value is ${until}`);
  const count = t.findIndex((time) => Math.abs(time - t[0]) > until * (1 + 1e-12));
  const compared = count < 0 ? t.length : count;
  if (predicted.length < compared) return Infinity;
  let [total, entries] = [0, 0];
  for (let k = 0; k < compared; k++) {
    for (let i = 0; i < u[k].length; i++) {
      if (isMissing(u[k][i])) continue;
      total += (predicted[k][i] - u[k][i]) ** 2;
      entries++;
    }
  }
  if (entries === 0) throw new OdeError("INVALID_ARGUMENT", `Cannot compare a rollout as some entry up to ${until} after the first time must have been observed: none was`);
  return total / entries;
}

/**
 * Mean absolute deviation of the true energy along a predicted motion, in percent of what the motion has to spend:
 * `100 mean_k |E(u_k) - E(u_0)| / (E(u_0) - minEnergy)`; infinite when predicted states are missing.
 * Of the true states only the first is read.
 *
 * @throws OdeError `NON_FINITE` when entries of it are missing.
 */
export function energyDriftPercent(predicted: readonly Float64Array[], truth: Trajectory, energy: (u: Float64Array) => number, minEnergy: number): number {
  requireStart("compare energies", truth.u[0]);
  if (predicted.length < truth.t.length) return Infinity;
  const start = energy(truth.u[0]);
  const deviation = predicted.reduce((sum, u) => sum + Math.abs(energy(u) - start), 0) / predicted.length;
  return deviation === 0 ? 0 : (100 * deviation) / (start - minEnergy);
}

function requireStart(act: string, state: Float64Array): void {
  if (state.some(isMissing)) throw new OdeError("NON_FINITE", `Cannot ${act} as the first state must be known as a whole: u[0] is ${shown(state)}`);
}

/** The middle value, or the mean of the middle two; NaN when one is. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new OdeError("INVALID_ARGUMENT", "Cannot take the median as there must be at least one value: got none");
  if (values.some(Number.isNaN)) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
