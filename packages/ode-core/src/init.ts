import { requireAlgorithm, type Algorithm } from "./algorithm.ts";
import { OdeError } from "./errors.ts";
import { Integrator } from "./integrator.ts";
import { requireProblem, type OdeProblem } from "./problem.ts";
import type { SolveOptions } from "./solution.ts";
import { requireCapabilities } from "./vector-field.ts";

/**
 * Prepares a solve to be stepped by hand: `solve` is `init`, `step` until done, `solution`.
 * Throws what `solve` throws.
 */
export function init(problem: OdeProblem, algorithm: Algorithm, options: SolveOptions & { readonly sensealg?: never } = {}): Integrator {
  requireProblem(problem);
  requireAlgorithm("solve", "algorithm", algorithm);
  const { name, structure } = algorithm;
  const { f } = problem;
  requireCapabilities(`algorithm "${name}"`, algorithm.requires, f);
  if (structure !== undefined && f.structure !== structure) {
    throw new OdeError("MISSING_CAPABILITY", `Cannot use algorithm "${name}" as the vector field must have structure "${structure}": its structure is ${f.structure === undefined ? "not declared" : `"${f.structure}"`}`);
  }
  if (problem.massMatrix && !algorithm.massMatrix) {
    throw new OdeError("MISSING_CAPABILITY", `Cannot use algorithm "${name}" as the problem has a mass matrix: it solves du/dt = f only`);
  }
  return new Integrator(problem, algorithm, options);
}
