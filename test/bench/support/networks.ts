// The networks that are compared with native programs written for them.
import type { TargetOptions } from "@fluxion/autodiff";
import { hamiltonianNN } from "@fluxion/hnn";
import { mlp, type DynamicsModel, type Network } from "@fluxion/nn-core";
import { neuralODE } from "@fluxion/node";
import { lagrangianNetwork, lnnModel } from "./lagrangian-network.ts";

/** A network of four states and two hidden layers of width H. */
export interface ComparedNetwork {
  /** Names it in results. */
  readonly name: string;
  /** Its header in `../native/networks`. */
  readonly native: "hamiltonian" | "lagrangian" | "neural-ode";
  readonly outputs: number;
  make(H: number, target: TargetOptions): DynamicsModel;
}

const network = (H: number): Network => mlp({ hidden: [H, H], activation: "softplus" });

export const comparedNetworks: readonly ComparedNetwork[] = [
  { name: lnnModel, native: "lagrangian", outputs: 1, make: lagrangianNetwork },
  { name: "hamiltonian 4-H-H-1 softplus", native: "hamiltonian", outputs: 1, make: (H, target) => hamiltonianNN({ coordinates: 2, network: network(H), ...target }) },
  { name: "neural ODE 4-H-H-4 softplus", native: "neural-ode", outputs: 4, make: (H, target) => neuralODE({ dim: 4, network: network(H), ...target }) },
];
