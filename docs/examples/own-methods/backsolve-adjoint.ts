import { defaultTolerances, readOptions, type BoundField, type NoOptions, type OdeProblem, type SensitivityAlgorithm, type VectorField } from "@fluxion/ode-core";
import { assertPullable, assertSucceeded, pullScaled } from "@fluxion/sensitivity";

/**
 * The continuous adjoint as in torchdiffeq: it keeps the saved states only, and solves for the others once more, backwards along
 * with the adjoint `lambda' = -f_u' lambda` and the sums `q' = -f_p' lambda`. Not for stiff problems, whose solutions run apart backwards.
 *
 * Cost of `pull`: one `rhs` and one `vjp` per evaluation of a solve of 2 n + m equations from each saved time to the one before.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Chen, Rubanova, Bettencourt, Duvenaud, NeurIPS 2018, arXiv 1806.07366, algorithm 1.
 */
export function backsolveAdjoint(options: NoOptions = {}): SensitivityAlgorithm {
  readOptions("backsolveAdjoint", options, {});
  return {
    name: "backsolveAdjoint",
    requires: ["vjp"],
    solvesOtherField: true,
    linearize({ problem, algorithm, options: solveOptions, solve }) {
      const { f, p, tspan } = problem;
      const n = f.dim;
      const solution = solve(problem, algorithm, solveOptions);
      // What looks at the state or its components would be given more of them.
      const { onStep: _onStep, isOutOfDomain: _isOutOfDomain, norm: _norm, abstol = defaultTolerances.abstol, reltol: reltols = defaultTolerances.reltol, ...shared } = solveOptions;
      const reltol = typeof reltols === "number" ? reltols : Math.min(...Array.from(reltols));
      // The adjoint is of the size of 1, the state is not.
      const abstols = new Float64Array(2 * n + p.length).fill(1e-3 * reltol);
      abstols.set(typeof abstol === "number" ? new Float64Array(n).fill(abstol) : abstol);
      const backwards = { ...shared, reltol, abstol: abstols, dense: false };
      const field = augmented(problem);
      return {
        solution,
        pull(uBar) {
          assertPullable(solution, uBar);
          return pullScaled(uBar, (scaled) => {
            let z: Float64Array = new Float64Array(2 * n + p.length);
            for (let i = scaled.length - 1; i >= 0; i--) {
              z.set(solution.u[i]);
              for (let j = 0; j < n; j++) z[n + j] += scaled[i][j];
              const [from, to] = [solution.t[i], i > 0 ? solution.t[i - 1] : tspan[0]];
              const run = solve({ f: field, u0: z, tspan: [from, to], p }, algorithm, { ...backwards, saveAt: [to] });
              assertSucceeded(`the solution backwards from t = ${from} to ${to}`, run);
              [z] = run.u;
            }
            return { du0: z.slice(n, 2 * n), dp: z.slice(2 * n) };
          });
        },
      };
    },
  };
}

/** The right-hand side for `z = (u, lambda, q)`. */
function augmented({ f, p }: OdeProblem): VectorField {
  const n = f.dim;
  const bound = f.bind(p) as BoundField & Required<Pick<BoundField, "vjp">>;
  const [u, lambda, gradU, gradP] = [n, n, n, p.length].map((length) => new Float64Array(length));
  const rhs = (t: number, z: Float64Array, out: Float64Array): void => {
    for (let i = 0; i < n; i++) [u[i], lambda[i]] = [z[i], z[n + i]];
    bound.rhs(t, u, gradU);
    for (let i = 0; i < n; i++) out[i] = gradU[i];
    gradP.fill(0);
    bound.vjp(t, u, lambda, gradU, gradP);
    for (let i = 0; i < n; i++) out[n + i] = -gradU[i];
    for (let i = 0; i < gradP.length; i++) out[2 * n + i] = -gradP[i];
  };
  return { dim: 2 * n + p.length, paramCount: p.length, provides: new Set(), bind: () => ({ rhs }) };
}
