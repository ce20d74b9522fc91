import { evaluate, slice } from "@fluxion/autodiff";
import { mlp, seededRandom } from "@fluxion/nn-core";
import { odeProblem, solve, tsit5 } from "@fluxion/ode-core";
import { testVectorField } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { lnnModels } from "./models.ts";
import { structuredLagrangianNN } from "./structured-lagrangian-nn.ts";

const network = mlp({ hidden: [6, 5] });
const model = structuredLagrangianNN({ coordinates: 2, angles: [0], energyScale: 3, positionScale: 2, network });
const p = model.init(4);

/** The mass matrix at `q`, from the energy: its kinetic part is quadratic in v. */
function massMatrix(q: readonly number[], params: Float64Array): { a: number; b: number; c: number } {
  const energy = (v1: number, v2: number): number => model.energy(Float64Array.of(...q, v1, v2), params);
  const rest = energy(0, 0);
  const [a, c] = [2 * (energy(1, 0) - rest), 2 * (energy(0, 1) - rest)];
  return { a, b: energy(1, 1) - rest - a / 2 - c / 2, c };
}

describe("structuredLagrangianNN", () => {
  testVectorField(model, { u: [0.3, -0.4, 0.5, 0.7], p });
  testVectorField(structuredLagrangianNN({ coordinates: 2, angles: [0], energyScale: 3, positionScale: 2, network, dtype: "f32" }), { u: [0.3, -0.4, 0.5, 0.7], p, dtype: "f32" });
  testVectorField(structuredLagrangianNN({ coordinates: 3, network: mlp({ hidden: [4], activation: "softplus" }), backend: "interpreter" }), {
    u: [0.3, -0.4, 0.2, 0.5, 0.7, -1],
    p: structuredLagrangianNN({ coordinates: 3, network: mlp({ hidden: [4] }) }).init(2),
  });

  for (const dtype of ["f64", "f32"] as const) {
    testVectorField(structuredLagrangianNN({ coordinates: 2, angles: [0], network: mlp({ hidden: [9] }), backend: "js", dtype }), {
      u: [0.3, -0.4, 0.5, 0.7],
      p: structuredLagrangianNN({ coordinates: 2, angles: [0], network: mlp({ hidden: [9] }) }).init(2),
      dtype,
    });
  }

  test("keeps its own energy along a tight rollout", () => {
    const u0 = Float64Array.of(0.9, -0.4, 1.5, -0.7);
    const { u, retcode } = solve(odeProblem(model, u0, [0, 10], p), tsit5(), { reltol: 1e-12, abstol: 1e-12, saveAt: 0.5 });
    expect(retcode).toBe("success");
    const energies = u.map((state) => model.energy(state, p));
    const kinetic = energies[0] - model.energy(Float64Array.of(0.9, -0.4, 0, 0), p);
    for (const energy of energies) expect(Math.abs(energy - energies[0])).toBeLessThan(1e-9 * kinetic);
    // The motion is one: it does not keep its energy by standing still.
    expect(Math.hypot(u[5][0] - u0[0], u[5][1] - u0[1])).toBeGreaterThan(0.5);
  });

  test("has a positive definite mass matrix whatever its parameters and positions", () => {
    const random = seededRandom(8);
    for (let k = 0; k < 300; k++) {
      const size = 10 ** random.uniform(-1, 1);
      const { a, b, c } = massMatrix([random.uniform(-9, 9), random.uniform(-9, 9)], p.map(() => random.normal(0, size)));
      expect(a).toBeGreaterThan(0);
      // det(C C') is the squared product of C's diagonal, each entry above massFloor = 0.1; rounding comes with b^2.
      expect(a * c - b * b).toBeGreaterThan(1e-4 - 1e-12 * (b * b + a * c));
    }
  });

  test("starts with masses near 4.5: softplus(2) + massFloor, squared", () => {
    const { a, b, c } = massMatrix([0, 0], new Float64Array(p.length));
    const start = (Math.log1p(Math.exp(2)) + 0.1) ** 2;
    for (const [got, expected] of [[a, start], [b, 0], [c, start]]) expect(got).toBeCloseTo(expected, 12);
  });

  test("its potential is the scaled last output of the network at scaled positions", () => {
    const net = network(3, 4);
    const potential = evaluate((flat, x) => slice(net.apply(model.layout.unflatten(flat) as never, x), 3, 4), [p, [Math.cos(0.9), Math.sin(0.9), -0.4 / 2]])[0];
    expect(model.energy(Float64Array.of(0.9, -0.4, 0, 0), p)).toBeCloseTo(3 * potential, 14);
  });

  test("is periodic in its angles and in nothing else", () => {
    const at = (...u: number[]): number => model.energy(Float64Array.from(u), p);
    expect(at(0.3 + 2 * Math.PI, -0.4, 0.5, 0.7)).toBeCloseTo(at(0.3, -0.4, 0.5, 0.7), 13);
    expect(Math.abs(at(0.3, -0.4 + 2 * Math.PI, 0.5, 0.7) - at(0.3, -0.4, 0.5, 0.7))).toBeGreaterThan(1e-3);
  });

  test("says what it is", () => {
    expect(model).toMatchObject({ name: "structuredLagrangianNN", dim: 4, structure: "second-order" });
    expect(model.paramCount).toBe(6 * 4 + 5 * 7 + 4 * 6);
    expect(model.init(4)).toEqual(p);
    expect(model.init(5)).not.toEqual(p);
  });
});

test.each([
  [{}, "coordinates"],
  [{ coordinates: 0 }, "coordinates"],
  [{ coordinates: 2, angles: [2] }, "angles"],
  [{ coordinates: 2, network: "mlp" }, "network"],
  [{ coordinates: 2, positionScale: 0 }, "positionScale"],
  [{ coordinates: 2, energyScale: -1 }, "energyScale"],
  [{ coordinates: 2, massFloor: 0 }, "massFloor"],
  [{ coordinates: 2, backend: "fortran" }, "backend"],
  [{ coordinates: 2, velocityScale: 1 }, "velocityScale"],
])("the options %j are refused", (options, name) => {
  expect(() => lnnModels.structuredLagrangianNN(options as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) as string }));
});
