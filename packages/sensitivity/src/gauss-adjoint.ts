import type { SensitivityAlgorithm, VectorField } from "@fluxion/ode-core";
import { assertPullable } from "./assert-pullable.ts";
import { gaussLegendre } from "./gauss-legendre.ts";
import { checkTolerances, solveBackwards, type ReverseTolerances } from "./reverse-solve.ts";
import { accumulate } from "./small-vectors.ts";
import type { VjpField } from "./taped-field.ts";

/** Options of {@link gaussAdjoint}. */
export type GaussAdjointOptions = ReverseTolerances;

/**
 * The continuous adjoint with the parameters' part by quadrature: `lambda' = -J' lambda` is integrated backwards as
 * `interpolatingAdjoint` does it, and `dp`, the integral of `F' lambda`, is summed up by Gauss' formula over each of the steps, of
 * the order of the method. The error control looks at lambda alone. The choice among the continuous adjoints for many parameters. Needs no tableau.
 *
 * Cost of `pull`: one `vjp` and one interpolation per evaluation of a reverse solve of n equations, and per step as many
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
    linearize(context) {
      const { problem: { f, p }, algorithm, solve } = context;
      const solution = solve(context.problem, algorithm, { ...context.options, dense: true });
      const { nodes, weights } = gaussLegendre(Math.ceil(algorithm.order / 2));
      return {
        solution,
        pull(uBar) {
          assertPullable(solution, uBar);
          const n = f.dim;
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
                bound.vjp(t, solution.at(t, u), z, product, sums);
                for (let i = 0; i < n; i++) out[i] = -product[i];
              },
            }),
          };
          const dp = new Float64Array(p.length);
          const du0 = solveBackwards(context, solution, uBar, field, options, (run, steps) => {
            sums.fill(0);
            for (const [t, h] of steps) {
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
