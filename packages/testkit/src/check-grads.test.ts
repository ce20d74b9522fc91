import { add, customVjp, greater, matmul, maximum, mul, sin, sqrt, sum, tanh, where, type Tensor } from "@fluxion/autodiff";
import { expect, test } from "vitest";
import { checkGrads } from "./check-grads.ts";

const x = [0.3, -0.7, 1.1];

test("accepts right derivatives of several arguments to third order on both backends", () => {
  const network = (w: Tensor, b: Tensor, y: Tensor): Tensor => tanh(add(matmul(w, y), b));
  for (const backend of ["interpreter", "js"] as const) {
    checkGrads(network, [[[0.1, -0.2, 0.4], [0.3, 0.5, -0.6]], [0.2, -0.1], x], { order: 3, backend });
  }
});

test("accepts a function that does not use an argument, and a number", () => {
  checkGrads((y, _unused) => sum(sin(mul(y, 2))), [x, 3]);
  checkGrads((y) => mul(y, y), [3]);
});

test("names a wrong forward derivative", () => {
  // At a tie the rule takes one side and differences the mean of both.
  expect(() => checkGrads((y, z) => maximum(y, z), [[1, 2], [0, 2]], { modes: ["forward"] })).toThrow(
    /the forward derivative \(order 1\) by argument 0 .* entry 1 is 0, differences give -0\.49\d+ \(off by 0\.49\d+\)/,
  );
});

test("names a wrong forward derivative of a right one", () => {
  const kink = (y: Tensor): Tensor => mul(where(greater(y, 0), 1, -1), mul(y, y));
  checkGrads(kink, [0], { order: 1, step: 1e-8 });
  expect(() => checkGrads(kink, [0], { modes: ["forward"], step: 1e-8 })).toThrow("the forward of forward derivative (order 2) by argument 0");
});

/** sin with a factor on the reverse derivative of the given order. */
const wrongSin = (factor: number, order: number): ((y: Tensor) => Tensor) => {
  const rule = {
    forward: (y: Tensor): Tensor => sin(y),
    backward: (g: Tensor, [y]: readonly Tensor[]): readonly Tensor[] => {
      const slope = (z: Tensor): Tensor => sin(add(z, Math.PI / 2));
      if (order === 1) return [mul(mul(g, slope(y)), factor)];
      const inner = { forward: slope, backward: (h: Tensor, [z]: readonly Tensor[]): readonly Tensor[] => [mul(mul(h, sin(z)), -factor)] };
      return [mul(g, customVjp(inner, [y]))];
    },
  };
  return (y) => customVjp(rule, [y]);
};

test("names a wrong reverse derivative, alone and against forward mode", () => {
  checkGrads(wrongSin(1, 1), [x]);
  checkGrads(wrongSin(1, 2), [x]);
  expect(() => checkGrads(wrongSin(1.001, 1), [x])).toThrow("the reverse derivative (order 1) by argument 0");
  expect(() => checkGrads(wrongSin(1.001, 1), [x], { modes: ["reverse"] })).toThrow("the reverse derivative (order 1) by argument 0");
  expect(() => checkGrads((y, z) => add(y, wrongSin(1.001, 1)(z)), [x, x])).toThrow("by argument 1");
  expect(() => checkGrads(wrongSin(1.000001, 1), [x])).toThrow(/<w, J v> must equal <J' w, v>/);
});

test("finds a wrong second derivative only at order 2", () => {
  checkGrads(wrongSin(1.001, 2), [x], { order: 1 });
  expect(() => checkGrads(wrongSin(1.001, 2), [x])).toThrow("the reverse of reverse derivative (order 2) by argument 0");
  checkGrads(wrongSin(1.001, 2), [x], { modes: ["forward"], order: 3 });
});

test("refuses a function that is not finite", () => {
  expect(() => checkGrads((y) => sqrt(y), [[1, -1]])).toThrow("must be finite at the arguments: the function has the values 1, NaN");
  expect(() => checkGrads((y) => sqrt(y), [[1, 0]])).toThrow(/by argument 0|must be finite/);
});
