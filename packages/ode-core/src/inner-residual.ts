import type { MassProduct } from "./linear-algebra/iteration-matrix.ts";
import type { ErrorScale } from "./scaled-norm.ts";
import type { BoundField } from "./vector-field.ts";

/** Where in a step dense output is checked: where no method's error is zero for reasons of symmetry. */
export const innerPoint = 0.375;

/** How many times the tolerances an error of dense output may be: it is to be right, not as good as the ends of steps. */
export const leeway = 10;

/** The same of an order that is lower by far than that of the steps, which cannot follow tight tolerances without many more of them. */
export const leewayFor = ({ reltol }: ErrorScale): number => (reltol > 0 ? Math.max(leeway, reltol ** -0.25) : leeway);

/**
 * Turns the slope of a step's dense output at a point in it, `slope[n]`, into the residual `M slope - f(t, state)` of the state there, `state[n]`. What solves
 * `(alpha M - J) e = residual` is an estimate of the error of the state where the equations are stiff or algebraic, and the residual times a part of the
 * step where they are not. `scratch[n]` and `product[n]` are written to.
 *
 * @source Enright, Appl. Math. Comput. 31 (1989) 288-301 (control of the residual, there called defect; what the matrix makes of it: docs/decisions/0010).
 */
export function innerResidual(f: BoundField, t: number, state: Float64Array, slope: Float64Array, mass: MassProduct | undefined, scratch: Float64Array, product: Float64Array): void {
  if (mass) {
    mass(slope, product);
    slope.set(product);
  }
  f.rhs(t, state, scratch);
  for (let i = 0; i < slope.length; i++) slope[i] -= scratch[i];
}
