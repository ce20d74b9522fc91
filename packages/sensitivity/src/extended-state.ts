import { CubicInterpolant, type OdeSolution } from "@fluxion/ode-core";

/** A part of a solution without events within it. */
export type Stretch = readonly [start: number, end: number];

/** The state of a solution along the part of it that was named last. */
export interface StretchedState {
  at(t: number, out: Float64Array): Float64Array;
  /** Names the part: at its end it is the state before what happens there, at its start the one after. */
  within(stretch: Stretch): void;
}

/**
 * The state of a dense solution at any time of a stretch, also a little before its start, where stages of some methods look in the last step of a reverse solve: by the cubic
 * that states and slopes make at the start and four times as far after it. That takes as much from the error of the step as dense output of order 3 does.
 */
export function extendedState(solution: OdeSolution): StretchedState {
  const [t0, t1] = solution.problem.tspan;
  const direction = Math.sign(t1 - t0);
  let [start, end]: Stretch = [t0, t1];
  /** The last time of the stretch: at an event, the solution has the state after it. */
  let last = t1;
  return {
    at: (t, out) => {
      const before = (start - t) * direction;
      if (!(before > 0)) return solution.at((t - last) * direction > 0 ? last : t, out);
      const h = direction * Math.min(4 * before, Math.abs(end - start));
      const [from, to] = [start, start + h === end ? last : start + h];
      new CubicInterpolant(to - from, solution.at(from), solution.at(to), solution.derivative(from), solution.derivative(to)).at((t - from) / (to - from), out);
      return out;
    },
    within: (stretch) => {
      [start, end] = stretch;
      last = end === t1 ? t1 : end - direction * 2 ** -50 * Math.max(Math.abs(end), Math.abs(end - start));
    },
  };
}
