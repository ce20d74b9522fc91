import { defaultTolerances, option, readOptions, type OdeSolution, type SensitivityContext, type SolveOptions, type VectorField } from "@fluxion/ode-core";
import { assertSucceeded } from "./assert-pullable.ts";

/** Tolerances of the solves backwards in time. */
export interface ReverseTolerances {
  /** Relative tolerance of the reverse solve. Default: that of the forward solve. */
  readonly reltol?: number | undefined;
  /** Absolute tolerance of the reverse solve. Default: that of the forward solve, the smallest one of several. */
  readonly abstol?: number | undefined;
}

/** Told of each solve between two saved times, which is dense then, and its steps: each from `t` by `h`. */
export type AfterRun = (run: OdeSolution, steps: readonly [t: number, h: number][]) => void;

/** Checks the options of the adjoint called `name`. @throws OdeError `INVALID_OPTION` */
export function checkTolerances(name: string, options: ReverseTolerances): void {
  // The fallbacks stand for the forward tolerances, known only when solving.
  readOptions(name, options, { reltol: option.positive(1), abstol: option.nonNegative(1) });
}

/**
 * Solves `field` backwards along `solution`: from its end, where the state is zero, to its start, and adds `uBar[i]` to the first entries of
 * the state at saved time `i`. Returns the state at the start.
 */
export function solveBackwards(context: SensitivityContext, solution: OdeSolution, uBar: readonly Float64Array[], field: VectorField, tolerances: ReverseTolerances, afterRun?: AfterRun): Float64Array {
  const { tspan, f } = context.problem;
  const advance = stretchSolver(context, field, tolerances, afterRun);
  const z = new Float64Array(field.dim);
  let t = tspan[1];
  for (let i = uBar.length - 1; i >= 0; i--) {
    advance(t, solution.t[i], z);
    t = solution.t[i];
    for (let j = 0; j < f.dim; j++) z[j] += uBar[i][j];
  }
  advance(t, tspan[0], z);
  return z;
}

/** A first step that is a smaller part of its stretch than this is chosen anew. */
const leastPart = 1e-6;

/** Makes the function that takes the state `z` from one time to an earlier one in place. */
function stretchSolver({ problem, algorithm, options, solve }: SensitivityContext, field: VectorField, tolerances: ReverseTolerances, afterRun?: AfterRun): (from: number, to: number, z: Float64Array) => void {
  const { f, p } = problem;
  const n = f.dim;
  // What looks at the state or its components would be given lambda.
  const { onStep: _onStep, saveAt: _saveAt, isOutOfDomain: _isOutOfDomain, norm: _norm, abstol: forwardAbstol = defaultTolerances.abstol, dt, ...shared } = options;
  const reltol = tolerances.reltol ?? options.reltol ?? defaultTolerances.reltol;
  const abstol = tolerances.abstol ?? (typeof forwardAbstol === "number" ? forwardAbstol : Array.from(forwardAbstol).reduce((a, b) => Math.min(a, b)));
  // The first step after a jump is as long as the last one before it: choosing it anew costs evaluations at every saved time.
  let size = dt === undefined ? undefined : Math.abs(dt);
  const stepper = algorithm.stepper(f.bind(p), n, { reltol, abstol });
  const fixed = stepper.error === undefined || options.adaptive === false;
  stepper.release?.();
  return (from, to, z) => {
    if (from === to || z.subarray(0, n).every((x) => x === 0)) return;
    const steps: [t: number, h: number][] = [];
    // What a short stretch before told may be too short for this one.
    const first = fixed || (size ?? 0) >= Math.max(options.dtmin ?? 0, leastPart * Math.abs(to - from)) ? size : undefined;
    let [last, previous] = [0, 0];
    const reverseOptions: SolveOptions = {
      ...shared,
      reltol,
      abstol,
      dense: afterRun !== undefined,
      saveAt: [to],
      ...(first === undefined ? {} : { dt: first }),
      onStep: (t, h) => {
        previous = last;
        last = Math.abs(h);
        if (afterRun) steps.push([t, h]);
      },
    };
    const run = solve({ f: field, u0: z.slice(), tspan: [from, to], p }, algorithm, reverseOptions);
    assertSucceeded(`the solution backwards from t = ${from} to ${to}`, run);
    // The last step of a run is cut off at its end, so that the longer of two is the better guess.
    const longest = Math.max(last, previous);
    if (!fixed) size = run.stats.naccept === 1 && run.stats.nreject === 0 ? Math.max(longest, size ?? 0) : longest;
    z.set(run.u[0]);
    afterRun?.(run, steps);
  };
}
