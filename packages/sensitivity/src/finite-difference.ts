import { OdeError, option, readOptions, type OdeProblem, type OdeSolution, type SensitivityAlgorithm } from "@fluxion/ode-core";
import { assertPullable, assertPushable, assertSucceeded } from "./check-linearization.ts";
import { callbacksOf } from "./event-log.ts";
import { lazyCotangent } from "./lazy-cotangent.ts";
import { accumulate } from "./small-vectors.ts";

/** Options of {@link finiteDifference}. */
export interface FiniteDifferenceOptions {
  /** `"central"` takes two solves per number, `"forward"` one at half the digits. Default `"central"`. */
  readonly scheme?: "central" | "forward" | undefined;
  /**
   * Step relative to `max(1, |x|)`, but at most `relativeStep^(1/2)` of |x| where x is not 0, as its own size may be small, such as 1e-8. Default: `eps^(1/3)` for central,
   * `eps^(1/2)` for forward differences. So a start at 0 counts as one of the size of 1, which is to be scaled where it is not; an x that is almost 0 by accident gets a step
   * in which rounding and the solver's errors are large, as they are divided by it.
   */
  readonly relativeStep?: number | undefined;
}

/**
 * Differences of whole solves: needs nothing of the vector field, and is what the other algorithms are checked against.
 * With step-size control the solver's own error divided by the step limits the result: use tight tolerances or fixed steps. As the solver does not control the errors of
 * sensitivities, the result may be wrong also at tight tolerances where the solution is simpler than these, as at rest: set `dtmax` there. Saved times inside
 * of long steps are interpolated, to an error that changes with the steps: with `kvaerno5`, whose dense output is of order 3, at `reltol` 1e-8 the gradient of a solution of Lotka and
 * Volterra was right to 1e-4, and to 1e-6 with the times of `saveAt` as `tstops`, too. It alone differentiates through events
 * of any kind, whose times change with the problem, and takes mass matrices, where `du0` is that of a state that is made consistent.
 *
 * Cost of the first `pull`: `2 m` solves, and `2 n` when its `du0` is first read; half as many with the forward scheme. Their saved states are kept. `push` solves for the numbers that change only.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option, from `linearize` for events without `saveAt`; `SOLVE_FAILED` from `pull` and `push` where a small change
 * adds or removes an event, or moves it past a saved time.
 */
export function finiteDifference(options: FiniteDifferenceOptions = {}): SensitivityAlgorithm {
  const { scheme } = readOptions("finiteDifference", { scheme: options.scheme }, { scheme: option.oneOf(["central", "forward"], "central") });
  const { relativeStep } = readOptions("finiteDifference", options, {
    scheme: option.oneOf(["central", "forward"], "central"),
    relativeStep: option.positive(Number.EPSILON ** (scheme === "central" ? 1 / 3 : 1 / 2)),
  });
  return {
    name: "finiteDifference",
    supports: ["callback", "massMatrix"],
    providesPush: true,
    linearize({ problem, algorithm, options: solveOptions, solve }) {
      if (callbacksOf(solveOptions).length > 0 && solveOptions.saveAt === undefined) {
        throw new OdeError("INVALID_OPTION", 'Cannot use sensealg "finiteDifference" with option "callback" as option "saveAt" must be given: saved steps are not those of a changed problem');
      }
      const solution = solve(problem, algorithm, solveOptions);
      const { onStep: _onStep, ...shared } = solveOptions;
      // Without saveAt the saved times are those of the steps, which the changed problems do not share.
      const again = { ...shared, dense: false, saveAt: solveOptions.saveAt ?? solution.t.slice() };
      // The caller may write residuals in their place.
      const states = scheme === "forward" ? solution.u.map((u) => u.slice()) : [];
      const changed = changedStates(solution, (one) => solve(one, algorithm, again));
      const [dp, du0] = (["p", "u0"] as const).map((name): Column[] =>
        Array.from(problem[name], (value, i) => {
          const at = (x: number): readonly Float64Array[] => changed({ [name]: problem[name].with(i, x) });
          const step = stepOf(value, relativeStep);
          const [low, high] = [scheme === "forward" ? value : value - step, value + step];
          let column: ReturnType<Column> | undefined;
          return () => (column ??= slopes(scheme === "forward" ? states : at(low), at(high), high - low));
        }),
      );
      return {
        solution,
        pull(uBar) {
          assertPullable(solution, uBar);
          const by = (columns: readonly Column[], bars: readonly Float64Array[]): Float64Array => Float64Array.from(columns, (column) => column().reduce((sum, u, k) => u.reduce((s, x, i) => s + x * bars[k][i], sum), 0));
          return lazyCotangent(uBar, by(dp, uBar), (kept) => by(du0, kept));
        },
        push(changeOfP, changeOfU0) {
          assertPushable(solution, changeOfP, changeOfU0);
          const out = solution.u.map(({ length }) => new Float64Array(length));
          for (const [columns, change] of [[dp, changeOfP], [du0, changeOfU0]] as const) {
            change?.forEach((x, j) => x !== 0 && columns[j]().forEach((u, k) => accumulate(x, u, out[k])));
          }
          return out;
        },
      };
    },
  };
}

/** The saved states of a problem with other data, from a solve that takes the same course as `solution`. */
function changedStates(solution: OdeSolution, solve: (problem: OdeProblem) => OdeSolution) {
  const course = courseOf(solution);
  return (by: Partial<Pick<OdeProblem, "u0" | "p">>): readonly Float64Array[] => {
    const run = solve({ ...solution.problem, ...by });
    assertSucceeded("the solution of a changed problem", run);
    if (courseOf(run) !== course) throw new OdeError("SOLVE_FAILED", "Cannot differentiate the solution as a small change must not change which events there are, nor their order among the saved times: it does");
    return run.u;
  };
}

/** The derivative of the saved states by one number. */
type Column = () => readonly Float64Array[];

/** The slopes between states that are a `step` apart. */
const slopes = (low: readonly Float64Array[], high: readonly Float64Array[], step: number): Float64Array[] => low.map((u, k) => u.map((x, i) => (high[k][i] - x) / step));

/** The step at `x`. */
const stepOf = (x: number, relative: number): number => Math.min(relative * Math.max(1, Math.abs(x)), x === 0 ? Infinity : Math.sqrt(relative) * Math.abs(x));


/** How a solve ended, which events it had, and how many before each saved time. */
function courseOf({ retcode, t, events, problem: { tspan } }: OdeSolution): string {
  const direction = Math.sign(tspan[1] - tspan[0]);
  const before = Array.from(t, (time) => events.findLastIndex((event) => direction * (event.t - time) < 0));
  return `${retcode} ${events.map(({ callback }) => callback).join()} ${before.join()}`;
}
