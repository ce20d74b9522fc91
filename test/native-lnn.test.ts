import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assertSameResult, lagrangianNetwork, lnnCase } from "./bench/support/lagrangian-network.ts";
import { lnnTasks } from "./bench/support/lnn-tasks.ts";
import { buildNativeLnn, nativeVectors } from "./bench/support/native-lnn.ts";

const compiler = spawnSync("c++", ["--version"]).error === undefined;

// Five states are one tile of four and one of one; widths of 10 and 12 end in a part of a vector and of a block of rows, or in neither.
const builds = [
  { H: 10, dtype: "f64", vectorBits: 256, tolerance: 1e-11 },
  { H: 12, dtype: "f64", vectorBits: 512, tolerance: 1e-11 },
  { H: 10, dtype: "f32", vectorBits: 256, tolerance: 1e-4 },
] as const;

test.each(builds)("the native network computes what the library does: H = $H, $dtype, $vectorBits bits", ({ tolerance, ...options }) => {
  const folder = mkdtempSync(join(tmpdir(), "fluxion-lnn-"));
  try {
    const native = buildNativeLnn(options, folder);
    expect(native !== undefined).toBe(compiler);
    if (!native) return;
    for (const task of ["rhs", "rhs+vjp", "acceleration", "rollout"] as const) {
      const data = lnnCase(task, options.H, 5);
      const ours = lnnTasks[task](lagrangianNetwork(options.H, { backend: "js" }), data);
      ours.run();
      assertSameResult(task, native.run(data, 0), ours.result(), tolerance);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);

test("the compiler is asked for wide vectors", () => {
  expect(nativeVectors() !== undefined).toBe(compiler);
});

test("results that differ are an error", () => {
  const one = { value: 1, gradientNorm: 2 };
  expect(() => assertSameResult("a", { value: 1, gradientNorm: 2 + 1e-8 }, one)).toThrow("gradientNorm must agree to 1e-9");
  expect(() => assertSameResult("a", { value: NaN, gradientNorm: 2 }, one)).toThrow("value must agree");
  expect(() => assertSameResult("a", { value: 1 + 1e-10, gradientNorm: 2 }, one)).not.toThrow();
});
