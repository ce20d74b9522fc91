import type { StepperContext } from "./algorithm.ts";
import { jacobianOf } from "./jacobian.ts";
import { luFactor, luSolve } from "./linear-algebra/lu.ts";
import { matrixLayout, multiply } from "./linear-algebra/matrix-layout.ts";
import { nullSpaces, type NullSpaces, type SparseVector } from "./linear-algebra/null-spaces.ts";
import type { OdeProblem } from "./problem.ts";
import { scaledNorm } from "./scaled-norm.ts";
import type { BoundField } from "./vector-field.ts";

/** What became of a state, and what that cost. */
export interface Consistency {
  readonly isChanged: boolean;
  /** Why the algebraic equations could not be solved: the state is as it was. */
  readonly fault?: string;
  readonly nf: number;
  readonly njac: number;
  readonly nlu: number;
}

/** What a singular mass matrix leaves of the equations; `undefined` without one. */
export function algebraOf({ f, massMatrix }: OdeProblem): NullSpaces | undefined {
  const spaces = massMatrix && nullSpaces(massMatrix, f.dim);
  return spaces && spaces.left.length > 0 ? spaces : undefined;
}

/** Changes of this part of the tolerances are none. */
const tolerance = 1e-3;
const maxIterations = 50;
/** Shorter steps than this part of Newton's are given up. */
const shortest = 1e-4;

/**
 * Makes `u[n]` satisfy the algebraic equations that a singular `M` leaves of `M du/dt = f(t, u)`: rows `l` with `l M = 0` ask for `l f = 0`. The
 * differential part `M u` is held, so that the change is one of columns `r` with `M r = 0`; for zero rows and columns of `M` these are the algebraic
 * equations and variables as they stand. A state that satisfies them to a part of the tolerances is left alone. By Newton's iteration with damping, in a
 * dense matrix of as many rows as there are algebraic equations.
 *
 * @source Brown, Hindmarsh, Petzold, SIAM J. Sci. Comput. 19 (1998) 1495-1512; Deuflhard, Newton Methods for Nonlinear Problems (2004), section 3.3, for the damping.
 */
export function makeConsistent({ left, right }: NullSpaces, f: BoundField, t: number, u: Float64Array, context: StepperContext): Consistency {
  const [n, m] = [u.length, left.length];
  const vector = (): Float64Array => new Float64Array(n);
  const [state, slope, step, full, trial, change, scaled] = [u.slice(), vector(), vector(), vector(), vector(), vector(), vector()];
  const [residual, next, moved] = [new Float64Array(m), new Float64Array(m), new Float64Array(m)];
  const newton = newtonMatrix({ left, right }, f, t, n, context);
  let nf = 0;
  const done = (isChanged: boolean, fault?: string): Consistency => {
    if (isChanged) u.set(state);
    return { isChanged, nf: nf + newton.nf, njac: newton.count, nlu: newton.count, ...(fault === undefined ? {} : { fault }) };
  };
  const evaluate = (at: Float64Array, out: Float64Array): void => {
    f.rhs(t, at, slope);
    nf++;
    left.forEach((row, i) => void (out[i] = -dot(row, slope)));
  };
  /** The change of the state that residuals ask for, by the last matrix. */
  const changeFor = (residuals: Float64Array, out: Float64Array): void => {
    moved.set(residuals);
    newton.solve(moved);
    out.fill(0);
    right.forEach((column, i) => add(moved[i], column, out));
  };
  const sizeOf = (x: Float64Array): number => {
    scaled.set(x);
    return scaledNorm(scaled, state, full, context);
  };
  evaluate(state, residual);
  // What is not finite is reported by the steps to come.
  if (residual.every((x) => x === 0) || !residual.every(Number.isFinite)) return done(false);
  for (let iteration = 0; iteration < maxIterations; iteration++) {
    if (!newton.factor(state)) {
      // A problem of higher index may start where its equations hold; some methods can solve those.
      const holds = iteration === 0 && residual.every((x) => Math.abs(x) <= tolerance * context.abstol);
      return done(false, holds ? undefined : "the algebraic equations do not determine the algebraic variables: the index of the problem is above 1, or they contradict each other");
    }
    changeFor(residual, step);
    for (let i = 0; i < n; i++) full[i] = state[i] + step[i];
    const size = sizeOf(step);
    const enough = Math.max(tolerance, rounding(full, context));
    if (size <= enough) {
      if (iteration > 0) state.set(full);
      return done(iteration > 0);
    }
    let part = 1;
    for (; part >= shortest; part /= 2) {
      for (let i = 0; i < n; i++) trial[i] = state[i] + part * step[i];
      evaluate(trial, next);
      changeFor(next, change);
      const rest = sizeOf(change);
      if (rest <= (1 - part / 4) * size || rest <= enough) break;
    }
    if (part < shortest) break;
    state.set(trial);
    residual.set(next);
  }
  const worst = residual.reduce((best, x, i) => (Math.abs(x) > Math.abs(residual[best]) ? i : best), 0);
  return done(false, `no values of the algebraic variables were found that satisfy the algebraic equations: component ${left[worst].at.join(" with ")} of the right-hand side still misses by ${Math.abs(residual[worst])}`);
}

/** Whether the algebraic equations leave algebraic variables open at `u[n]`, as those of a problem whose index is above 1 do. */
export function higherIndex(spaces: NullSpaces, f: BoundField, t: number, u: Float64Array, context: StepperContext): { readonly isHigher: boolean; readonly nf: number } {
  const newton = newtonMatrix(spaces, f, t, u.length, context);
  return { isHigher: !newton.factor(u), nf: newton.nf };
}

/** `l f_u r` for all rows `l` and columns `r`, in factors. */
interface NewtonMatrix {
  factor(u: Float64Array): boolean;
  solve(b: Float64Array): void;
  /** Evaluations of the right-hand side, and how often the matrix was made. */
  readonly nf: number;
  readonly count: number;
}

function newtonMatrix({ left, right }: NullSpaces, f: BoundField, t: number, n: number, context: StepperContext): NewtonMatrix {
  const m = left.length;
  const layout = matrixLayout(n, context);
  const jacobian = jacobianOf(f, n, context);
  const J = new Float64Array(jacobian.size);
  const lu = new Float64Array(m * m);
  const pivots = new Int32Array(m);
  const [column, product] = [new Float64Array(n), new Float64Array(n)];
  return {
    factor: (u) => {
      jacobian.evaluate(t, u, J);
      right.forEach((r, j) => {
        column.fill(0);
        add(1, r, column);
        multiply(layout, J, column, product);
        left.forEach((l, i) => void (lu[i * m + j] = dot(l, product)));
      });
      return luFactor(lu, m, pivots);
    },
    solve: (b) => luSolve(lu, m, pivots, b),
    get nf() {
      return jacobian.nf;
    },
    get count() {
      return jacobian.njac;
    },
  };
}

/** The size of a change by some units of rounding in every component. */
function rounding(u: Float64Array, context: StepperContext): number {
  return scaledNorm(u.map((x) => 16 * Number.EPSILON * x), u, u, context);
}

function dot({ at, x }: SparseVector, y: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < at.length; k++) sum += x[k] * y[at[k]];
  return sum;
}

function add(factor: number, { at, x }: SparseVector, out: Float64Array): void {
  for (let k = 0; k < at.length; k++) out[at[k]] += factor * x[k];
}
