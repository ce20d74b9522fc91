import { defaultTolerances, option, optionsForOtherState, readOptions, type BoundField, type OdeProblem, type OdeSolution, type SensitivityContext, type SolveOptions, type VectorField } from "@fluxion/ode-core";
import { assertSucceeded } from "./check-linearization.ts";
import { callbacksOf, eventGroups, loggedCallbacks, type EventGroup, type LoggedEvent } from "./event-log.ts";
import { pullEvents } from "./event-pull.ts";
import type { Stretch, StretchedState } from "./extended-state.ts";
import { stateSizes } from "./gradient-scales.ts";

/** Tolerances of the solves backwards in time. */
export interface ReverseTolerances {
  /** Relative tolerance of the reverse solve. Default: that of the forward solve. */
  readonly reltol?: number | undefined;
  /**
   * Absolute tolerance of the reverse solve, for cotangents whose largest entry is about 1: what `pull` is given is scaled to that. It is less for derivatives by states and
   * parameters so large that these are small. Default: that of the forward solve, the smallest one of several, over the largest |u|, but at least 0.001 and at most 1 times `reltol`.
   */
  readonly abstol?: number | undefined;
}

/** A step from `t` by `h`. */
export type Step = readonly [t: number, h: number];

/** A dense solution, the steps that it is made of, and its events. */
export interface DenseForward {
  readonly solution: OdeSolution;
  /** The saved ones: the caller may write into those of the solution. */
  readonly times: Float64Array;
  readonly steps: readonly Step[];
  readonly groups: readonly EventGroup[];
}

/** Told of each solve between two saved times, which is dense then, its steps, and its tolerances, of which the absolute one is yet without scales. */
export type AfterRun = (run: OdeSolution, steps: readonly Step[], tolerances: CompleteTolerances) => void;

/** An equation that is to be solved backwards. */
export interface ReverseEquation {
  /** Its state is lambda, and perhaps more. */
  readonly field: VectorField;
  /** What the absolute tolerance is to be multiplied by, one per component. Asked for where steps are not fixed. */
  scales(): Float64Array;
  /** Told of the part of the solution between two events that comes next. */
  within(stretch: Stretch): void;
  readonly afterRun?: AfterRun;
}

/** Whether the solves have no error control. */
export function takesFixedSteps({ problem: { f, p }, algorithm, options }: SensitivityContext): boolean {
  const { bandwidth } = f;
  const stepper = algorithm.stepper(f.bind(p), f.dim, { ...defaultTolerances, ...(bandwidth ? { bandwidth } : {}) });
  stepper.release?.();
  return stepper.error === undefined || options.adaptive === false;
}

/** The adjoint equation of a vector field with integrals along it: `lambda' = -J' lambda` and `q' = -W F' lambda`, with `J = f_u`, `F = f_p` and constant `W[dim - n, m]`. */
export interface AdjointEquation {
  /** Length of `(lambda, q)`. */
  readonly dim: number;
  readonly rhs: BoundField["rhs"];
  /** Writes row i of `W` into `out[m]`. */
  weights(i: number, out: Float64Array): void;
}

/**
 * The vector field of the adjoint equation along `state`, which is linear: a Jacobian takes no differences. It has the band of `f` transposed, and the integrals are quadratures: row i of
 * theirs is `-(F W_i')'`, one `jvp` of `f` where that is there and less than n columns.
 */
