import { concat, mul, slice, type TargetOptions } from "@fluxion/autodiff";
import { angleFeatureCount, angleFeatures, dynamicsModel, makeNetwork, networkOption, targetOptions, type DynamicsModel, type Network } from "@fluxion/nn-core";
import { option, readOptions } from "@fluxion/ode-core";

/** Options of {@link secondOrderNeuralODE}. */
export interface SecondOrderNeuralODEOptions extends TargetOptions {
  /** Number d of coordinates; the state is `u = (q, v)` of length 2 d. */
  readonly coordinates: number;
  /** Which coordinates are angles: the network sees their cosine and sine. Default none. */
  readonly angles?: readonly number[] | undefined;
  /** Of the accelerations. Default `mlp()`. */
  readonly network?: Network | undefined;
  /** Positions that are no angles are divided by this before the network. Default 1. */
  readonly positionScale?: number | undefined;
  /** Velocities are divided by this before the network. Default 1. */
  readonly velocityScale?: number | undefined;
  /** The network's output is multiplied by this. Default 1. */
  readonly accelerationScale?: number | undefined;
}

/**
 * A second-order neural ODE: `dq/dt = v`, `dv/dt = accelerationScale net(features(q), v / velocityScale)`. The baseline that a
 * Lagrangian network must beat: it shares the second-order structure and lacks only the conserved energy.
 *
 * @throws OdeError `INVALID_OPTION`; `SHAPE_MISMATCH` for a network of other sizes.
 * @source Gruver et al. 2022, arXiv 2202.04836
 */
export function secondOrderNeuralODE(options: SecondOrderNeuralODEOptions): DynamicsModel {
  const o = readOptions("secondOrderNeuralODE", options, {
    coordinates: option.count(),
    angles: option.indices([]),
    network: networkOption,
    positionScale: option.positive(1),
    velocityScale: option.positive(1),
    accelerationScale: option.positive(1),
    ...targetOptions,
  });
  const d = o.coordinates;
  const net = makeNetwork(o.network, angleFeatureCount(d, o.angles) + d, d);
  return dynamicsModel({
    name: "secondOrderNeuralODE",
    dim: 2 * d,
    layer: net,
    target: o,
    structure: "second-order",
    rhs: (_t, u, params) => {
      const v = slice(u, d, 2 * d);
      const features = concat([angleFeatures(slice(u, 0, d), o.angles, 1 / o.positionScale), mul(v, 1 / o.velocityScale)]);
      return concat([v, mul(o.accelerationScale, net.apply(params, features))]);
    },
  });
}
