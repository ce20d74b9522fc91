import { camelCase, pascalCase } from "./names.ts";

/** The text of a new model: a state that relaxes towards what a network says, to be replaced by the model's own equations. */
export const modelSource = (name: string): string => `import { sub, type TargetOptions } from "@fluxion/autodiff";
import { dynamicsModel, networkOption, targetOptions, type DynamicsModel, type Network } from "@fluxion/nn-core";
import { option, readOptions } from "@fluxion/ode-core";

/** Options of {@link ${camelCase(name)}}. */
export interface ${pascalCase(name)}Options extends TargetOptions {
  /** Length n of the state. */
  readonly dim: number;
  /** Default \`mlp()\`. */
  readonly network?: Network;
}

/**
 * Relaxation towards a network: \`du/dt = net(u) - u\`.
 *
 * @throws OdeError \`INVALID_OPTION\`
 */
export function ${camelCase(name)}(options: ${pascalCase(name)}Options): DynamicsModel {
  const { dim, network, ...target } = readOptions("${camelCase(name)}", options, { dim: option.count(), network: networkOption, ...targetOptions });
  const net = network(dim, dim);
  return dynamicsModel({
    name: "${camelCase(name)}",
    dim,
    layer: net,
    target,
    // Every derivative that solvers and sensitivity algorithms ask for comes from this one function.
    rhs: (_t, u, params) => sub(net.apply(params, u), u),
  });
}
`;
