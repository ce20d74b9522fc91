import { readOptions, type BoundField, type OdeProblem, type OdeSolution, type SensitivityAlgorithm, type SolveOptions, type VectorField } from "@fluxion/ode-core";
import { assertPullable, assertPushable } from "./assert-pullable.ts";
import { eventJump, type EventJump } from "./event-jump.ts";
import { callbacksOf, eventGroups, loggedCallbacks, type LoggedEvent } from "./event-log.ts";
import { accumulate } from "./small-vectors.ts";

/** Options of {@link forwardSensitivity}: none. */
export type ForwardSensitivityOptions = Readonly<Record<string, never>>;

/**
 * Solves the variational equations `S' = f_u S + f_p`, `S(t0) = [I, 0]`, along with the problem. The sensitivities are part of
 * the error norm, so that they are as accurate as the state; hence the steps differ from those of a plain solve.
 * For few parameters: the cost grows with `n + m`, that of the adjoints does not. Goes through events that have derivatives; states that these save move with them.
 *
 * Cost: `n + m` calls of `jvp` per evaluation, in a solve of `n (1 + n + m)` equations. `pull` and `push` cost no evaluation.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), section I.14.
 */
export function forwardSensitivity(options: ForwardSensitivityOptions = {}): SensitivityAlgorithm {
  readOptions("forwardSensitivity", options, {});
  return {
    name: "forwardSensitivity",
    requires: ["jvp"],
    solvesOtherField: true,
    providesPush: true,
    supports: ["eventDerivatives"],
    linearize({ problem, algorithm, options: solveOptions, solve }) {
      const n = problem.f.dim;
      const m = problem.p.length;
      const u0 = new Float64Array(n * (1 + n + m));
      u0.set(problem.u0);
      for (let j = 0; j < n; j++) u0[n * (1 + j) + j] = 1;
      const passed: PassedEvent[] = [];
      const bound = problem.f.bind(problem.p);
      const callback = loggedCallbacks(callbacksOf(solveOptions), n, (event, { u }) => passed.push(passEvent(bound, problem.p, event, u, passed)));
      const wide = solve({ ...problem, f: variationalField(problem), u0 }, algorithm, widened({ ...solveOptions, callback }, n, 1 + n + m));
      moveWithEvents(wide, passed, solveOptions, n);
      const solution = narrow(problem, wide);
      return {
        solution,
        pull(uBar) {
          assertPullable(solution, uBar);
          const gradient = new Float64Array(n + m);
          wide.u.forEach((w, i) => {
            for (let j = 0; j < n + m; j++) {
              let sum = 0;
              for (let l = 0; l < n; l++) sum += uBar[i][l] * w[n * (1 + j) + l];
              gradient[j] += sum;
            }
          });
          return { du0: gradient.slice(0, n), dp: gradient.slice(n) };
        },
        push(dp, du0) {
          assertPushable(solution, dp, du0);
          const change = [...(du0 ?? new Float64Array(n)), ...(dp ?? new Float64Array(m))];
          return wide.u.map((w) => {
            const out = new Float64Array(n);
            // Zeros are left out: they are no change, also of what has no finite sensitivity.
            change.forEach((x, j) => x !== 0 && accumulate(x, w.subarray(n * (1 + j), n * (2 + j)), out));
            return out;
          });
        },
      };
    },
  };
}

/** The right-hand side for `w = (u, S)`, S by columns: first those of u0, then those of p. */
function variationalField({ f, p }: OdeProblem): VectorField {
  const n = f.dim;
  const m = p.length;
  const bound = f.bind(p) as Required<BoundField>;
  const [u, du, slope, dp] = [new Float64Array(n), new Float64Array(n), new Float64Array(n), new Float64Array(m)];
  const rhs = (t: number, w: Float64Array, out: Float64Array): void => {
    for (let i = 0; i < n; i++) u[i] = w[i];
    bound.rhs(t, u, slope);
    for (let i = 0; i < n; i++) out[i] = slope[i];
    for (let j = 0; j < n + m; j++) {
      const at = n * (1 + j);
      for (let i = 0; i < n; i++) du[i] = w[at + i];
      if (j >= n) dp[j - n] = 1;
      bound.jvp(t, u, du, j < n ? null : dp, slope);
      if (j >= n) dp[j - n] = 0;
      for (let i = 0; i < n; i++) out[at + i] = slope[i];
    }
  };
  return { dim: n * (1 + n + m), paramCount: m, provides: new Set(), bind: () => ({ rhs }) };
}

/** The jump of an event, and by how much it moves with each column. */
interface PassedEvent extends EventJump {
  readonly moves: Float64Array;
}

/** Takes the columns of `w` to the other side of the event, which comes after those that have `passed`. */
function passEvent(bound: BoundField, p: Float64Array, event: LoggedEvent, w: Float64Array, passed: readonly PassedEvent[]): PassedEvent {
  const n = event.before.length;
  const earlier = passed.slice(passed.findLastIndex((one) => one.event.t !== event.t) + 1);
  const jump = eventJump(bound, event, p, earlier);
  const led = jump.leader === undefined ? undefined : earlier[jump.leader].moves;
  const moves = Float64Array.from({ length: n + p.length }, (_, j) => jump.push(w.subarray(n * (1 + j), n * (2 + j)), j < n ? undefined : j - n, led?.[j] ?? 0));
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

/** The options for the wide solve: the caller's functions see the state alone; a column has the tolerances of the state, and its norm, the largest of which counts. */
function widened(options: SolveOptions, n: number, columns: number): SolveOptions {
  const { onStep, isOutOfDomain, reltol, abstol, norm } = options;
  const ofColumns = (list: SolveOptions["abstol"]): SolveOptions["abstol"] => (list === undefined || typeof list === "number" ? list : Array.from({ length: columns }, () => Array.from(list)).flat());
  return {
    ...options,
    ...(onStep ? { onStep: (t, h, w) => onStep(t, h, w.subarray(0, n)) } : {}),
    ...(isOutOfDomain ? { isOutOfDomain: (t, w, p) => isOutOfDomain(t, w.subarray(0, n), p) } : {}),
    ...(norm ? { norm: largestNorm(norm, n, columns) } : {}),
    reltol: ofColumns(reltol),
    abstol: ofColumns(abstol),
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
