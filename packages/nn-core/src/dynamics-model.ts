import { assertLength, option, type OptionSpec, type Structure, type VectorField } from "@fluxion/ode-core";
import { backends, compileScalar, tracedField, type BackendName, type Tensor } from "@fluxion/autodiff";
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

/** The parts of a {@link dynamicsModel}. */
export interface DynamicsModelParts<S extends ParamShapes> {
  readonly name: string;
  /** Length of the state. */
  readonly dim: number;
  /** Where the parameters come from. */
  readonly layer: Pick<Layer<S>, "params" | "init">;
  /** `du/dt[n]` as a traced function of the scalar `t`, of `u[n]` and of the named parameters. */
  rhs(t: Tensor, u: Tensor, params: ParamTree<S, Tensor>): Tensor;
  /** The conserved energy, a traced scalar. */
  energy?(u: Tensor, params: ParamTree<S, Tensor>): Tensor;
  readonly structure?: Structure;
  readonly backend?: BackendName;
}

/** Makes a dynamics model from a traced right-hand side over named parameters. */
export function dynamicsModel<S extends ParamShapes>({ name, dim, layer, rhs, energy, structure, backend = "auto" }: DynamicsModelParts<S>): DynamicsModel {
  const layout = parameterLayout(layer.params);
  const field = tracedField((t, u, p) => rhs(t, u, layout.unflatten(p)), { dim, paramCount: layout.size, backend, ...(structure ? { structure } : {}) });
  const scalar = energy && compileScalar((u, p) => energy(u, layout.unflatten(p)), dim, layout.size, backend);
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

/** The option of a model that picks the backend its kernels are compiled with. */
export const backendOption: OptionSpec<BackendName> = option.oneOf(["auto", ...(Object.keys(backends) as (keyof typeof backends)[])], "auto");
