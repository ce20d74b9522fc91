import { assertLength, option, readOptions, type OptionSpec, type Structure, type VectorField } from "@fluxion/ode-core";
import { backends, compileScalar, tracedField, type BackendName, type Dtype, type TargetOptions, type Tensor } from "@fluxion/autodiff";
import { parameterLayout, type ParamLayout, type ParamShapes, type ParamTree } from "./parameter-layout.ts";
import { seededRandom } from "./random.ts";
import type { Layer } from "./layer.ts";

/** A vector field with trainable parameters: what every model family makes. */
export interface DynamicsModel extends VectorField {
  /** The factory's own name. */
  readonly name: string;
  /** Names and places of the parameters in the flat vector. */
  readonly layout: ParamLayout<ParamShapes>;
  /** Fresh parameters `p[m]`; the same seed gives the same ones. @throws OdeError `INVALID_ARGUMENT` for a bad seed. */
  init(seed: number): Float64Array;
  /** The energy that the model itself conserves, if it has one, at `u[n]` with parameters `p[m]`. */
  energy?(u: Float64Array, p: Float64Array): number;
}

/** A model that conserves an energy of its own, as Lagrangian and Hamiltonian ones do. */
export type ConservativeModel = DynamicsModel & Required<Pick<DynamicsModel, "energy">>;

/** The parts of a {@link dynamicsModel}. */
export interface DynamicsModelParts<S extends ParamShapes> {
  /** The factory's own name. */
  readonly name: string;
  /** Length of the state. */
  readonly dim: number;
  /** Where the parameters come from: `params` names their shapes (`[]` for a number), `init` writes fresh ones. */
  readonly layer: Pick<Layer<S>, "params" | "init">;
  /** `du/dt[n]` as a traced function of the scalar `t`, of `u[n]` and of the named parameters. */
  rhs(t: Tensor, u: Tensor, params: ParamTree<S, Tensor>): Tensor;
  /** The conserved energy, a traced scalar. Default: none. */
  readonly energy?: ((u: Tensor, params: ParamTree<S, Tensor>) => Tensor) | undefined;
  /** Promises `u = (q, v)` with `dq/dt = v`. Default: no promise. */
  readonly structure?: Structure | undefined;
  /** How to compile: a model's own options may be handed on as they are. Default: the defaults of each. */
  readonly target?: TargetOptions | undefined;
}

/** Makes a dynamics model from a traced right-hand side over named parameters. @throws OdeError `INVALID_OPTION` for a bad target. */
export function dynamicsModel<S extends ParamShapes>(parts: DynamicsModelParts<S> & { readonly energy: (u: Tensor, params: ParamTree<S, Tensor>) => Tensor }): ConservativeModel;
export function dynamicsModel<S extends ParamShapes>(parts: DynamicsModelParts<S>): DynamicsModel;
export function dynamicsModel<S extends ParamShapes>({ name, dim, layer, rhs, energy, structure, target: { backend, dtype, relaxedSimd } = {} }: DynamicsModelParts<S>): DynamicsModel {
  const target = readOptions(name, { backend, dtype, relaxedSimd }, targetOptions);
  const layout = parameterLayout(layer.params);
  const field = tracedField((t, u, p) => rhs(t, u, layout.unflatten(p)), { dim, paramCount: layout.size, ...target, ...(structure ? { structure } : {}) });
  const scalar = energy && compileScalar((u, p) => energy(u, layout.unflatten(p)), dim, layout.size, target);
  return {
    ...field,
    name,
    layout: layout as unknown as ParamLayout<ParamShapes>,
    init: (seed) => {
      const p = new Float64Array(layout.size);
      layer.init(layout.views(p), seededRandom(seed));
      return p;
    },
    ...(scalar
      ? {
          energy: (u: Float64Array, p: Float64Array): number => {
            assertLength("u", u, dim);
            assertLength("p", p, layout.size);
            return scalar(u, p);
          },
        }
      : {}),
  };
}

/** The options of a model that say how its kernels are compiled, for `readOptions`. */
export const targetOptions: {
  readonly backend: OptionSpec<BackendName>;
  readonly dtype: OptionSpec<Dtype>;
  readonly relaxedSimd: OptionSpec<"auto" | false>;
} = {
  backend: option.oneOf(["auto", ...(Object.keys(backends) as (keyof typeof backends)[])], "auto"),
  dtype: option.oneOf(["f64", "f32"], "f64"),
  relaxedSimd: option.custom<"auto" | false>('"auto" or false', (value) => value === "auto" || value === false, "auto"),
};
