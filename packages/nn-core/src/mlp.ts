import { OdeError, option, readOptions, type OptionSpec } from "@fluxion/ode-core";
import { activations, type Activation, type ActivationName } from "./activations.ts";
import { chain } from "./chain.ts";
import { dense } from "./dense.ts";
import { initializers } from "./initializers.ts";
import type { Layer, Network } from "./layer.ts";

/** Options of {@link mlp}. */
export interface MlpOptions {
  /** Widths of the hidden layers. Default `[32, 32]`. */
  readonly hidden?: readonly number[] | undefined;
  /**
   * Of the hidden layers, `"tanh"`, `"softplus"`, `"gelu"`, or a traced function of your own such as `(x) => mul(x, sigmoid(x))`, smooth for Lagrangian and Hamiltonian networks; the last
   * layer is linear. JSON holds names only: `encodeModel` refuses a configuration with a function. Default `"tanh"`.
   */
  readonly activation?: ActivationName | Activation | undefined;
  /** How weights start, `"glorotUniform"` or `"glorotNormal"`, whatever the activation: no gain of its own is put in, as is right for a slope near 1 at 0. Biases start at 0. Default `"glorotUniform"`. */
  readonly init?: keyof typeof initializers | undefined;
}

const activationNames: OptionSpec<ActivationName> = option.oneOf(Object.keys(activations) as ActivationName[], "tanh");
const activationOption = option.custom<ActivationName | Activation>(`${activationNames.expected}, or a traced function`, (value) => typeof value === "function" || activationNames.accepts(value), "tanh");

/**
 * A fully connected network, its input and output sizes still open.
 *
 * @throws OdeError `INVALID_OPTION`; what {@link dense} throws of an activation, where the network is applied.
 */
export function mlp(options: MlpOptions = {}): Network {
  const { hidden, activation, init } = readOptions("mlp", options, {
    hidden: option.counts([32, 32]),
    activation: activationOption,
    init: option.oneOf(Object.keys(initializers) as (keyof typeof initializers)[], "glorotUniform"),
  });
  return (inputs, outputs) => {
    const sizes = [inputs, ...hidden, outputs];
    const last = sizes.length - 2;
    return chain(...sizes.slice(0, -1).map((n, i) => dense(n, sizes[i + 1], { init: initializers[init], ...(i < last ? { activation: typeof activation === "function" ? activation : activations[activation] } : {}) })));
  };
}

/** The option of a model that takes a network. */
export const networkOption: OptionSpec<Network> = option.custom<Network>("a network such as mlp()", (value) => typeof value === "function", mlp());

/** A model's network of given sizes. @throws OdeError `SHAPE_MISMATCH` when a network of one's own has other ones. */
export function makeNetwork(network: Network, inputs: number, outputs: number): Layer {
  const layer = network(inputs, outputs);
  if (layer.inputs !== inputs || layer.outputs !== outputs) {
    throw new OdeError("SHAPE_MISMATCH", `Cannot use the network as it must take ${inputs} inputs and give ${outputs} outputs: it has ${layer.inputs} and ${layer.outputs}`);
  }
  return layer;
}

/** The networks by name, for configs. */
export const networks: { readonly mlp: typeof mlp } = { mlp };
