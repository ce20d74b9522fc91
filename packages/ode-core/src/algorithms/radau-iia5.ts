import type { Algorithm } from "../algorithm.ts";
import { option, readOptions, type OptionSpec } from "../config.ts";
import { RadauStepper } from "../radau-stepper.ts";

/** Options of {@link radauIIA5}. */
export interface RadauIIA5Options {
  /** Where Newton's iteration stops, as a part of the tolerances; earlier at tolerances below the square of it. Default 0.03. */
  readonly newtonTolerance?: number | undefined;
}

const specs: { readonly newtonTolerance: OptionSpec<number> } = { newtonTolerance: option.positive(0.03) };

/**
 * Radau IIA with three stages as the code RADAU5 has it: order 5, L-stable and stiffly accurate, for stiff problems at any
 * tolerance and the choice among them below 1e-6, also with a mass matrix, singular ones included. The Jacobian and its
 * factors, of a real and a complex matrix (counted as one), are kept while Newton's iteration converges fast; an iteration
 * takes three evaluations, a step two to four of them and one more. Dense output of order 3, the collocation polynomial.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Hairer, Wanner, Solving Ordinary Differential Equations II (1996), section IV.8.
 */
export function radauIIA5(options: RadauIIA5Options = {}): Algorithm {
  const { newtonTolerance } = readOptions("radauIIA5", options, specs);
  return { name: "radauIIA5", order: 5, massMatrix: true, stepper: (f, n, context) => new RadauStepper(f, n, context, newtonTolerance) };
}
