import { OdeError, option, readOptions, type OdeSolution, type SensitivityAlgorithm, type SolveOptions } from "@fluxion/ode-core";
import { assertPullable, assertSucceeded } from "./assert-pullable.ts";

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
 * sensitivities, the result may be wrong also at tight tolerances where the solution is simpler than these, as at rest: set `dtmax` there. It alone differentiates through events
 * of any kind, whose times change with the problem, and takes mass matrices, where `du0` is that of a state that is made consistent.
 *
 * Cost of `pull`: `2 (n + m)` solves, or `n + m` with the forward scheme.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option, from `linearize` for events without `saveAt`; `SOLVE_FAILED` from `pull` where a small change
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
    linearize({ problem, algorithm, options: solveOptions, solve }) {
      const { u0, p } = problem;
      if (hasCallbacks(solveOptions) && solveOptions.saveAt === undefined) {
        throw new OdeError("INVALID_OPTION", 'Cannot use sensealg "finiteDifference" with option "callback" as option "saveAt" must be given: saved steps are not those of a changed problem');
      }
      const solution = solve(problem, algorithm, solveOptions);
      const { onStep: _onStep, ...shared } = solveOptions;
      // Without saveAt the saved times are those of the steps, which the changed problems do not share.
      const again = { ...shared, dense: false, saveAt: solveOptions.saveAt ?? solution.t };
      return {
        solution,
        pull(uBar) {
          assertPullable(solution, uBar);
          const course = courseOf(solution);
          const cost = (run: OdeSolution): number => run.u.reduce((sum, u, i) => u.reduce((s, x, j) => s + x * uBar[i][j], sum), 0);
          const base = scheme === "forward" ? cost(solution) : 0;
          const by = (x: Float64Array, changed: (x: Float64Array) => { u0: Float64Array; p: Float64Array }): Float64Array => {
            const at = (i: number, value: number): number => {
              const run = solve({ ...problem, ...changed(x.with(i, value)) }, algorithm, again);
              assertSucceeded("the solution of a changed problem", run);
              if (courseOf(run) !== course) throw new OdeError("SOLVE_FAILED", "Cannot differentiate the solution as a small change must not change which events there are, nor their order among the saved times: it does");
              return cost(run);
            };
            return x.map((value, i) => {
              const step = stepOf(value, relativeStep);
              const high = value + step;
              if (scheme === "forward") return (at(i, high) - base) / (high - value);
              const low = value - step;
              return (at(i, high) - at(i, low)) / (high - low);
            });
          };
          return { dp: by(p, (q) => ({ u0, p: q })), du0: by(u0, (v) => ({ u0: v, p })) };
        },
      };
    },
  };
}

/** The step at `x`. */
const stepOf = (x: number, relative: number): number => Math.min(relative * Math.max(1, Math.abs(x)), x === 0 ? Infinity : Math.sqrt(relative) * Math.abs(x));

const hasCallbacks = ({ callback }: SolveOptions): boolean => callback !== undefined && [callback].flat().length > 0;

/** How a solve ended, which events it had, and how many before each saved time. */
function courseOf({ retcode, t, events, problem: { tspan } }: OdeSolution): string {
  const direction = Math.sign(tspan[1] - tspan[0]);
  const before = Array.from(t, (time) => events.findLastIndex((event) => direction * (event.t - time) < 0));
  return `${retcode} ${events.map(({ callback }) => callback).join()} ${before.join()}`;
}
