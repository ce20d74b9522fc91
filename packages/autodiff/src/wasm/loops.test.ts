import { expect, test } from "vitest";
import { compile, concat, contract, mul, type Tensor } from "../index.ts";
import { FunctionBuilder } from "./function-builder.ts";
import { emitLoops, type Operand } from "./loops.ts";
import { numberFormat } from "./number-format.ts";

/** How many entries each body of a loop over `n` treats. */
function lanes(n: number, dtype: "f64" | "f32", stores: readonly Operand[]): number[] {
  const found: number[] = [];
  const source = { at: { local: null, bytes: 0 }, strides: [1] };
  emitLoops(new FunctionBuilder(0, numberFormat(dtype, false)), [n], [source], stores, (body) => {
    body.load(0);
    found.push(body.lanes);
  });
  return found;
}

test("what fills no vector is one vector more; sums take it one by one", () => {
  const target = { at: { local: null, bytes: 1024 }, strides: [1] };
  expect([8, 9, 10, 11, 3].map((n) => lanes(n, "f32", [target]))).toEqual([[4], [4, 1], [4, 2], [4, 3], [3]]);
  expect([8, 9].map((n) => lanes(n, "f64", [target]))).toEqual([[2], [2, 1]]);
  expect([10, 11].map((n) => lanes(n, "f32", []))).toEqual([[4, 1], [4, 1]]);
});

test("products add what fills no vector in the lanes that it has", () => {
  const row = [2 ** 24, 1, 0, 0, 0, 0, 0, 0, 1, 1];
  const out = new Float32Array(1);
  // 2^24 + 1 is no float32: the ones are lost unless they meet in the second lane.
  compile((x, y) => contract("ik,k->i", x, y), [[1, 10], [10]], { backend: "wasm", dtype: "f32" })([Float32Array.from(row), new Float32Array(10).fill(1)], [out]);
  expect(out[0]).toBe(2 ** 24 + 2);
});

test.each(["f64", "f32"] as const)("rows of any length leave their neighbours alone, %s", (dtype) => {
  for (let n = 1; n <= 12; n++) {
    const [x, m] = [Float64Array.from({ length: n }, (_, i) => i + 1), Float64Array.from({ length: n * n }, (_, i) => (i % 5) - 2)];
    // Each part is stored on its own, the last one first.
    const f = (v: Tensor, w: Tensor): Tensor => {
      const last = mul(3, v);
      return concat([mul(2, last), contract("ik,k->i", w, last), contract("ki,k->i", w, last), last]);
    };
    const product = (of: (i: number, k: number) => number): number[] => Array.from(x, (_, i) => x.reduce((sum, one, k) => sum + 3 * one * m[of(i, k)], 0));
    const out = new Float64Array(4 * n + 1).fill(NaN);
    compile(f, [[n], [n, n]], { backend: "wasm", dtype })([x, m], [out]);
    expect([...out]).toEqual([...x.map((one) => 6 * one), ...product((i, k) => n * i + k), ...product((i, k) => n * k + i), ...x.map((one) => 3 * one), NaN]);
  }
});
