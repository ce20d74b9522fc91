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

const hiddenOf = (hidden: readonly number[]): Network => mlp({ hidden, activation: "softplus" });
const network = hiddenOf([128, 128]);
const makes = { lagrangianNN, structuredLagrangianNN };
const ways = [
  { dtype: "f64", relaxedSimd: "auto" }, { dtype: "f32", relaxedSimd: "auto" },
  { dtype: "f64", relaxedSimd: false }, { dtype: "f32", relaxedSimd: false },
] as const;
/** Even and odd widths, those with the largest modules of 1 to 513 among them, and deeper networks. */
const sizes = [
  { coordinates: 2, hidden: [10, 10] }, { coordinates: 2, hidden: [23, 23] }, { coordinates: 2, hidden: [127, 127] }, { coordinates: 2, hidden: [128, 128] },
  { coordinates: 2, hidden: [512, 512] }, { coordinates: 2, hidden: [32, 32, 32, 32] }, { coordinates: 6, hidden: [32, 32] },
] as const;
const cases = (["lagrangianNN", "structuredLagrangianNN"] as const).flatMap((name) => sizes.map((size) => ({ name, ...size })));

test.each(cases)("every module of $name with $coordinates coordinates and $hidden hidden units stays below 32 kB", ({ name, coordinates, hidden }) => {
  for (const way of ways) {
    for (const count of way.dtype === "f64" && way.relaxedSimd === "auto" ? [1, 2, 3, 4] : [4]) {
      const lengths = modulesOf(() => {
        const model = makes[name]({ coordinates, network: hiddenOf(hidden), backend: "wasm", ...way });
        const p = model.init(1);
        const bound = model.batch!(count).bind(p);
        const u = Float64Array.from({ length: 2 * coordinates * count }, (_, i) => Math.sin(i + 1));
        const [out, outU] = [u.slice(), u.slice()];
        bound.rhs(0, u, out);
        bound.jvp!(0, u, u, null, out);
        bound.vjp!(0, u, u, outU, new Float64Array(p.length));
        const tape = bound.tape!();
        tape.push(0, u, out);
        tape.vjp(0, u, outU);
        bound.stepTape!(rk4().tableau as Tableau);
      });
      expect(lengths.length).toBeGreaterThan(4);
      expect(Math.max(...lengths), `${count} states, ${JSON.stringify(way)}`).toBeLessThan(32_768);
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
