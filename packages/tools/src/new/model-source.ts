import type { ModelName } from "./names.ts";

/** The text of a new model: a state that relaxes towards what a network says, to be replaced by the model's own equations. */
export const modelSource = ({ factory, options }: ModelName): string => `import { sub, type TargetOptions } from "@fluxion/autodiff";
import { dynamicsModel, makeNetwork, networkOption, targetOptions, type DynamicsModel, type Network } from "@fluxion/nn-core";
import { option, readOptions } from "@fluxion/ode-core";

/** Options of {@link ${factory}}. */
export interface ${options} extends TargetOptions {
  /** Length n of the state. */
  readonly dim: number;
  /** Default \`mlp()\`. */
  readonly network?: Network | undefined;
}

/**
 * Relaxation towards a network: \`du/dt = net(u) - u\`.
 *
 * @throws OdeError \`INVALID_OPTION\`; \`SHAPE_MISMATCH\` for a network of other sizes.
 */
export function ${factory}(options: ${options}): DynamicsModel {
  const { dim, network, ...target } = readOptions("${factory}", options, { dim: option.count(), network: networkOption, ...targetOptions });
  const net = makeNetwork(network, dim, dim);
  return dynamicsModel({
    name: "${factory}",
    dim,
    layer: net,
    target,
    // Every derivative that solvers and sensitivity algorithms ask for comes from this one function.
    rhs: (_t, u, params) => sub(net.apply(params, u), u),
  });
}
`;
