// What the options of functions must not be: the compiler refuses each line, or `@ts-expect-error` would, and so does the function.
import { compile, tracedField } from "@fluxion/autodiff";
import { lagrangianNN } from "@fluxion/lnn";
import { adam, losses, meanSquaredError, mlp } from "@fluxion/nn-core";
import { algorithms, continuousCallback, fromConfig, odeProblem, piController, rodas4, solve, tsit5, vectorField } from "@fluxion/ode-core";
import { discreteAdjoint, gaussAdjoint, sensealgs } from "@fluxion/sensitivity";
import { expect, test } from "vitest";

const decay = odeProblem((_t, u, p, out) => void (out[0] = -p[0] * u[0]), [1], [0, 1], [2]);

const wrong: Readonly<Record<string, () => unknown>> = {
  // @ts-expect-error a function without options
  tsit5: () => tsit5({ reltol: 1e-8 }),
  // @ts-expect-error
  rodas4: () => rodas4({ autonomus: true }),
  // @ts-expect-error
  discreteAdjoint: () => discreteAdjoint({ reltol: 1e-8 }),
  // @ts-expect-error
  gaussAdjoint: () => gaussAdjoint({ rtol: 1e-8 }),
  // @ts-expect-error
  meanSquaredError: () => meanSquaredError({ delta: 1 }),
  // @ts-expect-error
  adam: () => adam({ lr: 0.1 }),
  // @ts-expect-error
  mlp: () => mlp({ width: 3 }),
  // @ts-expect-error
  lagrangianNN: () => lagrangianNN({ coordinates: 2, angle: [0] }),
  // @ts-expect-error
  solve: () => solve(decay, tsit5(), { rtol: 1e-8 }),
  // @ts-expect-error
  odeProblem: () => odeProblem((_t, u, _p, out) => void (out[0] = u[0]), [1], [0, 1], [], { mass: [1] }),
  // @ts-expect-error
  vectorField: () => vectorField((_t, u, _p, out) => void (out[0] = u[0]), { dim: 1, params: 2 }),
  // @ts-expect-error
  tracedField: () => tracedField((_t, u) => u, { dim: 1, paramcount: 3 }),
  // @ts-expect-error
  "tracedField, dtype": () => tracedField((_t, u) => u, { dim: 1, dtype: "f16" }),
  // @ts-expect-error
  compile: () => compile((x) => x, [[1]], { dype: "f32" }),
  // @ts-expect-error
  piController: () => piController({ beta1: 0.1, beta2: 0, qMax: 2 }),
  "piController, NaN": () => piController({ beta1: NaN, beta2: 0 }),
  // @ts-expect-error
  continuousCallback: () => continuousCallback({ condition: (_t, u) => u[0], directon: "rising" }),
  // @ts-expect-error
  "algorithms by name": () => fromConfig(algorithms, { name: "tsit5", reltol: 1e-8 }),
  // @ts-expect-error
  "sensitivity algorithms by name": () => fromConfig(sensealgs, { name: "gaussAdjoint", rtol: 1e-8 }),
};

test.each(Object.entries(wrong))("%s", (_name, call) => {
  expect(call).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});

test("names alone are configs", () => {
  expect(fromConfig(algorithms, { name: "tsit5" }).name).toBe("tsit5");
  expect(fromConfig(losses, { name: "meanSquaredError" }).name).toBe("meanSquaredError");
  expect(fromConfig(losses, { name: "huber", delta: 2 }).name).toBe("huber");
});
