import type { OdeSolution } from "@fluxion/ode-core";

/** What absolute tolerances of an adjoint solve are to be multiplied by. */
export interface GradientScales {
  /** Those of lambda, `[n]`. */
  readonly states: Float64Array;
  /** Those of the gradient by the parameters, `[m]`, made anew. */
  parameters(): Float64Array;
}

/**
 * Numbers up to 1, less where a state or parameter x is large: with the loss of the size L = max |uBar_i u_i|, its derivative by x is of the size L / |x|, which may be small
 * beside the largest entry of `uBar`, here about 1. There is no more than 1 for a small x, which may be so by accident.
 */
export function gradientScales(solution: OdeSolution, uBar: readonly Float64Array[]): GradientScales {
  const sizes = stateSizes(solution);
  let loss = 0;
  for (const x of uBar) for (let j = 0; j < sizes.length; j++) loss = Math.max(loss, Math.abs(x[j]) * sizes[j]);
  const scale = (x: number): number => (loss > 0 ? Math.min(1, loss / Math.abs(x)) : 1);
  return { states: sizes.map(scale), parameters: () => solution.problem.p.map(scale) };
}

/** One list after another: of any length, where arguments of a call are not. */
export function joined(a: Float64Array, b: Float64Array): Float64Array {
  const both = new Float64Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** The largest |u_i| of those saved and the initial one, `[n]`. */
export function stateSizes({ problem: { u0 }, u }: OdeSolution): Float64Array {
  const sizes = u0.map(Math.abs);
  for (const x of u) for (let j = 0; j < sizes.length; j++) sizes[j] = Math.max(sizes[j], Math.abs(x[j]));
  return sizes;
}
