import { add, concat, dot, mul, sum, type TargetOptions } from "@fluxion/autodiff";
import { option, readOptions } from "@fluxion/ode-core";
import { angleFeatureCount, angleFeatures, makeNetwork, networkOption, targetOptions, type ConservativeModel, type Network } from "@fluxion/nn-core";
import { lagrangianModel } from "./lagrangian-model.ts";

/** Options of {@link lagrangianNN}. */
export interface LagrangianNNOptions extends TargetOptions {
  /** Number d of generalised coordinates; the state is `u = (q, v)` of length 2 d. */
  readonly coordinates: number;
  /** Which coordinates are angles: the network sees their cosine and sine. Default none. */
  readonly angles?: readonly number[] | undefined;
  /** Of `L`; smooth activations only. Default `mlp()`. */
  readonly network?: Network | undefined;
  /** Positions that are no angles are divided by this before the network. Default 1. */
  readonly positionScale?: number | undefined;
  /** Velocities are divided by this before the network. Default 1. */
  readonly velocityScale?: number | undefined;
  /** The network's output is multiplied by this. Default 1. */
  readonly energyScale?: number | undefined;
  /** Weight of the kinetic term `|v|^2 / 2` added to the network, so that the mass matrix starts regular. Default 1. */
  readonly massOffset?: number | undefined;
}

/**
 * A Lagrangian neural network: `L(q, v) = energyScale net(features(q), v / velocityScale) + massOffset |v|^2 / 2` with any
 * network, and accelerations from the Euler-Lagrange equations. It can represent every Lagrangian, velocity-linear terms
 * (magnetic fields) included; scales near the data's own decide whether it trains. For natural mechanical systems
 * `structuredLagrangianNN` is easier to train.
 *
 * @throws OdeError `INVALID_OPTION`; `SHAPE_MISMATCH` for a network of other sizes.
 * @source Cranmer et al. 2020, arXiv 2003.04630
 */
export function lagrangianNN(options: LagrangianNNOptions): ConservativeModel {
  const o = readOptions("lagrangianNN", options, {
    coordinates: option.count(),
    angles: option.indices([]),
    network: networkOption,
    positionScale: option.positive(1),
    velocityScale: option.positive(1),
    energyScale: option.positive(1),
    massOffset: option.nonNegative(1),
    ...targetOptions,
  });
  const net = makeNetwork(o.network, angleFeatureCount(o.coordinates, o.angles) + o.coordinates, 1);
  return lagrangianModel({
    name: "lagrangianNN",
    coordinates: o.coordinates,
    layer: net,
    target: o,
    lagrangian: (q, v, params) => {
      const features = concat([angleFeatures(q, o.angles, 1 / o.positionScale), mul(v, 1 / o.velocityScale)]);
      return add(mul(o.energyScale, sum(net.apply(params, features))), mul(o.massOffset / 2, dot(v, v)));
    },
  });
}
