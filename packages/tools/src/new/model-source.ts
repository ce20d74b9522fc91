import { camelCase, pascalCase } from "./names.ts";

/** The text of a new model: a working two-parameter oscillator, to be replaced by the model's own equations. */
export const modelSource = (name: string): string => `import { at, mul, neg, stack, sub, tracedField, type BackendName } from "@fluxion/autodiff";
import type { VectorField } from "@fluxion/ode-core";

/** Options of {@link ${camelCase(name)}}. */
export interface ${pascalCase(name)}Options {
  /** Default \`"auto"\`. */
  readonly backend?: BackendName;
}

/**
 * Oscillator \`dq/dt = v\`, \`dv/dt = -k q - c v\` of state \`u[2] = (q, v)\` and parameters \`p[2] = (k, c)\`.
 * Every derivative that solvers and sensitivity algorithms ask for comes from this one function.
 */
export function ${camelCase(name)}({ backend = "auto" }: ${pascalCase(name)}Options = {}): VectorField {
  return tracedField(
    (_t, u, p) => {
      const [q, v, k, c] = [at(u, 0), at(u, 1), at(p, 0), at(p, 1)];
      return stack([v, sub(neg(mul(k, q)), mul(c, v))]);
    },
    { dim: 2, paramCount: 2, structure: "second-order", backend },
  );
}
`;