export function adjointField({ f, p }: OdeProblem, state: StretchedState["at"], { dim, rhs, weights }: AdjointEquation): VectorField {
  const n = f.dim;
  const count = dim - n;
  const jvp: BoundField["jvp"] = (t, _z, dz, _dp, out) => {
    if (dz.subarray(0, n).some((x) => x !== 0)) rhs(t, dz, out);
    else out.fill(0);
  };
  const forward = count <= n ? f.bind(p).jvp : undefined;
  const [u, none, dp, row] = [new Float64Array(n), new Float64Array(n), new Float64Array(p.length), new Float64Array(n)];
  const quadratureRows: BoundField["quadratureRows"] = forward && ((t, _z, out) => {
    state(t, u);
    for (let i = 0; i < count; i++) {
      weights(i, dp);
      forward(t, u, none, dp, row);
      for (let j = 0; j < n; j++) out[i * n + j] = -row[j];
    }
  });
  const { bandwidth } = f;
  return {
    dim,
    paramCount: 0,
    provides: new Set(["jvp"]),
    quadratures: count,
    ...(bandwidth ? { bandwidth: { ...bandwidth, lower: bandwidth.upper, upper: bandwidth.lower } } : {}),
    bind: () => ({ rhs, jvp, ...(quadratureRows ? { quadratureRows } : {}) }),
  };
}

/** Checks the options of the adjoint called `name`. @throws OdeError `INVALID_OPTION` */
export function checkTolerances(name: string, options: ReverseTolerances): void {
  // The fallbacks stand for the forward tolerances, known only when solving.
  readOptions(name, options, { reltol: option.positive(1), abstol: option.nonNegative(1) });
}

/** The forward solve, with what is needed to go back along it. */
export function solveForwards({ problem, algorithm, options, solve }: SensitivityContext): DenseForward {
  const steps: Step[] = [];
  const events: LoggedEvent[] = [];
  const onStep: SolveOptions["onStep"] = (t, h, u) => {
    steps.push([t, h]);
    options.onStep?.(t, h, u);
  };
  const callback = loggedCallbacks(callbacksOf(options), problem.f.dim, (event) => events.push(event));
  const solution = solve(problem, algorithm, { ...options, callback, dense: true, onStep });
  return { solution, times: solution.t.slice(), steps, groups: eventGroups(solution, events, options) };
}

/**
 * Solves `equation` backwards along `forward`: from its end, where the state is zero, to its start, through its events, and adds `uBar[i]` to the first entries of
 * the state at saved time `i`. Returns the state at the start, and what events add to the gradient by the parameters. To be called within `pullScaled`: the absolute tolerance
 * takes the largest entry of `uBar` for 1.
 */
export function solveBackwards(context: SensitivityContext, forward: DenseForward, uBar: readonly Float64Array[], equation: ReverseEquation, tolerances: ReverseTolerances): { z: Float64Array; dp: Float64Array } {
  const { tspan, f, p } = context.problem;
  const { times, groups } = forward;
  const advance = stretchSolver(context, forward, equation, reverseTolerances(context.options, forward.solution, tolerances));
  const [z, dp] = [new Float64Array(equation.field.dim), new Float64Array(p.length)];
  const lambda = z.subarray(0, f.dim);
  const bound = f.bind(p);
  let t = tspan[1];
  const goTo = (time: number): void => {
    advance(t, time, z);
    t = time;
  };
  const add = (i: number): void => uBar[i].forEach((x, j) => void (lambda[j] += x));
  let row = uBar.length;
  for (let k = groups.length - 1; k >= -1; k--) {
    const { t: start, first, end } = groups[k] ?? { t: tspan[0], first: 0, end: 0 };
    equation.within([start, groups[k + 1]?.t ?? tspan[1]]);
    while (row > end) {
      goTo(times[--row]);
      add(row);
    }
    goTo(start);
    if (k < 0) break;
    pullEvents(bound, groups[k], p, uBar, lambda, dp);
    row = first;
  }
  return { z, dp };
}

export interface CompleteTolerances {
  readonly reltol: number;
  readonly abstol: number;
}

/** `tolerances` with the defaults filled in. */
function reverseTolerances(options: SolveOptions, solution: OdeSolution, tolerances: ReverseTolerances): CompleteTolerances {
  const least = (list: number | ArrayLike<number>): number => (typeof list === "number" ? list : Array.from(list).reduce((a, b) => Math.min(a, b)));
  const reltol = tolerances.reltol ?? least(options.reltol ?? defaultTolerances.reltol);
  const smallest = least(options.abstol ?? defaultTolerances.abstol);
  const relative = smallest / stateSizes(solution).reduce((a, b) => Math.max(a, b));
  return { reltol, abstol: tolerances.abstol ?? (reltol > 0 ? Math.min(reltol, Math.max(leastRatio * reltol, relative)) : smallest) };
}

