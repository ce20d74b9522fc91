export { nodeModels } from "./models.ts";
export { neuralODE, type NeuralODEOptions } from "./neural-ode.ts";
export { secondOrderNeuralODE, type SecondOrderNeuralODEOptions } from "./second-order-neural-ode.ts";
