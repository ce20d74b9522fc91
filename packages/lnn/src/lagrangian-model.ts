import { concat, constant, dot, eulerLagrange, slice, sub, vjp, type TargetOptions, type Tensor } from "@fluxion/autodiff";
import { dynamicsModel, type ConservativeModel, type DynamicsModelParts, type ParamShapes, type ParamTree } from "@fluxion/nn-core";

/** The parts of a {@link lagrangianModel}. */
export interface LagrangianModelParts<S extends ParamShapes> {
  /** The factory's own name. */
  readonly name: string;
  /** Number d of generalised coordinates; the state is `u = (q, v)` of length 2 d. */
  readonly coordinates: number;
  /** Where the parameters come from: `params` names their shapes (`[]` for a number), `init` writes fresh ones. */
  readonly layer: DynamicsModelParts<S>["layer"];
  /** How to compile: a model's own options may be handed on as they are. Default: the defaults of each. */
  readonly target?: TargetOptions | undefined;
  /** `L(q[d], v[d])`, a traced scalar. */
  lagrangian(q: Tensor, v: Tensor, params: ParamTree<S, Tensor>): Tensor;
}

/**
 * A dynamics model from any parametrised Lagrangian: state `u = (q, v)`, `du/dt = (v, a)` with `a` from the
 * Euler-Lagrange equations, energy `v . dL/dv - L`.
 */
export function lagrangianModel<S extends ParamShapes>({ name, coordinates: d, layer, target = {}, lagrangian }: LagrangianModelParts<S>): ConservativeModel {
  const split = (u: Tensor): [q: Tensor, v: Tensor] => [slice(u, 0, d), slice(u, d, 2 * d)];
  return dynamicsModel({
    name,
    dim: 2 * d,
    layer,
    target,
    structure: "second-order",
    rhs: (_t, u, params) => {
      const [q, v] = split(u);
      return concat([v, eulerLagrange((q1, v1) => lagrangian(q1, v1, params))(q, v)]);
    },
    energy: (u, params) => {
      const [q, v] = split(u);
      const [value, pull] = vjp((v1) => lagrangian(q, v1, params), v);
      return sub(dot(v, pull(constant(1))[0]), value);
    },
  });
}
