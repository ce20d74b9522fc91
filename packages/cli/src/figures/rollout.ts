import { colorAt, dashAt, ink } from "./palette.ts";
import type { LegendEntry } from "./render.ts";

/** A motion, by a model or the true one. */
export interface RolloutSeries {
  readonly model: string;
  /** Times in s. */
  readonly t: readonly number[];
  /** States as rows. */
  readonly u: readonly (readonly number[])[];
}

/** A motion with its energies. */
export interface EnergySeries extends RolloutSeries {
  /** Energy of each row in J. */
  readonly energy: readonly number[];
}

/**
 * The range of an axis that shows the truth whole and as much of the models as fits in `room` times the truth's span
 * on either side, so that a model that runs away does not flatten everything else.
 */
export function rangeAround(truth: readonly number[], models: readonly number[], room: number): readonly [number, number] {
  const finite = (values: readonly number[]): readonly number[] => values.filter(Number.isFinite);
  const least = (values: readonly number[], from: number): number => finite(values).reduce((a, b) => Math.min(a, b), from);
  const most = (values: readonly number[], from: number): number => finite(values).reduce((a, b) => Math.max(a, b), from);
  const low = least(truth, Infinity);
  const high = most(truth, -Infinity);
  // A truth that is constant, as a conserved energy is, has its size as its span.
  const span = Math.max(high - low, 0.05 * Math.max(Math.abs(low), Math.abs(high))) || 1;
  const from = Math.max(low - room * span, least(models, low));
  const to = Math.min(high + room * span, most(models, high));
  const pad = to > from ? 0.05 * (to - from) : span;
  return [from - pad, to + pad];
}

/** The legend of a figure of the truth and of models. */
export const legendOf = (truth: RolloutSeries, models: readonly RolloutSeries[]): readonly LegendEntry[] => [
  { label: truth.model, color: ink, width: 4 },
  ...models.map(({ model }, index) => ({ label: model, color: colorAt(index), dash: dashAt(index) })),
];