/** As that of the default tolerances. */
const leastRatio = 1e-3;

const noParameters = new Float64Array(0);

/** A first step that is a smaller part of its stretch than this is chosen anew. */
const leastPart = 1e-6;

/** Makes the function that takes the state `z` from one time to an earlier one in place. */
function stretchSolver(context: SensitivityContext, forward: DenseForward, { field, scales, afterRun }: ReverseEquation, { reltol, abstol }: CompleteTolerances): (from: number, to: number, z: Float64Array) => void {
  const { problem: { f }, algorithm, options, solve } = context;
  const n = f.dim;
  // What looks at the state or its components would be given lambda.
  const { saveAt: _saveAt, dt, ...shared } = optionsForOtherState(options);
  // The first step after a jump is as long as the last one before it: choosing it anew costs evaluations at every saved time.
  let size = dt === undefined ? undefined : Math.abs(dt);
  const fixed = takesFixedSteps(context);
  const abstols = fixed ? abstol : scales().map((x) => abstol * x);
  return (from, to, z) => {
    if (from === to || z.subarray(0, n).every((x) => x === 0)) return;
    const steps: Step[] = [];
    size ??= firstSize(forward.steps, field.bind(noParameters).rhs, from, z);
    // What a short stretch before told may be too short for this one.
    const first = fixed || size >= Math.max(options.dtmin ?? 0, leastPart * Math.abs(to - from)) ? size : undefined;
    let [last, previous] = [0, 0];
    const reverseOptions: SolveOptions = {
      ...shared,
      reltol,
      // Steps of a fixed size look at none, and a list of many has to be checked.
      abstol: abstols,
      dense: afterRun !== undefined,
      saveAt: [to],
      ...(first === undefined ? {} : { dt: first }),
      onStep: (t, h) => {
        previous = last;
        last = Math.abs(h);
        if (afterRun) steps.push([t, h]);
      },
    };
    const run = solve({ f: field, u0: z.slice(), tspan: [from, to], p: noParameters }, algorithm, reverseOptions);
    assertSucceeded(`the solution backwards from t = ${from} to ${to}`, run);
    // The last step of a run is cut off at its end, so that the longer of two is the better guess.
    const longest = Math.max(last, previous);
    if (!fixed) size = run.stats.naccept === 1 && run.stats.nreject === 0 ? Math.max(longest, size ?? 0) : longest;
    z.set(run.u[0]);
    afterRun?.(run, steps, { reltol, abstol });
  };
}

/**
 * A first step at `t`, where the first entries of `z` are not all zero: as long as the forward step there, or the one before if that is longer, as the last one is cut off,
 * but no longer than an entry needs to change by a part of itself, as it does fast after a jump in stiff problems. An entry that is zero yet does not tell its scale by its slope,
 * which may be huge with small states or parameters, so that the choice of the solver, which trusts in the absolute tolerance, would be too small by far.
 */
function firstSize(steps: readonly Step[], rhs: BoundField["rhs"], t: number, z: Float64Array): number {
  let i = steps.length - 1;
  while (i > 0 && (steps[i][0] - t) * Math.sign(steps[i][1]) >= 0) i--;
  const length = Math.max(Math.abs(steps[i][1]), Math.abs(steps[Math.max(0, i - 1)][1]));
  const slope = new Float64Array(z.length);
  rhs(t, z, slope);
  const time = z.reduce((least, x, j) => (x !== 0 && slope[j] !== 0 ? Math.min(least, Math.abs(x / slope[j])) : least), Infinity);
  return Math.max(shortest * length, Math.min(length, changedPart * time));
}

/** A first step is not shorter than this part of the forward step: an entry may be almost zero by accident. */
const shortest = 1e-8;

/** By how much of itself an entry may change in the first step, as far as its slope tells. */
const changedPart = 0.5;
