import type { Algorithm } from "./algorithm.ts";
import type { OdeProblem } from "./problem.ts";
import { scaledNorm, type ErrorScale } from "./scaled-norm.ts";
import type { BoundField } from "./vector-field.ts";

/** What the first step is chosen from. */
export interface InitialStepContext extends ErrorScale {
  /** Where to begin and where to go. */
  readonly problem: Pick<OdeProblem, "u0" | "tspan">;
  readonly f: BoundField;
  readonly order: number;
  readonly dtmax: number;
}

/**
 * Chooses the length of the first step, > 0, by two evaluations of the right-hand side; NaN when `f(t0, u0)` is not finite.
 * Writes `f(t0, u0)` into `slope[n]`.
 */
export type InitialStep = (context: InitialStepContext, slope: Float64Array) => number;

/** Evaluations of the right-hand side per call of an {@link InitialStep}. */
export const initialStepCost = 2;

/**
 * The length of a first step such that an Euler step of it would be of about 1 % of the tolerance's size, in the root mean square. An order of 1, with
 * which the rule of the book would take the square of a length, counts as 2.
 *
 * @source Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), section II.4.
 */
export function initialStep(context: InitialStepContext, slope: Float64Array): number {
  return choose(context, slope, 1, 1e-10);
}

/**
 * {@link initialStep} with sums of squares instead of means, as the codes DOPRI5 and DOP853 do it.
 *
 * @source Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), appendix.
 */
export function euclideanInitialStep(context: InitialStepContext, slope: Float64Array): number {
  return choose(context, slope, context.problem.u0.length, 1e-5);
}

/** The length of a first step of `algorithm` from `u` at the start of `tspan`, by its own {@link InitialStep} if it has one. */
export function firstStep({ order, startOrder, initialStep: own = initialStep }: Algorithm, f: BoundField, tspan: readonly [number, number], u0: Float64Array, { abstol, abstols, reltol, norm, dtmax }: Omit<InitialStepContext, "problem" | "f" | "order">, slope: Float64Array): number {
  // The error of a step of the lowest order, which no earlier steps support, is one power higher.
  return own({ problem: { u0, tspan }, f, order: startOrder === undefined ? order : startOrder + 1, abstol, abstols, reltol, norm, dtmax }, slope);
}

/** `weight` times the mean of squares is the square of the norm, unless that is the user's; norms up to `tiny` tell nothing. */
function choose(context: InitialStepContext, f0: Float64Array, weight: number, tiny: number): number {
  const { problem: { u0, tspan }, f, order, dtmax } = context;
  const [t0, t1] = tspan;
  const n = u0.length;
  const longest = Math.min(dtmax, Math.abs(t1 - t0));
  const u1 = new Float64Array(n);
  const factor = context.norm ? 1 : Math.sqrt(weight);
  const norm = (x: Float64Array): number => {
    u1.set(x);
    return factor * scaledNorm(u1, u0, u0, context);
  };
  const f1 = new Float64Array(n);
  f.rhs(t0, u0, f0);
  for (let i = 0; i < n; i++) if (!Number.isFinite(f0[i])) return NaN;
  const d0 = norm(u0);
  const d1 = norm(f0);
  const guess = d0 <= tiny || d1 <= tiny ? 1e-6 : (0.01 * d0) / d1;
  const h0 = Math.min(guess > 0 ? guess : 1e-6, longest);
  const h = t1 < t0 ? -h0 : h0;
  for (let i = 0; i < n; i++) u1[i] = u0[i] + h * f0[i];
  f.rhs(t0 + h, u1, f1);
  for (let i = 0; i < n; i++) f1[i] -= f0[i];
  const d2 = norm(f1) / h0;
  const steepest = Math.max(d1, d2);
  // The Euler step left the domain of f, or a component that rests at 0 has no scale yet: begin with less than it.
  if (!Number.isFinite(steepest)) return h0 / 10;
  const h1 = steepest <= 1e-15 ? Math.max(1e-6, h0 * 1e-3) : (0.01 / steepest) ** (1 / Math.max(2, order));
  return Math.min(100 * h0, h1, longest);
}
