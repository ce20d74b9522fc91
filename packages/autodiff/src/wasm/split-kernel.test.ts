import { expect, test } from "vitest";
import { compileSplit } from "../compile.ts";
import { mul, sin } from "../elementwise.ts";
import { trace } from "../trace.ts";

test("arrays stay where they are for short tapes, and keep their numbers when the memory has to grow", () => {
  // A record holds some thousand numbers.
  const program = trace((x, w) => [sin(x), mul(w, mul(x, sin(x)))], [[1000], [1000]]);
  const { first, second, reserve } = compileSplit(program, { late: 1, shared: [], early: 1, backend: "wasm" });
  const x = Float64Array.from({ length: 1000 }, (_, i) => i / 100);
  const [early] = first.inputs;
  early.set(x);
  expect(reserve(100)).toBe(true);
  expect(first.inputs[0]).toBe(early);
  first.run(99);
  expect(reserve(10_000)).toBe(true);
  expect(early.length).toBe(0);
  expect(first.inputs[0]).toEqual(x);
  first.run(9999);
  for (const record of [99, 9999]) {
    second.inputs[0].fill(record);
    second.run(record);
    second.outputs[0].forEach((y, i) => expect(y).toBeCloseTo(record * x[i] * Math.sin(x[i]), 8));
  }
});
