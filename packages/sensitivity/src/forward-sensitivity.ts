import { defaultTolerances, readOptions, type BoundField, type NoOptions, type OdeProblem, type OdeSolution, type SensitivityAlgorithm, type SensitivityContext, type SolveOptions, type TangentBlocks, type VectorField } from "@fluxion/ode-core";
import { assertPullable, assertPushable, assertSucceeded } from "./check-linearization.ts";
import { eventJump, type EventJump } from "./event-jump.ts";
import { callbacksOf, eventGroups, loggedCallbacks, type LoggedEvent } from "./event-log.ts";
import { lazyCotangent } from "./lazy-cotangent.ts";
import { accumulate } from "./small-vectors.ts";

/**
 * Solves the variational equations `S' = f_u S + f_p`, `S(t0) = 0`, along with the problem. The sensitivities are part of
 * the error norm, so that they are as accurate as the state; hence the steps differ from those of a plain solve. The absolute tolerances of derivatives by a number of more than 1
 * are those of the state divided by it, as large numbers have small derivatives.
 * For few parameters: the cost grows with `m`, that of the adjoints does not. Goes through events that have derivatives; states that these save move with them.
 *
 * Cost: `m` calls of `jvp` per evaluation, in a solve of `n (1 + m)` equations; implicit methods factorise matrices of the size of the state, in its band, and a Jacobian takes `2 n` calls of `jvp` for each
 * parameter, `2 (lower + upper + 1)` in a band. Derivatives by the initial state are another `n` columns, of the same solve without `saveAt` or with callbacks, else of one of `n (1 + n)` equations when they are first asked for: by `pull(...).du0` or a `du0` of `push`.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), section I.14; Maly, Petzold, Appl. Numer. Math. 20 (1996) 57-79, for the matrices.
 */
export function forwardSensitivity(options: NoOptions = {}): SensitivityAlgorithm {
  readOptions("forwardSensitivity", options, {});
  return {
    name: "forwardSensitivity",
    requires: ["jvp"],
    solvesOtherField: true,
    providesPush: true,
    supports: ["eventDerivatives"],
    linearize(context) {
      const { problem } = context;
      // Two solves have the same saved times only where these are given, and their events on the same side of these only where there are none.
      const together = context.options.saveAt === undefined || callbacksOf(context.options).length > 0;
      const first = solveWith(context, columnsOf(problem, together ? ["u0", "p"] : ["p"]));
      const solution = narrow(problem, first);
      let later: OdeSolution | undefined;
      const byInitialState = (): OdeSolution => (later ??= solvedLater(context));
      const n = together ? problem.f.dim : 0;
      return {
        solution,
        pull(uBar) {
          assertPullable(solution, uBar);
          const gradient = pulled(first, uBar, n + problem.p.length);
          return lazyCotangent(uBar, gradient.slice(n), (kept) => (together ? gradient.slice(0, n) : pulled(byInitialState(), kept, problem.f.dim)));
        },
        push(dp, du0) {
          assertPushable(solution, dp, du0);
          const out = solution.u.map(({ length }) => new Float64Array(length));
          if (dp) addChanges(first, n, dp, out);
          if (du0?.some((x) => x !== 0)) addChanges(together ? first : byInitialState(), 0, du0, out);
          return out;
        },
      };
    },
  };
}

/** What the state is differentiated by. */
interface Columns {
  readonly count: number;
  /** Writes column `j` at the start into `out[n]`, which is zero. */
  start(j: number, out: Float64Array): void;
  /** The direction of column `j` in the parameters; null for none. */
  direction(j: number): Float64Array | null;
  /** What column `j` is the derivative by. */
  value(j: number): number;
}

function columnsOf({ f: { dim }, u0, p }: OdeProblem, by: readonly ("u0" | "p")[]): Columns {
  const n = by.includes("u0") ? dim : 0;
  const directions = by.includes("p") ? Array.from(p, (_, j) => new Float64Array(p.length).fill(1, j, j + 1)) : [];
  return {
    count: n + directions.length,
    start: (j, out) => void (j < n && (out[j] = 1)),
    direction: (j) => (j < n ? null : directions[j - n]),
    value: (j) => (j < n ? u0[j] : p[j - n]),
  };
}

