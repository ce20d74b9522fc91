import { neuralODE } from "./neural-ode.ts";
import { secondOrderNeuralODE } from "./second-order-neural-ode.ts";

/** The models of this package by name, for configs. */
export const nodeModels: {
  readonly neuralODE: typeof neuralODE;
  readonly secondOrderNeuralODE: typeof secondOrderNeuralODE;
} = {
  neuralODE,
  secondOrderNeuralODE,
};
