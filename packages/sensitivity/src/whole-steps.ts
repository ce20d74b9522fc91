import { outputTimes, timeTolerance, type Interpolant, type Linearization, type OdeProblem, type SensitivityContext, type SolveOptions, type StepTape, type Stepper, type Tableau } from "@fluxion/ode-core";
import { assertPullable } from "./check-linearization.ts";
import { callbacksOf } from "./event-log.ts";
import { accumulate, isZero } from "./small-vectors.ts";

/**
 * The discrete adjoint of a solve whose steps the vector field takes itself (`BoundField.stepTape`): fixed steps, with all
 * that is saved at their ends. `undefined` where that cannot be done, or there is no room for it.
 */
export function linearizeWholeSteps({ problem, algorithm, options, solve }: SensitivityContext): Linearization | undefined {
  const tableau = algorithm.tableau as Tableau;
  if (!takesFixedSteps(tableau, options) || !savesAtEnds(problem, options)) return undefined;
  const { f, p, u0, tspan } = problem;
  const bound = f.bind(p);
  const first = bound.stepTape?.(tableau);
  if (!first) return undefined;

  const stepper = new TapedStepper(first);
  const solved = solve(problem, { ...algorithm, stepper: () => stepper }, options);
  if (stepper.gaveUp) return undefined;
  const solution = { ...solved, algorithm };
  const { starts, lengths } = stepper;
  // The caller may write into those of the solution.
  const times = solution.t.slice();
  const count = solution.stats.naccept;
  const direction = tspan[1] < tspan[0] ? -1 : 1;
  let tape = first;
  /** Takes all steps again when another linearization has taken the memory. */
  const reopen = (): void => {
    tape = bound.stepTape!(tableau)!;
    let [u, next] = [u0.slice(), new Float64Array(f.dim)];
    for (let i = 0; i < count; i++) {
      tape.push(starts[i], lengths[i], u, next);
      [u, next] = [next, u];
    }
  };
  return {
    solution,
    pull(uBar) {
      assertPullable(solution, uBar);
      if (!tape.open) reopen();
      tape.clearGradient();
      const lambda = new Float64Array(f.dim);
      let saved = times.length - 1;
      for (let i = count - 1; i >= 0; i--) {
        const end = i + 1 < count ? starts[i + 1] : tspan[1];
        for (; saved >= 0 && direction * (times[saved] - end) >= -timeTolerance(tspan[0], times[saved]); saved--) accumulate(1, uBar[saved], lambda);
        if (!isZero(lambda)) tape.pull(i, lambda);
      }
      for (; saved >= 0; saved--) accumulate(1, uBar[saved], lambda);
      const dp = new Float64Array(p.length);
      tape.addGradient(dp);
      return { dp, du0: lambda };
    },
  };
}

const takesFixedSteps = ({ bError }: Tableau, { dt, adaptive, tstops, onStep, callback }: SolveOptions): boolean =>
  dt !== undefined && (bError === undefined || adaptive === false) && tstops === undefined && onStep === undefined && callbacksOf({ callback }).length === 0;

/** Whether all times to save are ends of steps, so that no interpolant is needed. */
function savesAtEnds({ tspan: [t0, t1] }: OdeProblem, { dt, saveAt, dense }: SolveOptions): boolean {
  const times = outputTimes(saveAt, t0, t1);
  if (!times || dense || !dt) return false;
  const size = Math.abs(dt) * Math.sign(t1 - t0);
  return times.every((t) => {
    const tolerance = timeTolerance(t0, t);
    return Math.abs(t - t1) <= tolerance || Math.abs(t0 + Math.round((t - t0) / size) * size - t) <= tolerance;
  });
}

/** Steps on a tape. */
class TapedStepper implements Stepper {
  readonly #tape: StepTape;
  readonly starts: number[] = [];
  readonly lengths: number[] = [];
  /** Whether something was asked of it that it cannot do. */
  gaveUp = false;

  constructor(tape: StepTape) {
    this.#tape = tape;
  }

  get nf(): number {
    return this.starts.length * this.#tape.stages;
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    this.starts.push(t);
    this.lengths.push(h);
    this.gaveUp ||= this.#tape.push(t, h, u, out) < 0;
    return !this.gaveUp;
  }

  capture(): Interpolant {
    this.gaveUp = true;
    return { at: () => {}, derivative: () => {} };
  }
}
