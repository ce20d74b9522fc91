import { assertPlugin } from "@fluxion/ode-core";

/** What the options of training hold besides numbers, by name: what it must be, and the method that it then has. */
const needs = {
  model: ["a vector field such as neuralODE({ dim: 2 })", "bind"],
  algorithm: ["an algorithm such as rk4()", "stepper"],
  sensealg: ["a sensitivity algorithm such as discreteAdjoint()", "linearize"],
  loss: ["a loss such as meanSquaredError()", "penalty"],
  optimizer: ["an optimiser such as adam()", "start"],
} as const;

/** Throws `INVALID_OPTION` unless each of the options given is such a one. */
export function assertPlugins(act: string, options: Readonly<Partial<Record<keyof typeof needs, unknown>>>): void {
  for (const [name, value] of Object.entries(options)) {
    const [needed, method] = needs[name as keyof typeof needs];
    assertPlugin("INVALID_OPTION", act, `option "${name}"`, needed, value, method);
  }
}
