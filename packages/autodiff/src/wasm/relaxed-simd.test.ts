import { Worker } from "node:worker_threads";
import { describe, expect, test, vi } from "vitest";
import { compile, contract, exp, softplus, type CompileOptions, type Tensor } from "../index.ts";
import { canUseRelaxedSimd } from "./capabilities.ts";
import { webAssembly } from "./host.ts";

const n = 37;
const values = (seed: number, size: number): Float64Array => Float64Array.from({ length: size }, (_, i) => Math.sin(1.7 * i + seed) * 3);

function run(f: (x: Tensor, y: Tensor) => Tensor, size: number, options: CompileOptions): Float64Array {
  const out = new Float64Array(size);
  compile(f, [[n, n], [n]], options)([values(1, n * n), values(2, n)], [out]);
  return out;
}

const product = (x: Tensor, y: Tensor): Tensor => contract("ij,j->i", x, y);

describe("fused multiply-add", () => {
  test.each([["f64", 1e-13], ["f32", 1e-5]] as const)("%s: agrees with separate rounding, and is not the same", (dtype, tolerance) => {
    for (const f of [product, (x: Tensor, y: Tensor) => contract("ij,i->j", x, y)]) {
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

describe("the host's relaxed SIMD", () => {
  /** (module (func (result v128) v128.const 0 v128.const 0 v128.const 0 f64x2.relaxed_madd)) */
  const zeros = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
  const module = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 0x60, 0, 1, 0x7b, 3, 2, 1, 0, 10, 61, 1, 59, 0, ...zeros, ...zeros, ...zeros, 0xfd, 0x87, 2, 11);

  const compiles = (): boolean => {
    try {
      return typeof new webAssembly!.Module(module) === "object";
    } catch {
      return false;
    }
  };
  const behindFlag = !compiles();

  test("is found, in Node 20 behind its flag, which is as before afterwards", () => {
    expect(behindFlag).toBe(Number.parseInt(process.versions.node, 10) < 22);
    expect(canUseRelaxedSimd()).toBe(true);
    run(product, n, { backend: "wasm" });
    expect(compiles()).toBe(!behindFlag);
  });

  test.runIf(behindFlag)("is used while other threads set and take back the flag", async () => {
    const busy = `const { setFlagsFromString } = require("node:v8");
      require("node:worker_threads").parentPort.postMessage("begun");
      for (;;) for (const no of ["", "no-"]) setFlagsFromString("--" + no + "experimental-wasm-relaxed-simd");`;
    const other = new Worker(busy, { eval: true });
    await new Promise((resolve) => other.once("message", resolve));
    for (let k = 0; k < 50; k++) {
      vi.resetModules();
      const fresh = await import("./capabilities.ts");
      expect(fresh.canUseRelaxedSimd()).toBe(true);
      for (let i = 0; i < 20; i++) fresh.compileModule(module);
    }
    await other.terminate();
  });
});

test("other values of the options are refused", () => {
  const refused = expect.objectContaining({ code: "INVALID_OPTION" });
  expect(() => compile((x) => x, [[1]], { dtype: "f16" as never })).toThrow(refused);
  expect(() => compile((x) => x, [[1]], { relaxedSimd: true as never })).toThrow(refused);
});
