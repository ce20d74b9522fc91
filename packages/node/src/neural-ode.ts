import type { TargetOptions } from "@fluxion/autodiff";
import { dynamicsModel, makeNetwork, networkOption, targetOptions, type DynamicsModel, type Network } from "@fluxion/nn-core";
import { option, readOptions } from "@fluxion/ode-core";

/** Options of {@link neuralODE}. */
export interface NeuralODEOptions extends TargetOptions {
  /** Length n of the state. */
  readonly dim: number;
  /** The right-hand side, from n inputs to n outputs. Default `mlp()`. */
  readonly network?: Network | undefined;
}

/**
 * A neural ODE: `du/dt = net(u)`.
 *
 * @throws OdeError `INVALID_OPTION`; `SHAPE_MISMATCH` for a network of other sizes.
 * @source Chen et al. 2018, arXiv 1806.07366
 */
export function neuralODE(options: NeuralODEOptions): DynamicsModel {
  const { dim, network, ...target } = readOptions("neuralODE", options, { dim: option.count(), network: networkOption, ...targetOptions });
  const net = makeNetwork(network, dim, dim);
  return dynamicsModel({ name: "neuralODE", dim, layer: net, target, rhs: (_t, u, params) => net.apply(params, u) });
}
