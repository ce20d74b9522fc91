import { camelCase, pascalCase } from "./names.ts";

/** The text of a new model: a state that relaxes towards what a network says, to be replaced by the model's own equations. */
export const modelSource = (name: string): string => `import { sub, type BackendName } from "@fluxion/autodiff";
import { backendOption, dynamicsModel, networkOption, type DynamicsModel, type Network } from "@fluxion/nn-core";
import { option, readOptions } from "@fluxion/ode-core";

/** Options of {@link ${camelCase(name)}}. */
export interface ${pascalCase(name)}Options {
  /** Length n of the state. */
  readonly dim: number;
  /** Default \`mlp()\`. */
  readonly network?: Network;
  readonly backend?: BackendName;
}

/**
 * Relaxation towards a network: \`du/dt = net(u) - u\`.
 *
 * @throws OdeError \`INVALID_OPTION\`
 */
export function ${camelCase(name)}(options: ${pascalCase(name)}Options): DynamicsModel {
  const { dim, network, backend } = readOptions("${camelCase(name)}", options, { dim: option.count(), network: networkOption, backend: backendOption });
  const net = network(dim, dim);
  return dynamicsModel({
    name: "${camelCase(name)}",
    dim,
    layer: net,
    backend,
    // Every derivative that solvers and sensitivity algorithms ask for comes from this one function.
    rhs: (_t, u, params) => sub(net.apply(params, u), u),
  });
}
`;
