import { hamiltonianNN } from "@fluxion/hnn";
import { lagrangianNN, structuredLagrangianNN } from "@fluxion/lnn";
import { mlp, type DynamicsModel } from "@fluxion/nn-core";
import { neuralODE, secondOrderNeuralODE } from "@fluxion/node";
import { fromConfig, linearize, odeProblem, tsit5 } from "@fluxion/ode-core";
import { sensealgs } from "@fluxion/sensitivity";
import { describe, expect, test } from "vitest";

const network = mlp({ hidden: [5, 4] });
const models: readonly DynamicsModel[] = [
  structuredLagrangianNN({ coordinates: 2, angles: [0], energyScale: 3, network }),
  lagrangianNN({ coordinates: 2, angles: [1], velocityScale: 2, network }),
  hamiltonianNN({ coordinates: 2, energyScale: 2, network }),
  neuralODE({ dim: 3, network }),
  secondOrderNeuralODE({ coordinates: 2, angles: [0, 1], network }),
];
const saveAt = [0, 0.35, 0.5, 1.1, 1.5];
const tolerance = 1e-11;

/** Gradients by `u0` and `p` of `sum_k weight_k . u(t_k)` with the sensealg that `name` stands for in a config. */
function gradients(model: DynamicsModel, name: string): { du0: Float64Array; dp: Float64Array } {
  const u0 = Float64Array.from({ length: model.dim }, (_, i) => 0.8 * Math.sin(1 + 2 * i));
  const problem = odeProblem(model, u0, [0, 1.5], model.init(7));
  const { solution, pull } = linearize(problem, tsit5(), { reltol: tolerance, abstol: tolerance, saveAt, sensealg: fromConfig(sensealgs, { name }) });
  return pull(solution.u.map((u, k) => u.map((_, i) => Math.cos(k + 3 * i))));
}

const norm = (x: Float64Array): number => Math.hypot(...x);
const distance = (x: Float64Array, y: Float64Array): number => norm(x.map((v, i) => v - y[i])) / norm(y);

describe.each(models)("$name", (model) => {
  const reference = gradients(model, "discreteAdjoint");

  test("the gradients are of an ordinary size, so that relative differences mean something", () => {
    for (const gradient of [reference.du0, reference.dp]) {
      expect(norm(gradient)).toBeGreaterThan(0.1);
      expect(norm(gradient)).toBeLessThan(1e3);
    }
  });

  const others = Object.keys(sensealgs).filter((name) => name !== "discreteAdjoint").map((name) => [name, name === "finiteDifference" ? 1e-6 : 1e-8] as const);
  test.each(others)("%s agrees with discreteAdjoint to %d", (name, bound) => {
    const { du0, dp } = gradients(model, name);
    expect(distance(du0, reference.du0)).toBeLessThan(bound);
    expect(distance(dp, reference.dp)).toBeLessThan(bound);
    // Equal to the last bit would mean that the name was not heeded.
    expect(distance(dp, reference.dp)).toBeGreaterThan(0);
  });
});
