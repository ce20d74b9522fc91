import { expect, test } from "vitest";
import { compileSplit } from "../compile.ts";
import { matmul } from "../contract.ts";
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

test("products of one matrix, some of which the second part alone can compute", () => {
  const program = trace((m, x, w) => [matmul(m, sin(x)), mul(matmul(m, w), matmul(m, x))], [[6, 6], [6], [6]]);
  const { first, second, reserve } = compileSplit(program, { late: 1, shared: [0], early: 1, backend: "wasm" });
  expect(reserve(1)).toBe(true);
  const [m, x, w] = [36, 6, 6].map((n, k) => Float64Array.from({ length: n }, (_, i) => Math.cos(i + 7 * k)));
  const product = (y: Float64Array): number[] => Array.from({ length: 6 }, (_, i) => y.reduce((sum, one, j) => sum + m[6 * i + j] * one, 0));
  first.inputs[0].set(m);
  first.inputs[1].set(x);
  first.run(0);
  second.inputs[1].set(w);
  second.run(0);
  product(x.map(Math.sin)).forEach((y, i) => expect(first.outputs[0][i]).toBeCloseTo(y, 13));
  const others = product(x);
  product(w).forEach((y, i) => expect(second.outputs[0][i]).toBeCloseTo(y * others[i], 13));
});
