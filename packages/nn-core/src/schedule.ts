import { option, readOptions } from "@fluxion/ode-core";

/** Learning rate over a stage of training. */
export interface Schedule {
  readonly name: string;
  /** Rate of step `step` of `steps`, counted from 0. */
  rate(step: number, steps: number): number;
}

/** The same rate throughout. */
export function constantRate(options: {
  /** The rate. Default 1e-3. */
  readonly rate?: number | undefined;
} = {}): Schedule {
  const { rate } = readOptions("constantRate", options, { rate: option.positive(1e-3) });
  return { name: "constantRate", rate: () => rate };
}

/** Half a cosine from `peak` down to `peak * final`. @source Loshchilov and Hutter 2017, arXiv 1608.03983, eq. 5 */
export function cosine(options: {
  /** The first rate. Default 1e-3. */
  readonly peak?: number | undefined;
  /** Part of it that the rate falls to, in [0, 1). Default 0. */
  readonly final?: number | undefined;
} = {}): Schedule {
  const { peak, final } = readOptions("cosine", options, { peak: option.positive(1e-3), final: option.fraction(0) });
  return { name: "cosine", rate: (step, steps) => peak * (final + (1 - final) * 0.5 * (1 + Math.cos((Math.PI * step) / steps))) };
}

/** The schedules by name, for configs. */
export const schedules: { readonly constantRate: typeof constantRate; readonly cosine: typeof cosine } = { constantRate, cosine };
