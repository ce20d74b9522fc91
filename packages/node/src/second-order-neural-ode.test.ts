import { mlp } from "@fluxion/nn-core";
import { odeProblem, solve, tsit5 } from "@fluxion/ode-core";
import { testVectorField } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { nodeModels } from "./models.ts";
import { secondOrderNeuralODE } from "./second-order-neural-ode.ts";

const model = secondOrderNeuralODE({ coordinates: 2, angles: [1], positionScale: 2, velocityScale: 4, accelerationScale: 5, network: mlp({ hidden: [6] }) });
const p = model.init(3);

describe("secondOrderNeuralODE", () => {
  testVectorField(model, { u: [0.5, -0.3, 0.8, 1.1], p });

  test("is dq/dt = v and dv/dt = scale net(q1 / 2, cos q2, sin q2, v / 4), in plain numbers", () => {
    const [u, out] = [Float64Array.of(0.5, -0.3, 0.8, 1.1), new Float64Array(4)];
    model.bind(p).rhs(0, u, out);
    expect([out[0], out[1]]).toEqual([0.8, 1.1]);
    const x = [0.25, Math.cos(-0.3), Math.sin(-0.3), 0.2, 0.275];
    const hidden = Array.from({ length: 6 }, (_, i) => Math.tanh(x.reduce((s, xj, j) => s + p[5 * i + j] * xj, p[30 + i])));
    for (const i of [0, 1]) expect(out[2 + i]).toBeCloseTo(5 * hidden.reduce((s, y, j) => s + p[36 + 6 * i + j] * y, p[48 + i]), 13);
  });

  test("with a linear network it is a damped oscillator", () => {
    const linear = secondOrderNeuralODE({ coordinates: 1, network: mlp({ hidden: [] }) });
    // dv/dt = -q - 0.2 v, from rest at 1.
    const { u } = solve(odeProblem(linear, [1, 0], [0, 3], [-1, -0.2, 0]), tsit5(), { reltol: 1e-12, abstol: 1e-12, saveAt: [3] });
    const w = Math.sqrt(1 - 0.01);
    const q = Math.exp(-0.3) * (Math.cos(3 * w) + (0.1 / w) * Math.sin(3 * w));
    expect(u[0][0]).toBeCloseTo(q, 10);
    expect(u[0][1]).toBeCloseTo((-Math.exp(-0.3) * Math.sin(3 * w)) / w, 10);
  });

  test("says what it is", () => {
    expect(model).toMatchObject({ name: "secondOrderNeuralODE", dim: 4, paramCount: 50, structure: "second-order" });
    expect(model.energy).toBeUndefined();
    expect(model.init(3)).toEqual(p);
    expect(model.init(4)).not.toEqual(p);
  });
});

test.each([
  [{}, "coordinates"],
  [{ coordinates: 2, angles: [5] }, "angles"],
  [{ coordinates: 2, network: [] }, "network"],
  [{ coordinates: 2, positionScale: 0 }, "positionScale"],
  [{ coordinates: 2, velocityScale: 0 }, "velocityScale"],
  [{ coordinates: 2, accelerationScale: 0 }, "accelerationScale"],
  [{ coordinates: 2, energyScale: 1 }, "energyScale"],
])("the options %j are refused", (options, name) => {
  expect(() => nodeModels.secondOrderNeuralODE(options as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) as string }));
});
