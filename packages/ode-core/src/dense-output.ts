import type { Interpolant } from "./algorithm.ts";
import { OdeError } from "./errors.ts";
import { timeTolerance } from "./output-times.ts";
import type { OdeProblem } from "./problem.ts";
import type { OdeSolution } from "./solution.ts";

/** The interpolants of all kept steps: step i starts at `t[i]` and is `h[i]` long. */
export interface StepRecord {
  readonly t: readonly number[];
  readonly h: readonly number[];
  readonly interpolants: readonly Interpolant[];
  /** Where the last kept step ended. */
  readonly end: number;
}

/**
 * Joins the interpolants of the steps to one function of time. A look-up is a bisection, or nothing when it falls into
 * the step of the last one or a neighbour, as those of a reverse solve do.
 *
 * @param record - `undefined` when the solution was not kept.
 */
export function denseOutput(problem: OdeProblem, record: StepRecord | undefined): Pick<OdeSolution, "at" | "derivative"> {
  const n = problem.f.dim;
  if (!record) return { at: notKept, derivative: notKept };
  const { t: starts, h, interpolants, end } = record;
  const t0 = problem.tspan[0];
  const direction = end < t0 ? -1 : 1;
  const slack = timeTolerance(t0, end);
  let current = 0;

  /** Sets `current` to the step that holds `t`; returns where in it, in [0, 1]. */
  const locate = (t: number): number => {
    if (!(direction * (t - t0) >= -slack && direction * (t - end) <= slack)) {
      throw new OdeError("OUT_OF_RANGE", `Cannot evaluate the solution as t must lie between ${t0} and ${end}: current value is ${t}`);
    }
    if (current > 0 && direction * (t - starts[current]) < 0) current--;
    else if (current < starts.length - 1 && direction * (t - starts[current + 1]) >= 0) current++;
    const hit = direction * (t - starts[current]) >= 0 && (current === starts.length - 1 || direction * (t - starts[current + 1]) < 0);
    if (!hit) current = bisect(starts, t, direction);
    return Math.min(1, Math.max(0, (t - starts[current]) / h[current]));
  };

  return {
    at: (t, out = new Float64Array(n)) => {
      const theta = locate(t);
      if (interpolants.length > 0) interpolants[current].at(theta, out);
      else out.set(problem.u0);
      return out;
    },
    derivative: (t, out = new Float64Array(n)) => {
      const theta = locate(t);
      if (interpolants.length > 0) interpolants[current].derivative(theta, out);
      else problem.f.bind(problem.p).rhs(t0, problem.u0, out);
      return out;
    },
  };
}

function bisect(starts: readonly number[], t: number, direction: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (direction * (t - starts[middle]) >= 0) low = middle;
    else high = middle;
  }
  return low;
}

function notKept(): never {
  throw new OdeError("INVALID_OPTION", 'Cannot evaluate the solution between saved times as option "dense" must be true: it was false, the default with saveAt');
}
