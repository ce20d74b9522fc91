import { concat, hamilton, mul, slice, sum, type TargetOptions, type Tensor } from "@fluxion/autodiff";
import { angleFeatureCount, angleFeatures, dynamicsModel, makeNetwork, networkOption, targetOptions, type ConservativeModel, type Network } from "@fluxion/nn-core";
import { option, readOptions } from "@fluxion/ode-core";

/** Options of {@link hamiltonianNN}. */
export interface HamiltonianNNOptions extends TargetOptions {
  /** Number d of canonical coordinates; the state is `u = (q, p)` of length 2 d. */
  readonly coordinates: number;
  /** Which coordinates are angles: the network sees their cosine and sine. Default none. */
  readonly angles?: readonly number[] | undefined;
  /** Of `H`; smooth activations only. Default `mlp()`. */
  readonly network?: Network | undefined;
  /** Positions that are no angles are divided by this before the network. Default 1. */
  readonly positionScale?: number | undefined;
  /** Momenta are divided by this before the network. Default 1. */
  readonly momentumScale?: number | undefined;
  /** The network's output is multiplied by this. Default 1. */
  readonly energyScale?: number | undefined;
}

/**
 * A Hamiltonian neural network on canonical coordinates: `H(q, p) = energyScale net(features(q), p / momentumScale)` and
 * `dq/dt = dH/dp`, `dp/dt = -dH/dq`. `H` itself is constant along exact solutions.
 *
 * @throws OdeError `INVALID_OPTION`; `SHAPE_MISMATCH` for a network of other sizes.
 * @source Greydanus et al. 2019, arXiv 1906.01563
 */
export function hamiltonianNN(options: HamiltonianNNOptions): ConservativeModel {
  const o = readOptions("hamiltonianNN", options, {
    coordinates: option.count(),
    angles: option.indices([]),
    network: networkOption,
    positionScale: option.positive(1),
    momentumScale: option.positive(1),
    energyScale: option.positive(1),
    ...targetOptions,
  });
  const d = o.coordinates;
  const net = makeNetwork(o.network, angleFeatureCount(d, o.angles) + d, 1);
  const energy = (q: Tensor, p: Tensor, params: Parameters<typeof net.apply>[0]): Tensor =>
    mul(o.energyScale, sum(net.apply(params, concat([angleFeatures(q, o.angles, 1 / o.positionScale), mul(p, 1 / o.momentumScale)]))));
  const split = (u: Tensor): [q: Tensor, p: Tensor] => [slice(u, 0, d), slice(u, d, 2 * d)];
  return dynamicsModel({
    name: "hamiltonianNN",
    dim: 2 * d,
    layer: net,
    target: o,
    rhs: (_t, u, params) => concat(hamilton((q, p) => energy(q, p, params))(...split(u))),
    energy: (u, params) => energy(...split(u), params),
  });
}
