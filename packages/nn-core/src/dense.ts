import { add, matmul, Tensor } from "@fluxion/autodiff";
import { OdeError, shown } from "@fluxion/ode-core";
import type { Activation } from "./activations.ts";
import { glorotUniform, type Initializer } from "./initializers.ts";
import type { DenseParams, Layer } from "./layer.ts";

/** What a dense layer may be given besides its sizes. */
export interface DenseOptions {
  /** Applied to each output. Default: none, a linear layer. */
  readonly activation?: Activation | undefined;
  /** Of the weights; biases start at 0. Default Glorot uniform. */
  readonly init?: Initializer | undefined;
}

/**
 * `y = activation(W x + b)` with `W[outputs, inputs]`, `b[outputs]`.
 *
 * @throws OdeError `INVALID_ARGUMENT` for bad sizes; where it is applied, `INVALID_TRACE` for an activation that returns no traced array, `SHAPE_MISMATCH` for one of another shape.
 */
export function dense(inputs: number, outputs: number, { activation, init = glorotUniform }: DenseOptions = {}): Layer<DenseParams> {
  if (![inputs, outputs].every((size) => Number.isInteger(size) && size >= 1)) throw new OdeError("INVALID_ARGUMENT", `Cannot make a dense layer as its sizes must be whole numbers >= 1: they are ${inputs} and ${outputs}`);
  return {
    inputs,
    outputs,
    params: { weight: [outputs, inputs], bias: [outputs] },
    init: ({ weight, bias }, random) => {
      init(weight.data, inputs, outputs, random);
      bias.data.fill(0);
    },
    apply: ({ weight, bias }, x) => {
      const y = add(matmul(weight, x), bias);
      return activation ? activated(activation, y) : y;
    },
  };
}

function activated(activation: Activation, y: Tensor): Tensor {
  const z: unknown = activation(y);
  if (!(z instanceof Tensor)) throw new OdeError("INVALID_TRACE", `Cannot apply the activation of a layer as it must return a traced array: it returned ${shown(z)}`);
  if (z.shape.join() !== y.shape.join()) throw new OdeError("SHAPE_MISMATCH", `Cannot apply the activation of a layer as it must return an array of the shape that it is given, [${y.shape.join(", ")}]: current shape is [${z.shape.join(", ")}]`);
  return z;
}
