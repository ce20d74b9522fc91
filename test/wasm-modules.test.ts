import { hamiltonianNN } from "@fluxion/hnn";
import { lagrangianNN, structuredLagrangianNN } from "@fluxion/lnn";
import { mlp, type Network } from "@fluxion/nn-core";
import { neuralODE } from "@fluxion/node";
import { rk4, type Tableau } from "@fluxion/ode-core";
import { afterEach, expect, test, vi } from "vitest";

const host = (globalThis as unknown as { readonly WebAssembly: { Module: new (bytes: Uint8Array) => object } }).WebAssembly;

afterEach(() => void vi.restoreAllMocks());

/** Lengths of the modules that are compiled meanwhile. */
function modulesOf(run: () => void): number[] {
  const lengths: number[] = [];
  const Module = host.Module;
  vi.spyOn(host, "Module").mockImplementation(function module(bytes) {
    lengths.push(bytes.length);
    return new Module(bytes);
  });
  run();
  vi.restoreAllMocks();
  return lengths;
}

const networkOf = (width: number): Network => mlp({ hidden: [width, width], activation: "softplus" });
const network = networkOf(128);
const makes = { lagrangianNN, structuredLagrangianNN };
const ways = [
  { dtype: "f64", relaxedSimd: "auto", counts: [1, 2, 3, 4] }, { dtype: "f32", relaxedSimd: "auto", counts: [4] },
  { dtype: "f64", relaxedSimd: false, counts: [4] }, { dtype: "f32", relaxedSimd: false, counts: [1] },
] as const;
const cases = (["lagrangianNN", "structuredLagrangianNN"] as const).flatMap((name) => ways.map((way) => ({ name, ...way })));

test.each(cases)("every module of $name of width 128 stays below 32 kB: $dtype, relaxedSimd $relaxedSimd, $counts states", ({ name, dtype, relaxedSimd, counts }) => {
  for (const count of counts) {
    const lengths = modulesOf(() => {
      const model = makes[name]({ coordinates: 2, angles: [0, 1], network, backend: "wasm", dtype, relaxedSimd });
      const p = model.init(1);
      const bound = model.batch!(count).bind(p);
      const u = Float64Array.from({ length: 4 * count }, (_, i) => Math.sin(i + 1));
      const [out, outU] = [u.slice(), u.slice()];
      bound.rhs(0, u, out);
      // Batches are pulled back from tapes: see below.
      if (count === 1) {
        bound.jvp!(0, u, u, null, out);
        bound.vjp!(0, u, u, outU, new Float64Array(p.length));
      }
      const tape = bound.tape!();
      tape.push(0, u, out);
      tape.vjp(0, u, outU);
      bound.stepTape!(rk4().tableau as Tableau);
    });
    expect(lengths.length).toBeGreaterThan(3);
    expect(Math.max(...lengths), `${count} states`).toBeLessThan(32_768);
  }
});

test.each(["lagrangianNN", "structuredLagrangianNN"] as const)("products of a batch without a tape have modules of up to 48 kB, whatever the width: %s", (name) => {
  for (const width of [10, 128, 512]) {
    for (const dtype of ["f64", "f32"] as const) {
      const lengths = modulesOf(() => {
        const model = makes[name]({ coordinates: 2, angles: [0, 1], network: networkOf(width), backend: "wasm", dtype });
        const p = model.init(1);
        const bound = model.batch!(4).bind(p);
        const u = Float64Array.from({ length: 16 }, (_, i) => Math.sin(i + 1));
        bound.jvp!(0, u, u, null, u.slice());
        bound.vjp!(0, u, u, u.slice(), new Float64Array(p.length));
      });
      expect(lengths.length).toBe(2);
      expect(Math.max(...lengths), `width ${width}, ${dtype}`).toBeLessThan(49_152);
    }
  }
});

test.each([["hamiltonianNN", hamiltonianNN({ coordinates: 2, network, backend: "wasm" })], ["neuralODE", neuralODE({ dim: 4, network, backend: "wasm" })]] as const)("every module of %s stays below 16 kB, also in a batch", (_name, model) => {
  const p = model.init(1);
  for (const count of [1, 4]) {
    const lengths = modulesOf(() => {
      const bound = model.batch!(count).bind(p);
      const u = Float64Array.from({ length: 4 * count }, (_, i) => Math.sin(i + 1));
      bound.rhs(0, u, u.slice());
      bound.vjp!(0, u, u, u.slice(), new Float64Array(p.length));
      const tape = bound.tape!();
      tape.push(0, u, u.slice());
      tape.vjp(0, u, u.slice());
    });
    expect(lengths.length).toBeGreaterThan(2);
    expect(Math.max(...lengths), `${count} states`).toBeLessThan(16_384);
  }
});
