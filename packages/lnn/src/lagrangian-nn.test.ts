import { mlp, type Network } from "@fluxion/nn-core";
import { odeProblem, solve, tsit5 } from "@fluxion/ode-core";
import { testVectorField } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { lagrangianNN } from "./lagrangian-nn.ts";
import { lnnModels } from "./models.ts";

const model = lagrangianNN({ coordinates: 2, angles: [1], positionScale: 2, velocityScale: 3, energyScale: 1.5, massOffset: 0.8, network: mlp({ hidden: [6] }) });
const p = model.init(4).map((x, i) => x + 0.1 * Math.sin(i));

/** The same Lagrangian in plain numbers: one hidden layer of six on q1 / 2, cos q2, sin q2, v / 3. */
function lagrangian(q: readonly number[], v: readonly number[]): number {
  const x = [q[0] / 2, Math.cos(q[1]), Math.sin(q[1]), v[0] / 3, v[1] / 3];
  let net = p[6 * 5 + 6 + 6];
  for (let i = 0; i < 6; i++) {
    const z = x.reduce((s, xj, j) => s + p[i * 5 + j] * xj, p[30 + i]);
    net += p[36 + i] * Math.tanh(z);
  }
  return 1.5 * net + 0.4 * (v[0] ** 2 + v[1] ** 2);
}

type Place = readonly [q: readonly number[], v: readonly number[]];
const shifted = ([q, v]: Place, i: number, h: number): Place => [q.map((x, j) => (j === i ? x + h : x)), v.map((x, j) => (j + 2 === i ? x + h : x))];
const h = 1e-3;
/** Fourth-order central difference of `f` by entry `i` of (q, v). */
const difference = (f: (...at: Place) => number, at: Place, i: number): number =>
  (8 * (f(...shifted(at, i, h)) - f(...shifted(at, i, -h))) - (f(...shifted(at, i, 2 * h)) - f(...shifted(at, i, -2 * h)))) / (12 * h);

describe("lagrangianNN", () => {
  testVectorField(model, { u: [0.3, -0.4, 0.5, 0.7], p });
  const three = lagrangianNN({ coordinates: 3, network: mlp({ hidden: [4], activation: "gelu" }), backend: "interpreter" });
  testVectorField(three, { u: [0.3, -0.4, 0.2, 0.5, 0.7, -1], p: three.init(2) });

  test("its accelerations satisfy the Euler-Lagrange equations of its Lagrangian, by differences", () => {
    for (let k = 0; k < 20; k++) {
      const u = Float64Array.from({ length: 4 }, (_, i) => 2 * Math.sin(3 * k + 2 * i));
      const out = new Float64Array(4);
      model.bind(p).rhs(0, u, out);
      const at: Place = [[u[0], u[1]], [u[2], u[3]]];
      expect([...out.subarray(0, 2)]).toEqual(at[1]);
      for (const i of [0, 1]) {
        const momentum = (...place: Place): number => difference(lagrangian, place, 2 + i);
        const rate = [0, 1].reduce((s, j) => s + difference(momentum, at, j) * u[2 + j] + difference(momentum, at, 2 + j) * out[2 + j], 0);
        expect(Math.abs(rate - difference(lagrangian, at, i))).toBeLessThan(1e-8);
      }
      const energy = [0, 1].reduce((s, i) => s + u[2 + i] * difference(lagrangian, at, 2 + i), -lagrangian(...at));
      expect(Math.abs(model.energy(u, p) - energy)).toBeLessThan(1e-10);
    }
  });

  test("keeps its own energy along a tight rollout", () => {
    const u0 = Float64Array.of(0.9, -0.4, 1.5, -0.7);
    const { u, retcode } = solve(odeProblem(model, u0, [0, 5], p), tsit5(), { reltol: 1e-12, abstol: 1e-12, saveAt: 0.5 });
    expect(retcode).toBe("success");
    const energies = u.map((state) => model.energy(state, p));
    for (const energy of energies) expect(Math.abs(energy - energies[0])).toBeLessThan(1e-9);
    expect(Math.hypot(u[5][0] - u0[0], u[5][1] - u0[1])).toBeGreaterThan(0.5);
  });

  test("without a network it is a free particle", () => {
    const free = lagrangianNN({ coordinates: 2, network: mlp({ hidden: [3] }) });
    const out = new Float64Array(4);
    free.bind(new Float64Array(free.paramCount)).rhs(0, Float64Array.of(1, 2, 3, 4), out);
    expect(out.map((x) => x + 0)).toEqual(Float64Array.of(3, 4, 0, 0));
    expect(free.energy(Float64Array.of(1, 2, 3, 4), new Float64Array(free.paramCount))).toBe(12.5);
  });

  test("says what it is", () => {
    expect(model).toMatchObject({ name: "lagrangianNN", dim: 4, structure: "second-order", paramCount: 43 });
    expect(model.init(4)).toEqual(model.init(4));
    expect(model.init(5)).not.toEqual(model.init(4));
  });
});

test("a network of one's own must have the sizes that the model asks for", () => {
  for (const outputs of [0, 2]) {
    const network: Network = (inputs, wanted) => mlp({ hidden: [3] })(inputs, wanted + outputs);
    const make = (): unknown => [lnnModels.lagrangianNN, lnnModels.structuredLagrangianNN].map((factory) => factory({ coordinates: 2, network }));
    if (outputs === 0) expect(make).not.toThrow();
    else expect(make).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH", message: expect.stringContaining("give 1 outputs: it has 4 and 3") as string }));
  }
});

test.each([
  [{}, "coordinates"],
  [{ coordinates: 1.5 }, "coordinates"],
  [{ coordinates: 2, angles: [0, 0] }, "angles"],
  [{ coordinates: 2, network: {} }, "network"],
  [{ coordinates: 2, positionScale: 0 }, "positionScale"],
  [{ coordinates: 2, velocityScale: 0 }, "velocityScale"],
  [{ coordinates: 2, energyScale: Number.NaN }, "energyScale"],
  [{ coordinates: 2, massOffset: -1 }, "massOffset"],
  [{ coordinates: 2, massFloor: 1 }, "massFloor"],
])("the options %j are refused", (options, name) => {
  expect(() => lnnModels.lagrangianNN(options as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) as string }));
});
