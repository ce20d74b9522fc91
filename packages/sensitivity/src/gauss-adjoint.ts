import type { OdeSolution, SensitivityAlgorithm, VectorField } from "@fluxion/ode-core";
import { assertPullable } from "./assert-pullable.ts";
import { extendedState } from "./extended-state.ts";
import { gaussLegendre } from "./gauss-legendre.ts";
import { gradientScales } from "./gradient-scales.ts";
import { pullScaled } from "./pull-scaled.ts";
import { checkTolerances, linearField, solveBackwards, solveForwards, type AfterRun, type ReverseTolerances, type Step } from "./reverse-solve.ts";
import { accumulate } from "./small-vectors.ts";
import type { VjpField } from "./taped-field.ts";

/** Options of {@link gaussAdjoint}. */
export type GaussAdjointOptions = ReverseTolerances;

/**
 * The continuous adjoint with the parameters' part by quadrature: `lambda' = -J' lambda` is integrated backwards as
 * `interpolatingAdjoint` does it, and `dp`, the integral of `F' lambda`, is summed up by Gauss' formula over each of the steps, of
 * the order of the method; steps that span whole steps of the forward solve are parted where these end, as the error control looks at lambda alone,
 * which may be smoother than F. The choice among the continuous adjoints for many parameters. Needs no tableau.
 *
 * Cost of `pull`: one `vjp` and one interpolation per evaluation of a reverse solve of n equations, and per step, or part of one, as many
 * more as half the order of the method. A Jacobian, for implicit methods, takes n of each. Memory: dense output, and that of the reverse solve between two saved times.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Norcliffe, Deisenroth, Trans. Mach. Learn. Res. (2023), arXiv 2308.10644.
 */
export function gaussAdjoint(options: GaussAdjointOptions = {}): SensitivityAlgorithm {
  checkTolerances("gaussAdjoint", options);
  return {
    name: "gaussAdjoint",
    requires: ["vjp"],
    solvesOtherField: true,
    linearize(context) {
      const forward = solveForwards(context);
      const { solution } = forward;
      const starts = forward.steps.map(([t]) => t);
      const rule = gaussLegendre(Math.ceil(context.algorithm.order / 2));
      return {
        solution,
        pull(uBar) {
          assertPullable(solution, uBar);
          return pullScaled(uBar, (scaled) => {
            const { field, addUp, sum } = adjointWithSum(solution, starts, rule);
            const du0 = solveBackwards(context, forward, scaled, { field, scales: gradientScales(solution, scaled).states, afterRun: addUp }, options);
            return { du0, dp: sum };
          });
        },
      };
    },
  };
}

/** The adjoint equation along `solution`, and what adds the parameters' part of each of its solves to `sum[m]`. */
function adjointWithSum(solution: OdeSolution, starts: readonly number[], { nodes, weights }: ReturnType<typeof gaussLegendre>): { field: VectorField; addUp: AfterRun; sum: Float64Array } {
  const { f, p } = solution.problem;
  const n = f.dim;
  const stateAt = extendedState(solution);
  const bound = f.bind(p) as VjpField;
  const part = bound.gradientBuffer?.() ?? new Float64Array(p.length);
  const sum = new Float64Array(p.length);
  const [u, lambda, product] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const rhs = (t: number, z: Float64Array, out: Float64Array): void => {
    // What this adds to the part is of no use.
    bound.vjp(t, stateAt(t, u), z, product, part);
    for (let i = 0; i < n; i++) out[i] = -product[i];
  };
  const addUp: AfterRun = (run, steps) => {
    part.fill(0);
    for (const [t, h] of steps.flatMap((step) => parted(step, starts))) {
      nodes.forEach((x, k) => {
        const time = t + x * h;
        run.at(time, lambda);
        for (let i = 0; i < n; i++) lambda[i] *= -h * weights[k];
        bound.vjp(time, solution.at(time, u), lambda, product, part);
      });
    }
    accumulate(1, part, sum);
  };
  return { field: linearField(n, n, rhs), addUp, sum };
}

/** The step from `t` by `h`, or what it is made of: it is parted at the `starts` of forward steps, in their order, that lie in it, where there are several. */
function parted(step: Step, starts: readonly number[]): Step[] {
  const [t, h] = step;
  const at = (time: number): number => (time - t) / h;
  // Reverse steps run against the order of the starts.
  const first = lowerBound(starts, (time) => at(time) < 1 - edge);
  const last = lowerBound(starts, (time) => at(time) <= edge);
  if (last - first < 2) return [step];
  const ends = [t, ...starts.slice(first, last).reverse(), t + h];
  return ends.slice(1).map((end, i): Step => [ends[i], end - ends[i]]);
}

/** Ends of steps that differ by this part of the step are the same but for rounding. */
const edge = 1e-9;

/** Index of the first of the values, of which `holds` is false and then true. */
function lowerBound(values: readonly number[], holds: (value: number) => boolean): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(values[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}
