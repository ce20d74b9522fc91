import { CubicInterpolant, type OdeSolution } from "@fluxion/ode-core";

/**
 * The state of a dense solution at any time, also a little before its start, where stages of some methods look in the last step of a reverse solve: by the cubic
 * that states and slopes make at the start and four times as far after it. That takes as much from the error of the step as dense output of order 3 does.
 */
export function extendedState(solution: OdeSolution): (t: number, out: Float64Array) => Float64Array {
  const [t0, t1] = solution.problem.tspan;
  return (t, out) => {
    const before = (t0 - t) * Math.sign(t1 - t0);
    if (!(before > 0)) return solution.at(t, out);
    const h = Math.sign(t1 - t0) * Math.min(4 * before, Math.abs(t1 - t0));
    new CubicInterpolant(h, solution.at(t0), solution.at(t0 + h), solution.derivative(t0), solution.derivative(t0 + h)).at((t - t0) / h, out);
    return out;
  };
}
