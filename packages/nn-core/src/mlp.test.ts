import { evaluate, gelu, mean, mul, sigmoid, sin, slice, softplus, tanh, type Tensor } from "@fluxion/autodiff";
import { describe, expect, test } from "vitest";
import { chain } from "./chain.ts";
import { dense } from "./dense.ts";
import { glorotNormal, type Initializer } from "./initializers.ts";
import type { Layer } from "./layer.ts";
import { mlp, networkOption, networks } from "./mlp.ts";
import { parameterLayout } from "./parameter-layout.ts";
import { seededRandom } from "./random.ts";

/** Fresh parameters of a layer, biases moved off zero so that they count. */
function parametersOf(layer: Layer, seed = 3): Float64Array {
  const { size, views } = parameterLayout(layer.params);
  const p = new Float64Array(size);
  layer.init(views(p), seededRandom(seed));
  return p;
}
const shifted = (p: Float64Array): Float64Array => p.map((x, i) => x + 0.1 * Math.sin(i));
const valueOf = (layer: Layer, p: Float64Array, x: readonly number[]): Float64Array =>
  evaluate((flat: Tensor, input: Tensor) => layer.apply(parameterLayout(layer.params).unflatten(flat), input), [p, [...x]]);

/** `W x + b` with parameters laid out as weight, then bias. */
function affine(p: Float64Array, offset: number, outputs: number, x: ArrayLike<number>): number[] {
  const inputs = x.length;
  return Array.from({ length: outputs }, (_, i) => {
    let sum = p[offset + outputs * inputs + i];
    for (let j = 0; j < inputs; j++) sum += p[offset + i * inputs + j] * x[j];
    return sum;
  });
}

const expectClose = (got: ArrayLike<number>, expected: readonly number[]): void => {
  expect(got.length).toBe(expected.length);
  expected.forEach((x, i) => expect(Math.abs(got[i] - x)).toBeLessThan(1e-14 * Math.max(1, Math.abs(x))));
};

const x = [0.3, -1.2, 0.7];

