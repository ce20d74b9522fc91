import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The parameters and their true values, as the program prints them. */
function run(...args: string[]): { found: number[]; truth: number[] } {
  const output = execFileSync(process.execPath, [path("../../../node_modules/tsx/dist/cli.mjs"), "-C", "@fluxion/source", path("parameter-estimation.ts"), ...args], { encoding: "utf8" });
  const lines = [...output.matchAll(/= ([\d.]+), in truth ([\d.]+)/g)];
  return { found: lines.map(([, found]) => Number(found)), truth: lines.map(([, , truth]) => Number(truth)) };
}

const distance = (x: readonly number[], y: readonly number[]): number => Math.max(...x.map((v, i) => Math.abs(v - y[i])));
const { found, truth } = run();

test("it finds the parameters to what the noise allows", () => {
  expect(truth).toEqual([1.5, 1, 3, 1]);
  // Standard errors are up to 0.02; it starts 0.5 away.
  expect(distance(found, truth)).toBeLessThan(0.05);
});

test.each(["interpolatingAdjoint", "forwardSensitivity"])("%s finds the same minimum to what the tolerance of 1e-6 allows", (sensealg) => {
  expect(distance(run(sensealg).found, found)).toBeLessThan(5e-6);
});
