import { hamiltonianNN } from "./hamiltonian-nn.ts";

/** The models of this package by name, for configs. */
export const hnnModels: {
  readonly hamiltonianNN: typeof hamiltonianNN;
} = {
  hamiltonianNN,
};
