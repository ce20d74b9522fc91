// Models whose right-hand sides cost fewer products of hidden layers than those of a Lagrangian network: test/product-units.test.ts counts them.
import type { TargetOptions } from "@fluxion/autodiff";
import { hamiltonianNN } from "@fluxion/hnn";
import { mlp, type DynamicsModel } from "@fluxion/nn-core";
import { neuralODE } from "@fluxion/node";

/** Units of a Lagrangian network of two coordinates: right-hand side and vector-Jacobian product. */
export const lagrangianUnits = 13;

interface Relative {
  readonly name: string;
  /** Right-hand side and vector-Jacobian product. */
  readonly units: number;
  make(H: number, target: TargetOptions): DynamicsModel;
}

const network = (H: number): ReturnType<typeof mlp> => mlp({ hidden: [H, H], activation: "softplus" });

export const relatives: readonly Relative[] = [
  { name: "hamiltonian 4-H-H-1 softplus", units: 6, make: (H, target) => hamiltonianNN({ coordinates: 2, network: network(H), ...target }) },
  { name: "neural ODE 4-H-H-4 softplus", units: 3, make: (H, target) => neuralODE({ dim: 4, network: network(H), ...target }) },
];