/** The solution for `w = (u, S)`, S by columns. */
function solveWith({ problem, algorithm, options, solve }: SensitivityContext, columns: Columns): OdeSolution {
  const n = problem.f.dim;
  const { count } = columns;
  const w0 = new Float64Array(n * (1 + count));
  w0.set(problem.u0);
  for (let j = 0; j < count; j++) columns.start(j, w0.subarray(n * (1 + j), n * (2 + j)));
  const passed: PassedEvent[] = [];
  const bound = problem.f.bind(problem.p);
  const callback = loggedCallbacks(callbacksOf(options), n, (event, { u }) => passed.push(passEvent(bound, problem.p, columns, event, u, passed)));
  const wide = solve({ ...problem, f: variationalField(problem, columns), u0: w0 }, algorithm, widened({ ...options, callback }, n, columns));
  moveWithEvents(wide, passed, options, n);
  return wide;
}

/** That with derivatives by the initial state, which must succeed as the first solve did. */
function solvedLater(context: SensitivityContext): OdeSolution {
  const { onStep: _onStep, ...options } = context.options;
  const wide = solveWith({ ...context, options }, columnsOf(context.problem, ["u0"]));
  assertSucceeded("the solution with derivatives by the initial state", wide);
  return wide;
}

/** For each of `count` columns the inner product of its saved states with `uBar`. */
function pulled({ u }: OdeSolution, uBar: readonly Float64Array[], count: number): Float64Array {
  const gradient = new Float64Array(count);
  u.forEach((w, i) => {
    const n = uBar[i].length;
    for (let j = 0; j < count; j++) {
      let sum = 0;
      for (let l = 0; l < n; l++) sum += uBar[i][l] * w[n * (1 + j) + l];
      gradient[j] += sum;
    }
  });
  return gradient;
}

/** Adds what the saved states change by with the columns from `first` on. */
function addChanges({ u }: OdeSolution, first: number, change: Float64Array, out: readonly Float64Array[]): void {
  u.forEach((w, i) => {
    const n = out[i].length;
    // Zeros are left out: they are no change, also of what has no finite sensitivity.
    change.forEach((x, j) => x !== 0 && accumulate(x, w.subarray(n * (1 + first + j), n * (2 + first + j)), out[i]));
  });
}

/** The right-hand side for `w = (u, S)`. */
function variationalField({ f, p }: OdeProblem, { count, direction }: Columns): VectorField {
  const n = f.dim;
  const bound = f.bind(p) as BoundField & Required<Pick<BoundField, "jvp">>;
  const [u, s, slope] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const block: TangentBlocks["block"] = (j, t, state, tangent, out) => bound.jvp(t, state, tangent, direction(j), out);
  const rhs = (t: number, w: Float64Array, out: Float64Array): void => {
    for (let i = 0; i < n; i++) u[i] = w[i];
    bound.rhs(t, u, slope);
    for (let i = 0; i < n; i++) out[i] = slope[i];
    for (let j = 0; j < count; j++) {
      const at = n * (1 + j);
      for (let i = 0; i < n; i++) s[i] = w[at + i];
      block(j, t, u, s, slope);
      for (let i = 0; i < n; i++) out[at + i] = slope[i];
    }
  };
  const { bandwidth } = f;
  return { dim: n * (1 + count), paramCount: p.length, provides: new Set(), tangents: count, ...(bandwidth ? { bandwidth } : {}), bind: () => ({ rhs, tangents: { core: bound, block } }) };
}

/** Which parameter a direction is that of, if it is one. */
const parameterOf = (direction: Float64Array | null): number | undefined => direction?.indexOf(1);

/** The jump of an event, and by how much it moves with each column. */
interface PassedEvent extends EventJump {
  readonly moves: Float64Array;
}

