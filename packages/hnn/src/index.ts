export { hamiltonianNN, type HamiltonianNNOptions } from "./hamiltonian-nn.ts";
export { hnnModels } from "./models.ts";
