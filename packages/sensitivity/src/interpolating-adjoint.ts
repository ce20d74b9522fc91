import { option, readOptions, type OdeProblem, type OdeSolution, type SensitivityAlgorithm, type SensitivityContext, type SolveOptions, type VectorField } from "@fluxion/ode-core";
import { assertPullable, assertSucceeded } from "./assert-pullable.ts";
import type { VjpField } from "./taped-field.ts";

/** Options of {@link interpolatingAdjoint}. */
export interface InterpolatingAdjointOptions {
  /** Relative tolerance of the reverse solve. Default: that of the forward solve. */
  readonly reltol?: number;
  /** Absolute tolerance of the reverse solve. Default: that of the forward solve, the smallest one of several. */
  readonly abstol?: number;
}

/**
 * The continuous adjoint: with `J = f_u` and `F = f_p` along the dense forward solution it integrates `lambda' = -J' lambda`
 * and `q' = -F' lambda` backwards from zero; at each saved time lambda jumps by the gradient there. The result,
 * `du0 = lambda(t0)` and `dp = q(t0)`, is the gradient of the differential equation's solution to the tolerances of both solves:
 * a loose forward solve cannot be repaired by a tight reverse one. Needs no tableau.
 *
 * Cost of `pull`: one `vjp` and one interpolation per evaluation of a reverse solve of n + m equations. Memory: dense output.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Cao, Li, Petzold, Serban, SIAM J. Sci. Comput. 24 (2003) 1076-1089.
 */
export function interpolatingAdjoint(options: InterpolatingAdjointOptions = {}): SensitivityAlgorithm {
  // The fallbacks stand for the forward tolerances, known only when solving.
  readOptions("interpolatingAdjoint", options, { reltol: option.positive(1), abstol: option.nonNegative(1) });
  return {
    name: "interpolatingAdjoint",
    requires: ["vjp"],
    linearize(context) {
      const { problem, algorithm, solve } = context;
      const solution = solve(problem, algorithm, { ...context.options, dense: true });
      return {
        solution,
        pull(uBar) {
          assertPullable(solution, uBar);
          const n = problem.f.dim;
          const reverse = reverseSolver(context, solution, options);
          const z = new Float64Array(n + problem.p.length);
          let t = problem.tspan[1];
          for (let i = uBar.length - 1; i >= 0; i--) {
            reverse(t, solution.t[i], z);
            t = solution.t[i];
            for (let j = 0; j < n; j++) z[j] += uBar[i][j];
          }
          reverse(t, problem.tspan[0], z);
          return { du0: z.slice(0, n), dp: z.slice(n) };
        },
      };
    },
  };
}

/** Makes the function that takes `z = (lambda, q)` from one time to an earlier one in place. */
function reverseSolver({ problem, algorithm, options, solve }: SensitivityContext, solution: OdeSolution, tolerances: InterpolatingAdjointOptions): (from: number, to: number, z: Float64Array) => void {
  const { f, p } = problem;
  const n = f.dim;
  const field = adjointField(problem, solution);
  // What looks at the state or its components would be given lambda.
  const { onStep: _onStep, saveAt: _saveAt, isOutOfDomain: _isOutOfDomain, norm: _norm, abstol: forwardAbstol = 1e-9, dt, ...shared } = options;
  const reltol = tolerances.reltol ?? options.reltol ?? 1e-6;
  const abstol = tolerances.abstol ?? (typeof forwardAbstol === "number" ? forwardAbstol : Math.min(...Array.from(forwardAbstol)));
  // The first step after a jump is as long as the last one before it: choosing it anew costs evaluations at every saved time.
  let size = dt === undefined ? undefined : Math.abs(dt);
  const fixed = algorithm.stepper(f.bind(p), n, { reltol, abstol }).error === undefined || options.adaptive === false;
  return (from, to, z) => {
    if (from === to || z.subarray(0, n).every((x) => x === 0)) return;
    let [last, previous] = [0, 0];
    const reverseOptions: SolveOptions = {
      ...shared,
      reltol,
      abstol,
      dense: false,
      saveAt: [to],
      ...(size === undefined ? {} : { dt: size }),
      onStep: (_t, h) => {
        previous = last;
        last = Math.abs(h);
      },
    };
    const run = solve({ f: field, u0: z.slice(), tspan: [from, to], p }, algorithm, reverseOptions);
    assertSucceeded(`the solution backwards from t = ${from} to ${to}`, run);
    // The last step of a run is cut off at its end, so that the longer of two is the better guess.
    const longest = Math.max(last, previous);
    if (!fixed) size = run.stats.naccept === 1 && run.stats.nreject === 0 ? Math.max(longest, size ?? 0) : longest;
    z.set(run.u[0]);
  };
}

/** The right-hand side of the adjoint equations along `solution`. */
function adjointField({ f, p }: OdeProblem, solution: OdeSolution): VectorField {
  const n = f.dim;
  const m = p.length;
  const bound = f.bind(p) as VjpField;
  const [u, lambda, gradU] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  const gradP = bound.gradientBuffer?.() ?? new Float64Array(m);
  const rhs = (t: number, z: Float64Array, out: Float64Array): void => {
    for (let i = 0; i < n; i++) lambda[i] = z[i];
    gradP.fill(0);
    bound.vjp(t, solution.at(t, u), lambda, gradU, gradP);
    for (let i = 0; i < n; i++) out[i] = -gradU[i];
    for (let i = 0; i < m; i++) out[n + i] = -gradP[i];
  };
  return { dim: n + m, paramCount: m, provides: new Set(), bind: () => ({ rhs }) };
}