/** Takes the columns of `w` to the other side of the event, which comes after those that have `passed`. */
function passEvent(bound: BoundField, p: Float64Array, { count, direction }: Columns, event: LoggedEvent, w: Float64Array, passed: readonly PassedEvent[]): PassedEvent {
  const n = event.before.length;
  const earlier = passed.slice(passed.findLastIndex((one) => one.event.t !== event.t) + 1);
  const jump = eventJump(bound, event, p, earlier);
  const led = jump.leader === undefined ? undefined : earlier[jump.leader].moves;
  const moves = Float64Array.from({ length: count }, (_, j) => jump.push(w.subarray(n * (1 + j), n * (2 + j)), parameterOf(direction(j)), led?.[j] ?? 0));
  return { ...jump, moves };
}

/** The sensitivities of states that were saved by events are those at a fixed time, and are made those of states that move with the event. */
function moveWithEvents(wide: OdeSolution, passed: readonly PassedEvent[], options: SolveOptions, n: number): void {
  const move = ({ u }: OdeSolution, row: number, slope: Float64Array, moves: Float64Array): void => {
    moves.forEach((dt, j) => slope.forEach((x, i) => void (u[row][n * (1 + j) + i] += x * dt)));
  };
  let next = 0;
  for (const { events, first, middle, end, saver } of eventGroups(wide, passed.map(({ event }) => event), options)) {
    const opening = saver === undefined ? undefined : passed[next + saver];
    const closing = passed[(next += events.length) - 1];
    for (let row = first; opening && row < middle; row++) move(wide, row, opening.slopes[0], opening.moves);
    for (let row = middle; row < end; row++) move(wide, row, closing.slopes[1], closing.moves);
  }
}

/** The options for the wide solve: the caller's functions see the state alone; a column has the tolerances of the state, the absolute ones by its number, and its norm, the largest of which counts. */
function widened(options: SolveOptions, n: number, { count, value }: Columns): SolveOptions {
  const { onStep, isOutOfDomain, reltol, abstol = defaultTolerances.abstol, norm } = options;
  const scales = Array.from({ length: 1 + count }, (_, j) => (j === 0 ? 1 : 1 / Math.max(1, Math.abs(value(j - 1)))));
  const ofColumns = (list: number | ArrayLike<number>, factors: readonly number[]): number | number[] =>
    typeof list === "number" && factors.every((x) => x === 1) ? list : factors.flatMap((x) => Array.from({ length: n }, (_, i) => x * (typeof list === "number" ? list : list[i])));
  return {
    ...options,
    ...(onStep ? { onStep: (t, h, w) => onStep(t, h, w.subarray(0, n)) } : {}),
    ...(isOutOfDomain ? { isOutOfDomain: (t, w, p) => isOutOfDomain(t, w.subarray(0, n), p) } : {}),
    ...(norm ? { norm: largestNorm(norm, n, 1 + count) } : {}),
    ...(reltol === undefined ? {} : { reltol: ofColumns(reltol, scales.map(() => 1)) }),
    abstol: ofColumns(abstol, scales),
  };
}

/** The largest norm of a column. Scaled errors are in one array all the time, so that its columns are made once. */
function largestNorm(norm: (scaled: Float64Array) => number, n: number, columns: number): (w: Float64Array) => number {
  let whole: Float64Array | undefined;
  let parts: Float64Array[] = [];
  return (w) => {
    if (w !== whole) parts = Array.from({ length: columns }, (_, j) => w.subarray(n * j, n * (j + 1)));
    whole = w;
    let largest = 0;
    for (const part of parts) largest = Math.max(largest, norm(part));
    return largest;
  };
}

/** The solution of `problem` that `wide` holds. */
function narrow(problem: OdeProblem, wide: OdeSolution): OdeSolution {
  const n = problem.f.dim;
  const first = (w: Float64Array, out: Float64Array = new Float64Array(n)): Float64Array => {
    out.set(w.subarray(0, n));
    return out;
  };
  return {
    ...wide,
    problem,
    u: wide.u.map((w) => first(w)),
    events: wide.events.map((event) => ({ ...event, u: event.u.slice(0, n) })),
    at: (t, out) => first(wide.at(t), out),
    derivative: (t, out) => first(wide.derivative(t), out),
  };
}
