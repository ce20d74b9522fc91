import { concat, constant, dot, mul, neg, slice } from "@fluxion/autodiff";
import { testVectorField } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { targetOptions, dynamicsModel, type DynamicsModelParts } from "./dynamics-model.ts";

const parts: DynamicsModelParts<{ readonly stiffness: readonly [1] }> = {
  name: "oscillator",
  dim: 2,
  layer: {
    params: { stiffness: [1] },
    init: ({ stiffness }, random) => {
      stiffness.data[0] = random.uniform(1, 2);
    },
  },
  structure: "second-order",
  rhs: (_t, u, { stiffness }) => concat([slice(u, 1, 2), neg(mul(stiffness, slice(u, 0, 1)))]),
};
const oscillator = dynamicsModel({
  ...parts,
  energy: (u, { stiffness }) => mul(0.5, dot(u, mul(concat([stiffness, constant(1, [1])]), u))),
});

describe("a model of named parameters", () => {
  testVectorField(oscillator, { u: [0.4, -0.3], p: [2.5] });

  test("says what it is", () => {
    expect(oscillator).toMatchObject({ name: "oscillator", dim: 2, paramCount: 1, structure: "second-order", layout: { entries: [{ path: "stiffness", shape: [1], offset: 0, size: 1 }] } });
    expect(dynamicsModel({ ...parts, target: { backend: "interpreter" } }).energy).toBeUndefined();
  });

  test("draws its parameters from the seed", () => {
    expect(oscillator.init(3)).toEqual(oscillator.init(3));
    expect(oscillator.init(3)).not.toEqual(oscillator.init(4));
    expect(() => oscillator.init(-1)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("tells its energy, and refuses states and parameters of another length", () => {
    expect(oscillator.energy(Float64Array.of(3, 4), Float64Array.of(2))).toBe(17);
    const wrong = expect.objectContaining({ code: "SHAPE_MISMATCH" });
    expect(() => oscillator.energy(new Float64Array(3), Float64Array.of(2))).toThrow(wrong);
    expect(() => oscillator.energy(new Float64Array(2), new Float64Array(2))).toThrow(wrong);
  });

  test("a right-hand side of another length is found at the first bind or call", () => {
    const broken = dynamicsModel({ ...parts, rhs: (_t, u) => slice(u, 0, 1) });
    expect(() => broken.bind(Float64Array.of(1)).rhs(0, new Float64Array(2), new Float64Array(2))).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
  });
});

test("the target options know what there is", () => {
  const { backend, dtype, relaxedSimd } = targetOptions;
  expect([backend, dtype, relaxedSimd].map(({ fallback }) => fallback)).toEqual(["auto", "f64", "auto"]);
  expect(["auto", "js", "interpreter", "fortran"].map((name) => backend.accepts(name))).toEqual([true, true, true, false]);
  expect(["f64", "f32", "f16"].map((name) => dtype.accepts(name))).toEqual([true, true, false]);
  expect(["auto", false, true].map((value) => relaxedSimd.accepts(value))).toEqual([true, true, false]);
});

describe("a model in single precision", () => {
  testVectorField(dynamicsModel({ ...parts, target: { dtype: "f32" } }), { u: [0.4, -0.3], p: [2.5], dtype: "f32" });
});
