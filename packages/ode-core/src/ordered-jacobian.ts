import type { ErrorScale } from "./scaled-norm.ts";
import type { JacobianEvaluator } from "./jacobian.ts";
import { gather, scatter } from "./linear-algebra/permute.ts";
import type { BoundField } from "./vector-field.ts";

/** `f` on vectors whose components are put in order; its `jacobian[n * n]` stays that of components in their own order. */
export function orderedField({ rhs, jvp, jacobian }: BoundField, order: Int32Array): BoundField {
  const [state, direction, result] = [new Float64Array(order.length), new Float64Array(order.length), new Float64Array(order.length)];
  return {
    rhs: (t, u, out) => {
      scatter(order, u, state);
      rhs(t, state, result);
      gather(order, result, out);
    },
    ...(jvp && {
      jvp: (t, u, du, dp, out) => {
        scatter(order, u, state);
        scatter(order, du, direction);
        jvp(t, state, direction, dp, result);
        gather(order, result, out);
      },
    }),
    ...(jacobian && {
      jacobian: (t, u, out) => {
        scatter(order, u, state);
        jacobian(t, state, out);
      },
    }),
  };
}

/** The tolerances of components that are put in order. */
export function orderedScale<T extends ErrorScale>(scale: T, order: Int32Array): T {
  return scale.abstols ? { ...scale, abstols: scale.abstols.map((_, k, all) => all[order[k]]) } : scale;
}

/** An evaluator for vectors in their own order by one for vectors that are put in order, of which Jacobians stay. */
export function inOwnOrder(evaluator: JacobianEvaluator, order: Int32Array): JacobianEvaluator {
  const [state, slope, result] = [new Float64Array(order.length), new Float64Array(order.length), new Float64Array(order.length)];
  return {
    size: evaluator.size,
    evaluate: (t, u, out) => {
      gather(order, u, state);
      evaluator.evaluate(t, state, out);
    },
    timeDerivative: (t, h, u, slopeThere, out) => {
      gather(order, u, state);
      gather(order, slopeThere, slope);
      evaluator.timeDerivative(t, h, state, slope, result);
      scatter(order, result, out);
    },
    norm: (J, u) => {
      gather(order, u, state);
      return evaluator.norm(J, state);
    },
    get nf() {
      return evaluator.nf;
    },
    get njac() {
      return evaluator.njac;
    },
  };
}
