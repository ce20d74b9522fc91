import { gelu, softplus, tanh, type Tensor } from "@fluxion/autodiff";

/** A smooth traced function of the outputs of a layer, entry by entry: `(x) => mul(x, sigmoid(x))`. Gradients of Lagrangian networks need its third derivative. */
export type Activation = (x: Tensor) => Tensor;

/** The activations by name. */
export const activations: { readonly tanh: Activation; readonly softplus: Activation; readonly gelu: Activation } = { tanh, softplus, gelu };

/** A name of {@link activations}. */
export type ActivationName = keyof typeof activations;
