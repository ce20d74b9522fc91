import { requireAlgorithm, type Algorithm } from "./algorithm.ts";
import { assertPlugin, isList, OdeError } from "./errors.ts";
import { integrate } from "./integrate.ts";
import { requireProblem, type OdeProblem } from "./problem.ts";
import type { Linearization, SensitivityAlgorithm } from "./sensitivity.ts";
import type { SolveOptions } from "./solution.ts";
import { requireCapabilities } from "./vector-field.ts";

/** Options of a solve that is to be differentiated. */
export interface LinearizeOptions extends SolveOptions {
  /** How to differentiate: a sensitivity algorithm, such as `discreteAdjoint()` of `@fluxion/sensitivity`. */
  readonly sensealg: SensitivityAlgorithm;
}

/**
 * Integrates `problem` in a way that can be differentiated. `u0`, `p` and lists in the options are copied: they may change before `pull`.
 *
 * @returns The solution, and `pull` that turns gradients of a loss by the saved states into gradients by `p` and `u0`;
 * of some sensitivity algorithms also `push` for changes of the saved states by those of `p` and `u0`.
 * @throws OdeError `INVALID_OPTION` without a `sensealg`, `MISSING_CAPABILITY` when the vector field or the solver lacks what `sensealg` needs, and what `solve` throws.
 */
export function linearize(problem: OdeProblem, algorithm: Algorithm, { sensealg, ...options }: LinearizeOptions): Linearization {
  requireProblem(problem);
  requireAlgorithm("linearize", "algorithm", algorithm);
  assertPlugin("INVALID_OPTION", "linearize", 'option "sensealg"', "a sensitivity algorithm such as discreteAdjoint()", sensealg, "linearize");
  requireCapabilities(`sensealg "${sensealg.name}"`, sensealg.requires, problem.f);
  if (sensealg.requiresTableau && !algorithm.tableau) {
    throw new OdeError("MISSING_CAPABILITY", `Cannot use sensealg "${sensealg.name}" as the algorithm must have an explicit Runge-Kutta tableau: "${algorithm.name}" has none`);
  }
  if (sensealg.solvesOtherField && algorithm.structure) {
    throw new OdeError("MISSING_CAPABILITY", `Cannot use sensealg "${sensealg.name}" as the algorithm must solve equations of any structure: "${algorithm.name}" solves "${algorithm.structure}" ones`);
  }
  const { supports = [] } = sensealg;
  if (problem.massMatrix && !supports.includes("massMatrix")) {
    throw new OdeError("MISSING_CAPABILITY", `Cannot use sensealg "${sensealg.name}" as the problem has a mass matrix: it takes none; finiteDifference does`);
  }
  requireCallbacks(sensealg, options);
  // A pull may come after the caller has changed its own arrays, or the times that it was given, and solve once more.
  const own = { ...problem, u0: problem.u0.slice(), p: problem.p.slice() };
  return sensealg.linearize({ problem: own, algorithm, options: withOwnLists(options), solve: integrate });
}

/** Of an array of either kind. */
const copyOf = (list: ArrayLike<number>): ArrayLike<number> => (list as Float64Array).slice();

/** The same with copies of lists, and of nothing else: this is a part of each gradient. */
function withOwnLists(options: SolveOptions): SolveOptions {
  const { saveAt, tstops, reltol, abstol } = options;
  let own = options;
  if (isList(saveAt)) own = { ...own, saveAt: copyOf(saveAt) };
  if (isList(tstops)) own = { ...own, tstops: copyOf(tstops) };
  if (isList(reltol)) own = { ...own, reltol: copyOf(reltol) };
  if (isList(abstol)) own = { ...own, abstol: copyOf(abstol) };
  return own;
}

/** @throws OdeError `MISSING_CAPABILITY` for a callback that `sensealg` cannot differentiate through. */
function requireCallbacks({ name, supports = [] }: SensitivityAlgorithm, { callback }: SolveOptions): void {
  const callbacks = callback === undefined ? [] : [callback].flat();
  if (callbacks.length === 0 || supports.includes("callback")) return;
  const refuse = (why: string): never => {
    throw new OdeError("MISSING_CAPABILITY", `Cannot use sensealg "${name}" as option "callback" is given: ${why}; finiteDifference does`);
  };
  const others = "gaussAdjoint and forwardSensitivity do through those of tracedEvent";
  const presetOnly = !supports.includes("eventDerivatives");
  if (presetOnly && !supports.includes("presetTimeDerivatives")) refuse(`it does not differentiate through events (${others})`);
  callbacks.forEach((one, i) => {
    if (presetOnly && one.kind === "continuous") refuse(`it goes through events at preset times only, and callback ${i} has a condition (${others})`);
    if (one.kind === "discrete") return refuse(`it does not differentiate through discrete ones, such as callback ${i}, which happen at ends of steps`);
    const missing = (["condition", "affect"] as const).filter((part) => part in one && one[part as "affect"] !== undefined && !one.derivatives?.[part]);
    if (missing.length > 0) refuse(`it goes through events that have derivatives, as tracedEvent of @fluxion/autodiff makes them, and callback ${i} has none of its ${missing.join(" and its ")}`);
  });
}
