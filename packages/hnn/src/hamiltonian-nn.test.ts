import { div, mul, slice, sub, type Tensor } from "@fluxion/autodiff";
import { mlp, type Network } from "@fluxion/nn-core";
import { odeProblem, solve, tsit5, type VectorField } from "@fluxion/ode-core";
import { testVectorField } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { hamiltonianNN } from "./hamiltonian-nn.ts";
import { hnnModels } from "./models.ts";

const model = hamiltonianNN({ coordinates: 2, angles: [0], positionScale: 2, momentumScale: 3, energyScale: 1.5, network: mlp({ hidden: [6, 5] }) });
const params = model.init(4);

function rhs(field: VectorField, p: Float64Array, u: Float64Array): Float64Array {
  const out = new Float64Array(u.length);
  field.bind(p).rhs(0, u, out);
  return out;
}

describe("hamiltonianNN", () => {
  testVectorField(model, { u: [0.3, -0.4, 0.5, 0.7], p: params });

  test("dq/dt = dH/dp and dp/dt = -dH/dq, by differences of its energy", () => {
    const u = Float64Array.of(0.3, -0.4, 0.5, 0.7);
    const slope = (i: number): number => {
      const at = (h: number): number => model.energy(u.with(i, u[i] + h), params);
      return (8 * (at(1e-3) - at(-1e-3)) - (at(2e-3) - at(-2e-3))) / 12e-3;
    };
    const du = rhs(model, params, u);
    [slope(2), slope(3), -slope(0), -slope(1)].forEach((x, i) => {
      expect(Math.abs(x)).toBeGreaterThan(1e-3);
      expect(Math.abs(du[i] - x)).toBeLessThan(1e-10);
    });
  });

  test("keeps its energy along a tight rollout", () => {
    const u0 = Float64Array.of(0.9, -0.4, 1.5, -0.7);
    const { u, retcode } = solve(odeProblem(model, u0, [0, 10], params), tsit5(), { reltol: 1e-12, abstol: 1e-12, saveAt: 0.5 });
    expect(retcode).toBe("success");
    const energies = u.map((state) => model.energy(state, params));
    for (const energy of energies) expect(Math.abs(energy - energies[0])).toBeLessThan(1e-10);
    expect(Math.hypot(...u[10].map((x, i) => x - u0[i]))).toBeGreaterThan(0.5);
  });

  test("a separable Hamiltonian gives the closed form", () => {
    // On (cos q, sin q, p): H = p^2 / (2 m) - w cos q, a pendulum.
    const pendulum: Network = (inputs, outputs) => ({
      inputs,
      outputs,
      params: { mass: [1], weight: [1] },
      init: () => {},
      apply: (parameters, x) => {
        const { mass, weight } = parameters as unknown as { mass: Tensor; weight: Tensor };
        const p = slice(x, 2, 3);
        return sub(div(mul(p, p), mul(2, mass)), mul(weight, slice(x, 0, 1)));
      },
    });
    const made = hamiltonianNN({ coordinates: 1, angles: [0], network: pendulum });
    for (const [q, p] of [[0.4, 1.2], [3, -8], [-9, 0.1]]) {
      const du = rhs(made, Float64Array.of(2, 3), Float64Array.of(q, p));
      expect(du[0]).toBeCloseTo(p / 2, 14);
      expect(du[1]).toBeCloseTo(-3 * Math.sin(q), 14);
    }
  });

  test("says what it is", () => {
    expect(model).toMatchObject({ name: "hamiltonianNN", dim: 4, paramCount: 6 * 6 + 5 * 7 + 6 });
    expect(model.structure).toBeUndefined();
    expect(model.init(4)).toEqual(params);
    expect(model.init(5)).not.toEqual(params);
  });
});

test.each([
  [{}, "coordinates"],
  [{ coordinates: -1 }, "coordinates"],
  [{ coordinates: 1, angles: [1] }, "angles"],
  [{ coordinates: 1, network: 3 }, "network"],
  [{ coordinates: 1, positionScale: 0 }, "positionScale"],
  [{ coordinates: 1, momentumScale: 0 }, "momentumScale"],
  [{ coordinates: 1, energyScale: "1" }, "energyScale"],
  [{ coordinates: 1, velocityScale: 1 }, "velocityScale"],
])("the options %j are refused", (options, name) => {
  expect(() => hnnModels.hamiltonianNN(options as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) as string }));
});
