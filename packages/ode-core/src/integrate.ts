import type { Algorithm } from "./algorithm.ts";
import { defaultController } from "./controller.ts";
import { denseOutput } from "./dense-output.ts";
import { OdeError } from "./errors.ts";
import { initialStep, initialStepCost } from "./initial-step.ts";
import type { OdeProblem } from "./problem.ts";
import { Recorder } from "./recorder.ts";
import type { OdeSolution, SolveOptions } from "./solution.ts";
import { checkSolveOptions } from "./solve-options.ts";
import { adaptiveSteps, fixedSteps, type StepLoopOutcome } from "./step-loop.ts";
import { requireCapabilities } from "./vector-field.ts";

/** Integrates `problem`: `solve` without its `sensealg`, which builds on this. Throws what `solve` throws. */
export function integrate(problem: OdeProblem, algorithm: Algorithm, options: SolveOptions = {}): OdeSolution {
  const { f, p, tspan } = problem;
  const checked = checkSolveOptions(options, problem);
  requireCapabilities(`algorithm "${algorithm.name}"`, algorithm.requires, f);
  requireStructure(algorithm, problem);
  if (problem.massMatrix && !algorithm.massMatrix) {
    throw new OdeError("MISSING_CAPABILITY", `Cannot use algorithm "${algorithm.name}" as the problem has a mass matrix: it solves du/dt = f only`);
  }
  const bound = f.bind(p);
  const stepper = algorithm.stepper(bound, f.dim, { reltol: checked.reltol, abstol: checked.abstol, ...(problem.massMatrix ? { massMatrix: problem.massMatrix } : {}) });
  if (checked.adaptive === true && !stepper.error) {
    throw new OdeError("INVALID_OPTION", `Cannot solve as option "adaptive" must be false: algorithm "${algorithm.name}" has no error estimate`);
  }
  const adaptive = stepper.error !== undefined && checked.adaptive !== false;
  if (!adaptive && checked.dt === undefined) {
    throw new OdeError("INVALID_OPTION", `Cannot solve as option "dt" is required: algorithm "${algorithm.name}" takes fixed steps here`);
  }
  const recorder = new Recorder(problem, checked.times, checked.dense);
  let outcome: StepLoopOutcome = { retcode: "success", message: "", naccept: 0, nreject: 0 };
  let extra = 0;
  if (tspan[0] !== tspan[1]) {
    let dt = checked.dt;
    if (dt === undefined) {
      const slope = new Float64Array(f.dim);
      dt = (algorithm.initialStep ?? initialStep)({ problem, f: bound, order: algorithm.order, ...checked }, slope);
      stepper.start?.(slope);
      extra = initialStepCost;
    }
    const controller = algorithm.controller?.() ?? defaultController(algorithm.order);
    const context = { problem, stepper, controller, options: checked, recorder, dt };
    if (Number.isNaN(dt)) outcome = { ...outcome, retcode: "nonFinite", message: nonFiniteStart(problem) };
    else outcome = adaptive ? adaptiveSteps(context) : fixedSteps(context);
  }
  const { retcode, message, naccept, nreject } = outcome;
  return {
    problem,
    algorithm,
    t: Float64Array.from(recorder.t),
    u: recorder.u,
    retcode,
    message,
    stats: { nf: stepper.nf + extra, njac: stepper.njac ?? 0, nlu: stepper.nlu ?? 0, naccept, nreject },
    ...denseOutput(problem, recorder.record()),
  };
}

function requireStructure({ name, structure }: Algorithm, { f }: OdeProblem): void {
  if (structure !== undefined && f.structure !== structure) {
    throw new OdeError("MISSING_CAPABILITY", `Cannot use algorithm "${name}" as the vector field must have structure "${structure}": its structure is ${f.structure === undefined ? "not declared" : `"${f.structure}"`}`);
  }
}

function nonFiniteStart({ f, u0, p, tspan }: OdeProblem): string {
  const slope = new Float64Array(f.dim);
  f.bind(p).rhs(tspan[0], u0, slope);
  const bad = slope.findIndex((x) => !Number.isFinite(x));
  return `Stopped at t = ${tspan[0]}: component ${bad} of the right-hand side is ${slope[bad]} at the initial state`;
}
