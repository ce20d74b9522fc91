import type { OdeProblem, SensitivityAlgorithm, VectorField } from "@fluxion/ode-core";
import { assertPullable } from "./check-linearization.ts";
import { extendedState, type StretchedState } from "./extended-state.ts";
import { gradientScales, joined } from "./gradient-scales.ts";
import { pullScaled } from "./pull-scaled.ts";
import { adjointField, checkTolerances, solveBackwards, solveForwards, type ReverseTolerances } from "./reverse-solve.ts";
import { accumulate } from "./small-vectors.ts";
import type { VjpField } from "./taped-field.ts";

/** Options of {@link interpolatingAdjoint}. */
export type InterpolatingAdjointOptions = ReverseTolerances;

/**
 * The continuous adjoint: with `J = f_u` and `F = f_p` along the dense forward solution it integrates `lambda' = -J' lambda`
 * and `q' = -F' lambda` backwards from zero; at each saved time lambda jumps by the gradient there. The result,
 * `du0 = lambda(t0)` and `dp = q(t0)`, is the gradient of the differential equation's solution to the tolerances of both solves:
 * a loose forward solve cannot be repaired by a tight reverse one. Needs no tableau; goes through events that have derivatives.
 *
 * Cost of `pull`: one `vjp` and one interpolation per evaluation of a reverse solve of n + m equations, all of which its error control
 * looks at; `gaussAdjoint` solves n. A Jacobian, for implicit methods, takes n of each, and its matrix is that of lambda, as nothing depends on q; where the field promises its `bandwidth`, it has
 * the band transposed, and takes `lower + upper + 1` of each and m of `jvp` (n more without one or with m > n). Memory: dense output, and `n m` numbers for implicit methods.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Cao, Li, Petzold, Serban, SIAM J. Sci. Comput. 24 (2003) 1076-1089.
 */
export function interpolatingAdjoint(options: InterpolatingAdjointOptions = {}): SensitivityAlgorithm {
  checkTolerances("interpolatingAdjoint", options);
  return {
    name: "interpolatingAdjoint",
    requires: ["vjp"],
    solvesOtherField: true,
    supports: ["eventDerivatives"],
    linearize(context) {
      const { problem } = context;
      const forward = solveForwards(context);
      const { solution } = forward;
      return {
        solution,
        pull(uBar) {
          assertPullable(solution, uBar);
          return pullScaled(uBar, (scaled) => {
            const { states, parameters } = gradientScales(solution, scaled);
            const state = extendedState(solution);
            const { z, dp } = solveBackwards(context, forward, scaled, { field: adjointWithGradient(problem, state.at), scales: () => joined(states, parameters()), within: state.within }, options);
            const n = problem.f.dim;
            accumulate(1, z.subarray(n), dp);
            return { du0: z.slice(0, n), dp };
          });
        },
      };
    },
  };
}

/** The adjoint equation along a solution, with the gradient by the parameters. */
function adjointWithGradient(problem: OdeProblem, stateAt: StretchedState["at"]): VectorField {
  const { f, p } = problem;
  const [n, m] = [f.dim, p.length];
  const bound = f.bind(p) as VjpField;
  const [u, lambda, gradU] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const gradP = bound.gradientBuffer?.() ?? new Float64Array(m);
  const rhs = (t: number, z: Float64Array, out: Float64Array): void => {
    for (let i = 0; i < n; i++) lambda[i] = z[i];
    gradP.fill(0);
    bound.vjp(t, stateAt(t, u), lambda, gradU, gradP);
    for (let i = 0; i < n; i++) out[i] = -gradU[i];
    for (let i = 0; i < m; i++) out[n + i] = -gradP[i];
  };
  const weights = (i: number, out: Float64Array): void => void (out.fill(0)[i] = 1);
  return adjointField(problem, stateAt, { dim: n + m, rhs, weights });
}
