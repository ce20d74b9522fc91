import { setFlagsFromString } from "node:v8";
import { describe, expect, test } from "vitest";
import { compile, contract, exp, softplus, type CompileOptions, type Tensor } from "../index.ts";
import { canUseRelaxedSimd } from "./wasm.ts";

// On by default from Node 22 on.
if (Number.parseInt(process.versions.node, 10) < 22) setFlagsFromString("--experimental-wasm-relaxed-simd");

const n = 37;
const values = (seed: number, size: number): Float64Array => Float64Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + seed) * 3);

function run(f: (x: Tensor, y: Tensor) => Tensor, size: number, options: CompileOptions): Float64Array {
  const out = new Float64Array(size);
  compile(f, [[n, n], [n]], options)([values(1, n * n), values(2, n)], [out]);
  return out;
}

describe.runIf(canUseRelaxedSimd())("fused multiply-add", () => {
  test.each([["f64", 1e-13], ["f32", 1e-5]] as const)("%s: agrees with separate rounding, and is not the same", (dtype, tolerance) => {
    for (const f of [(x: Tensor, y: Tensor) => contract("ij,j->i", x, y), (x: Tensor, y: Tensor) => contract("ij,i->j", x, y)]) {
      const [fused, separate] = [run(f, n, { backend: "wasm", dtype }), run(f, n, { backend: "wasm", dtype, relaxedSimd: false })];
      fused.forEach((v, i) => expect(Math.abs(v - separate[i])).toBeLessThan(tolerance * n * 9));
      expect(fused).not.toEqual(separate);
    }
  });

  test("the functions stay as accurate", () => {
    for (const f of [exp, softplus]) {
      const [got, want] = [run((_x, y) => f(y), n, { backend: "wasm" }), run((_x, y) => f(y), n, { backend: "interpreter" })];
      got.forEach((v, i) => expect(Math.abs(v - want[i]) / Math.abs(want[i])).toBeLessThan(6e-16));
    }
  });
});

test("is found where the host has it", () => {
  // Node 20 behind its flag; V8 from 11.4 on by default.
  expect(canUseRelaxedSimd()).toBe(true);
});

test("other values of the options are refused", () => {
  const refused = expect.objectContaining({ code: "INVALID_OPTION" });
  expect(() => compile((x) => x, [[1]], { dtype: "f16" as never })).toThrow(refused);
  expect(() => compile((x) => x, [[1]], { relaxedSimd: true as never })).toThrow(refused);
});
