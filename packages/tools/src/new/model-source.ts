import { camelCase, pascalCase } from "./names.ts";

/** The text of a new model: a working neural ODE with a linear decay, to be replaced by the model's own equations. */
export const modelSource = (name: string): string => `import { mul, sub, type BackendName } from "@fluxion/autodiff";
import { backendOption, dynamicsModel, networkOption, type DynamicsModel, type Network } from "@fluxion/nn-core";
import { option, readOptions } from "@fluxion/ode-core";

/** Options of {@link ${camelCase(name)}}. */
export interface ${pascalCase(name)}Options {
  /** Length n of the state. */
  readonly dim: number;
  /** Rate of the decay in 1 / s. Default 1. */
  readonly decay?: number;
  /** Default \`mlp()\`. */
  readonly network?: Network;
  readonly backend?: BackendName;
}

/**
 * \`du/dt = net(u) - decay u\`. Every derivative that solvers and sensitivity algorithms ask for comes from this one function.
 *
 * @throws OdeError \`INVALID_OPTION\`
 */
export function ${camelCase(name)}(options: ${pascalCase(name)}Options): DynamicsModel {
  const { dim, decay, network, backend } = readOptions("${camelCase(name)}", options, {
    dim: option.count(),
    decay: option.nonNegative(1),
    network: networkOption,
    backend: backendOption,
  });
  const net = network(dim, dim);
  return dynamicsModel({ name: "${camelCase(name)}", dim, layer: net, backend, rhs: (_t, u, params) => sub(net.apply(params, u), mul(decay, u)) });
}
`;
