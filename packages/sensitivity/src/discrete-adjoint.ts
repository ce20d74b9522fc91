import { readOptions, timeTolerance, type SensitivityAlgorithm, type Tableau } from "@fluxion/ode-core";
import { assertPullable } from "./assert-pullable.ts";
import { StepTape } from "./step-tape.ts";
import { StepTranspose, type VjpField } from "./step-transpose.ts";

/** Options of {@link discreteAdjoint}: none. */
export type DiscreteAdjointOptions = Readonly<Record<never, never>>;

/**
 * Transposes the explicit Runge-Kutta steps that were taken, dense output included: the gradient of the computed solution,
 * exact to rounding whatever the step size. The choice of the step sizes is not differentiated: with step-size control the
 * steps count as given, and at loose tolerances the gradient is one of that sequence of steps and not of the differential equation.
 *
 * Cost of `pull`: per step and stage one `vjp`, and one `rhs` for all stages but the last. Memory: the state of every step.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Hager, Numer. Math. 87 (2000) 247-282; Sanz-Serna, SIAM Rev. 58 (2016) 3-33.
 */
export function discreteAdjoint(options: DiscreteAdjointOptions = {}): SensitivityAlgorithm {
  readOptions("discreteAdjoint", options, {});
  return {
    name: "discreteAdjoint",
    requires: ["vjp"],
    requiresTableau: true,
    linearize({ problem, algorithm, options: solveOptions, solve }) {
      const { f, p, tspan } = problem;
      const n = f.dim;
      const tape = new StepTape(n);
      const solution = solve(problem, algorithm, {
        ...solveOptions,
        onStep: (t, h, u) => {
          tape.push(t, h, u);
          solveOptions.onStep?.(t, h, u);
        },
      });
      const bound = f.bind(p);
      const transpose = new StepTranspose(algorithm.tableau as Tableau, bound as VjpField, n);
      const tolerance = timeTolerance(...tspan);
      return {
        solution,
        pull(uBar) {
          assertPullable(solution, uBar);
          const sums = bound.gradientBuffer?.() ?? new Float64Array(p.length);
          const du0 = new Float64Array(n);
          let saved = solution.t.length - 1;
          for (let i = tape.length - 1; i >= 0; i--) {
            const t = tape.t(i);
            const h = tape.h(i);
            const end = i + 1 < tape.length ? tape.t(i + 1) : tspan[1];
            const direction = Math.sign(h);
            transpose.begin(t, h, tape.states, i * n);
            // The states at the end of the step were saved as they are, those before it interpolated.
            for (; saved >= 0 && direction * (solution.t[saved] - end) >= -tolerance; saved--) add(uBar[saved], du0);
            for (; saved >= 0 && direction * (solution.t[saved] - t) > tolerance; saved--) transpose.addInside((solution.t[saved] - t) / h, uBar[saved]);
            transpose.pull(du0, sums);
          }
          for (; saved >= 0; saved--) add(uBar[saved], du0);
          return { dp: sums.slice(), du0 };
        },
      };
    },
  };
}

function add(x: Float64Array, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] += x[i];
}
