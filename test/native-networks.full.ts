import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assertSameResult, lnnCase } from "./bench/support/lagrangian-network.ts";
import { lnnTasks } from "./bench/support/lnn-tasks.ts";
import { buildNativeNetwork, nativeVectors } from "./bench/support/native-network.ts";
import { comparedNetworks } from "./bench/support/networks.ts";

const compiler = spawnSync("c++", ["--version"]).error === undefined;

// Five states are one tile of four and one of one; widths of 10 and 12 end in a part of a vector and of a block of rows, or in neither.
const builds = [
  { H: 10, dtype: "f64", vectorBits: 256, tolerance: 1e-11 },
  { H: 12, dtype: "f64", vectorBits: 512, tolerance: 1e-11 },
  { H: 10, dtype: "f32", vectorBits: 256, tolerance: 1e-4 },
] as const;

// Cotangents of states have no part in what `rhs+vjp` gives; the gradients of rollouts rest on them.
const tasks = { lagrangian: ["rhs", "rhs+vjp", "acceleration", "rollout"], hamiltonian: ["rhs", "rhs+vjp", "rollout"], "neural-ode": ["rhs", "rhs+vjp", "rollout"] } as const;

const cases = comparedNetworks.flatMap(({ native: network, outputs, make }) => builds.map((build) => ({ network, outputs, make, ...build })));

test.each(cases)("the native $network computes what the library does: H = $H, $dtype, $vectorBits bits", ({ network, outputs, make, tolerance, ...options }) => {
  const folder = mkdtempSync(join(tmpdir(), "fluxion-native-"));
  try {
    const native = buildNativeNetwork({ network, ...options }, folder);
    expect(native !== undefined).toBe(compiler);
    if (!native) return;
    for (const task of tasks[network]) {
      const data = lnnCase(task, options.H, 5, outputs);
      const ours = lnnTasks[task](make(options.H, { backend: "js" }), data);
      ours.run();
      assertSameResult(`${task}, ${network}`, native.run(data, 0), ours.result(), tolerance);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);

test("the compiler is asked for wide vectors", () => {
  expect(nativeVectors() !== undefined).toBe(compiler);
});

test("results that differ are an error", () => {
  const one = { value: 1, gradientNorm: 2, gradientAlong: -0.01 };
  expect(() => assertSameResult("a", { ...one, gradientNorm: 2 + 1e-8 }, one)).toThrow("gradientNorm must agree to 1e-9");
  expect(() => assertSameResult("a", { ...one, value: NaN }, one)).toThrow("value must agree");
  expect(() => assertSameResult("a", { ...one, gradientAlong: 0.01 }, one)).toThrow("gradientAlong must agree");
  expect(() => assertSameResult("a", { ...one, value: 1 + 1e-10, gradientAlong: -0.01 + 1e-9 }, one)).not.toThrow();
});
