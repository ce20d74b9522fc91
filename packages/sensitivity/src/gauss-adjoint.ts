import type { SensitivityAlgorithm, VectorField } from "@fluxion/ode-core";
import { assertPullable } from "./assert-pullable.ts";
import { extendedState } from "./extended-state.ts";
import { gaussLegendre } from "./gauss-legendre.ts";
import { checkTolerances, solveBackwards, type ReverseTolerances } from "./reverse-solve.ts";
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
 * more as half the order of the method. Memory: dense output, and that of the reverse solve between two saved times.
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
      const { problem: { f, p }, algorithm, solve } = context;
      const starts: number[] = [];
      const { onStep } = context.options;
      const solution = solve(context.problem, algorithm, {
        ...context.options,
        dense: true,
        onStep: (t, h, u) => {
          starts.push(t);
          onStep?.(t, h, u);
        },
      });
      const { nodes, weights } = gaussLegendre(Math.ceil(algorithm.order / 2));
      return {
        solution,
        pull(uBar) {
          assertPullable(solution, uBar);
          const n = f.dim;
          const stateAt = extendedState(solution);
          const bound = f.bind(p) as VjpField;
          const sums = bound.gradientBuffer?.() ?? new Float64Array(p.length);
          const [u, lambda, product] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
          const field: VectorField = {
            dim: n,
            paramCount: p.length,
            provides: new Set(),
            bind: () => ({
              rhs: (t, z, out) => {
                // What this adds to the sums is of no use.
                bound.vjp(t, stateAt(t, u), z, product, sums);
                for (let i = 0; i < n; i++) out[i] = -product[i];
              },
            }),
          };
          const dp = new Float64Array(p.length);
          const du0 = solveBackwards(context, solution, uBar, field, options, (run, steps) => {
            sums.fill(0);
            for (const [t, h] of steps.flatMap((step) => parted(step, starts))) {
              nodes.forEach((x, k) => {
                const time = t + x * h;
                run.at(time, lambda);
                for (let i = 0; i < n; i++) lambda[i] *= -h * weights[k];
                bound.vjp(time, solution.at(time, u), lambda, product, sums);
              });
            }
            accumulate(1, sums, dp);
          });
          return { du0, dp };
        },
      };
    },
  };
}

/** The step from `t` by `h`, or what it is made of: it is parted at the `starts` of forward steps, in their order, that lie in it, where there are several. */
function parted(step: readonly [t: number, h: number], starts: readonly number[]): (readonly [t: number, h: number])[] {
  const [t, h] = step;
  const at = (time: number): number => (time - t) / h;
  // Reverse steps run against the order of the starts.
  const first = lowerBound(starts, (time) => at(time) < 1 - edge);
  const last = lowerBound(starts, (time) => at(time) <= edge);
  if (last - first < 2) return [step];
  const ends = [t, ...starts.slice(first, last).reverse(), t + h];
  return ends.slice(1).map((end, i) => [ends[i], end - ends[i]]);
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
