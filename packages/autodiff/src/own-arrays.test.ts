import { expect, test } from "vitest";
import { add, compile, mul, tracedField } from "./index.ts";

test.each(["interpreter", "js", "wasm"] as const)("sums of a kernel's own stay while it adds to others, %s", (backend) => {
  const field = tracedField((_t, u, p) => mul(u, p), { dim: 2, paramCount: 2, backend }).bind(Float64Array.of(1, 2));
  const [own, other, outU] = [field.gradientBuffer!(), Float64Array.of(1, 1), new Float64Array(2)];
  const [u, w] = [Float64Array.of(3, 4), Float64Array.of(1, 1)];
  field.vjp!(0, u, w, outU, own);
  field.vjp!(0, u, w, outU, own);
  field.vjp!(0, u, Float64Array.of(10, 10), outU, other);
  field.vjp!(0, u, w, outU, own);
  expect([...own, ...other]).toEqual([9, 12, 31, 41]);
});

test.each([["wasm", "f64"], ["wasm", "f32"], ["js", "f32"]] as const)("a kernel's own array in another place is refused, %s %s", (backend, dtype) => {
  const kernel = compile((x, y) => [add(x, mul(y, 2)), mul(y, 3)], [[2], [2]], { backend, dtype });
  const [x, y] = kernel.inputs!;
  x.set([1, 2]);
  y.set([3, 4]);
  const outs = [new Float64Array(2), new Float64Array(2)];
  expect(() => kernel([y, x], outs)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining("input 0 is that of another place") as string }));
  if (kernel.outputs) expect(() => kernel([x, y], [...kernel.outputs!].reverse())).toThrow(expect.objectContaining({ message: expect.stringContaining("output 0") as string }));
  kernel([x, y], outs);
  if (kernel.outputs) {
    // An output may be read again as an input.
    kernel([x, y], kernel.outputs);
    kernel([kernel.outputs[0], y], kernel.outputs);
    expect([...kernel.outputs[0]]).toEqual([13, 18]);
  }
  expect(outs.map((out) => [...out])).toEqual([[7, 10], [9, 12]]);
});

test.each(["interpreter", "js", "wasm"] as const)("sums in float64 are not rounded by a kernel in float32, %s", (backend) => {
  const field = tracedField((_t, u, p) => mul(u, p), { dim: 1, paramCount: 1, backend, dtype: "f32" }).bind(Float64Array.of(1));
  const [sums, outU] = [Float64Array.of(1 + 1e-12), new Float64Array(1)];
  for (let i = 0; i < 3; i++) field.vjp!(0, Float64Array.of(0.5), Float64Array.of(2 ** -40), outU, sums);
  expect(sums[0]).toBe(1 + 1e-12 + 1.5 * 2 ** -40);
});
