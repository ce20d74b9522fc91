import { add, at, dot, gather, identity, matmul, mul, slice, softplus, sub, type TargetOptions, type Tensor } from "@fluxion/autodiff";
import { angleFeatureCount, angleFeatures, makeNetwork, networkOption, targetOptions, type ConservativeModel, type Network } from "@fluxion/nn-core";
import { option, readOptions } from "@fluxion/ode-core";
import { lagrangianModel } from "./lagrangian-model.ts";

/** Options of {@link structuredLagrangianNN}. */
export interface StructuredLagrangianNNOptions extends TargetOptions {
  /** Number d of generalised coordinates; the state is `u = (q, v)` of length 2 d. */
  readonly coordinates: number;
  /** Which coordinates are angles: the network sees their cosine and sine. Default none. */
  readonly angles?: readonly number[] | undefined;
  /** Of the mass matrix' Cholesky factor and the potential together; smooth activations only. Default `mlp()`. */
  readonly network?: Network | undefined;
  /** Positions that are no angles are divided by this before the network. Default 1. */
  readonly positionScale?: number | undefined;
  /** The potential is the network's last output times this. Default 1. */
  readonly energyScale?: number | undefined;
  /** Added to the diagonal of the Cholesky factor, so that the mass matrix' determinant stays above `massFloor^(2 d)`. Default 0.1. */
  readonly massFloor?: number | undefined;
}

/** Lower triangle `[d, d]` from its entries, row by row; softplus and a floor make the diagonal positive. */
function choleskyFactor(entries: Tensor, d: number, floor: number): Tensor {
  const index = (i: number, j: number): number => (i * (i + 1)) / 2 + j;
  const pick = (keep: (i: number, j: number) => boolean): Tensor =>
    gather(entries, Array.from({ length: d * d }, (_, k) => (keep(Math.floor(k / d), k % d) ? index(Math.floor(k / d), k % d) : -1)), [d, d]);
  const diagonal = gather(entries, Array.from({ length: d }, (_, i) => index(i, i)));
  // + 2 starts the masses near 4 with outputs near 0.
  return add(pick((i, j) => j < i), mul(identity(d), add(softplus(add(diagonal, 2)), floor)));
}

/**
 * A Lagrangian neural network for natural mechanical systems: `L = v' C(q) C(q)' v / 2 - V(q)` where one network gives the
 * Cholesky factor C of the mass matrix and the potential V. The mass matrix is positive definite by construction, which is
 * what makes it train where a black-box Lagrangian does not; it cannot represent velocity-linear terms.
 *
 * @throws OdeError `INVALID_OPTION`; `SHAPE_MISMATCH` for a network of other sizes.
 * @source Lutter et al. 2019, arXiv 1907.04490 (deep Lagrangian networks)
 */
export function structuredLagrangianNN(options: StructuredLagrangianNNOptions): ConservativeModel {
  const o = readOptions("structuredLagrangianNN", options, {
    coordinates: option.count(),
    angles: option.indices([]),
    network: networkOption,
    positionScale: option.positive(1),
    energyScale: option.positive(1),
    massFloor: option.positive(0.1),
    ...targetOptions,
  });
  const d = o.coordinates;
  const triangle = (d * (d + 1)) / 2;
  const net = makeNetwork(o.network, angleFeatureCount(d, o.angles), triangle + 1);
  return lagrangianModel({
    name: "structuredLagrangianNN",
    coordinates: d,
    layer: net,
    target: o,
    lagrangian: (q, v, params) => {
      const y = net.apply(params, angleFeatures(q, o.angles, 1 / o.positionScale));
      const momentum = matmul(v, choleskyFactor(slice(y, 0, triangle), d, o.massFloor));
      return sub(mul(0.5, dot(momentum, momentum)), mul(o.energyScale, at(y, triangle)));
    },
  });
}