describe("dense", () => {
  test("is W x + b, row-major, and the activation of it", () => {
    const layer = dense(3, 2) as Layer<never> as Layer;
    const p = shifted(parametersOf(layer));
    expectClose(valueOf(layer, p, x), affine(p, 0, 2, x));
    expectClose(valueOf(dense(3, 2, { activation: tanh }) as Layer<never> as Layer, p, x), affine(p, 0, 2, x).map(Math.tanh));
  });

  test.each<[string, (y: Tensor) => unknown, string, string]>([
    ["a number", () => 3, "INVALID_TRACE", "it returned 3"],
    ["a function, as a factory that was not called", () => tanh, "INVALID_TRACE", "it returned the function tanh"],
    ["a list", (y) => [y], "INVALID_TRACE", "it returned ["],
    ["one entry of two", (y) => slice(y, 0, 1), "SHAPE_MISMATCH", "of the shape that it is given, [2]: current shape is [1]"],
    ["their mean", (y) => mean(y), "SHAPE_MISMATCH", "current shape is []"],
  ])("refuses an activation that returns %s, when it is applied", (_name, activation, code, message) => {
    const layer = dense(3, 2, { activation: activation as never }) as Layer<never> as Layer;
    expect(() => valueOf(layer, parametersOf(layer), x)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) as string }));
  });

  test.each([[0, 1], [1.5, 2], [2, -1]])("refuses the sizes %d and %d", (inputs, outputs) => {
    expect(() => dense(inputs, outputs)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("starts with biases of zero and weights by its initialiser", () => {
    const given: number[] = [];
    const spy: Initializer = (out, fanIn, fanOut, random) => {
      given.push(fanIn, fanOut);
      glorotNormal(out, fanIn, fanOut, random);
    };
    const p = parametersOf(dense(3, 2, { init: spy }) as Layer<never> as Layer);
    expect(given).toEqual([3, 2]);
    expect(p.slice(6)).toEqual(Float64Array.of(0, 0));
    expect(p.slice(0, 6).every((w) => w !== 0)).toBe(true);
  });
});

describe("chain", () => {
  test("applies its layers in order", () => {
    const layer = chain(dense(3, 4, { activation: tanh }), dense(4, 2));
    expect([layer.inputs, layer.outputs]).toEqual([3, 2]);
    const p = shifted(parametersOf(layer));
    expectClose(valueOf(layer, p, x), affine(p, 16, 2, affine(p, 0, 4, x).map(Math.tanh)));
  });

  test("refuses layers that do not meet, and none", () => {
    expect(() => chain(dense(3, 4), dense(5, 2))).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH", message: expect.stringContaining("layer 1 must take the 4 outputs of layer 0: it takes 5") as string }));
    expect(() => chain()).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});

describe("mlp", () => {
  const erfGelu = (v: number): number => {
    // Abramowitz and Stegun 7.1.5, the Maclaurin series of erf.
    const z = v / Math.SQRT2;
    let [term, sum] = [z, z];
    for (let k = 1; k < 60; k++) {
      term *= (-z * z) / k;
      sum += term / (2 * k + 1);
    }
    return 0.5 * v * (1 + (2 / Math.sqrt(Math.PI)) * sum);
  };
  const scalar = { tanh: Math.tanh, softplus: (v: number) => Math.log1p(Math.exp(v)), gelu: erfGelu };

  test.each(["tanh", "softplus", "gelu"] as const)("with %s equals the formula in plain numbers", (activation) => {
    const layer = mlp({ hidden: [5, 4], activation })(3, 2);
    const p = shifted(parametersOf(layer));
    expect(p.length).toBe(5 * 4 + 4 * 6 + 2 * 5);
    const first = affine(p, 0, 5, x).map(scalar[activation]);
    const second = affine(p, 20, 4, first).map(scalar[activation]);
    expectClose(valueOf(layer, p, x), affine(p, 44, 2, second));
  });

  test.each<[string, (v: Tensor) => Tensor, (v: number) => number]>([
    ["x sigmoid(x)", (v) => mul(v, sigmoid(v)), (v) => v / (1 + Math.exp(-v))],
    ["an operation of autodiff", sin, Math.sin],
  ])("with an activation of one's own equals the formula in plain numbers: %s", (_name, activation, scalarOf) => {
    const layer = mlp({ hidden: [5, 4], activation })(3, 2);
    const p = shifted(parametersOf(layer));
    const second = affine(p, 20, 4, affine(p, 0, 5, x).map(scalarOf)).map(scalarOf);
    expectClose(valueOf(layer, p, x), affine(p, 44, 2, second));
  });

  test("weights start the same whatever the activation", () => {
    for (const activation of ["softplus", sin] as const) expect(parametersOf(mlp({ activation })(3, 2))).toEqual(parametersOf(mlp()(3, 2)));
  });

  test("activations reach far without overflow", () => {
    const at = (f: (v: Tensor) => Tensor, v: number): number => evaluate(f, [[v]])[0];
    expect([at(softplus, 800), at(softplus, -800), at(gelu, 50), at(gelu, -50), at(tanh, 400)]).toEqual([800, 0, 50, -0, 1]);
  });

  test("without hidden layers it is one linear layer", () => {
    const layer = mlp({ hidden: [] })(3, 2);
    const p = shifted(parametersOf(layer));
    expectClose(valueOf(layer, p, x), affine(p, 0, 2, x));
  });

  test("the same seed gives the same start, another seed another", () => {
    const layer = mlp()(3, 2);
    expect(parametersOf(layer, 5)).toEqual(parametersOf(layer, 5));
    expect(parametersOf(layer, 5)).not.toEqual(parametersOf(layer, 6));
  });

  test.each([
    [{ hidden: [3, 0] }, "hidden"],
    [{ hidden: 3 }, "hidden"],
    [{ activation: "relu" }, "activation"],
    [{ activation: null }, "activation"],
    [{ init: "zeros" }, "init"],
    [{ width: 3 }, "width"],
  ])("refuses %j", (options, name) => {
    expect(() => networks.mlp(options as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(`"${name}"`) as string }));
  });

  test("is what a model takes when it is given no network", () => {
    expect(networkOption.fallback!(2, 1).params).toEqual(mlp()(2, 1).params);
    expect([networkOption.accepts(mlp()), networkOption.accepts({ name: "mlp" })]).toEqual([true, false]);
  });
});
