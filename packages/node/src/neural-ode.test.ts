import { mlp } from "@fluxion/nn-core";
import { odeProblem, solve, tsit5 } from "@fluxion/ode-core";
import { testVectorField } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { nodeModels } from "./models.ts";
import { neuralODE } from "./neural-ode.ts";

const model = neuralODE({ dim: 3, network: mlp({ hidden: [5] }) });
const p = model.init(3);

describe("neuralODE", () => {
  testVectorField(model, { u: [0.5, -0.3, 0.8], p });
  testVectorField(neuralODE({ dim: 3, network: mlp({ hidden: [5] }), backend: "interpreter" }), { u: [0.5, -0.3, 0.8], p });

  test("is du/dt = net(u), in plain numbers", () => {
    const [u, out] = [Float64Array.of(0.5, -0.3, 0.8), new Float64Array(3)];
    model.bind(p).rhs(0, u, out);
    const hidden = Array.from({ length: 5 }, (_, i) => Math.tanh(u.reduce((s, x, j) => s + p[3 * i + j] * x, p[15 + i])));
    out.forEach((x, i) => expect(x).toBeCloseTo(hidden.reduce((s, y, j) => s + p[20 + 5 * i + j] * y, p[35 + i]), 14));
  });

  test("with a linear network it turns as the matrix exponential does", () => {
    const linear = neuralODE({ dim: 2, network: mlp({ hidden: [] }) });
    const { u } = solve(odeProblem(linear, [1, 0], [0, 1], [-0.5, -3, 3, -0.5, 0, 0]), tsit5(), { reltol: 1e-12, abstol: 1e-12, saveAt: [1] });
    expect(u[0][0]).toBeCloseTo(Math.exp(-0.5) * Math.cos(3), 10);
    expect(u[0][1]).toBeCloseTo(Math.exp(-0.5) * Math.sin(3), 10);
  });

  test("says what it is", () => {
    expect(model).toMatchObject({ name: "neuralODE", dim: 3, paramCount: 38 });
    expect([model.structure, model.energy]).toEqual([undefined, undefined]);
    expect(model.init(3)).toEqual(p);
    expect(model.init(4)).not.toEqual(p);
  });
});

test.each([
  [{}, "dim"],
  [{ dim: 0 }, "dim"],
  [{ dim: 2, network: "mlp" }, "network"],
  [{ dim: 2, backend: "c" }, "backend"],
  [{ dim: 2, coordinates: 1 }, "coordinates"],
])("the options %j are refused", (options, name) => {
  expect(() => nodeModels.neuralODE(options as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) as string }));
});
