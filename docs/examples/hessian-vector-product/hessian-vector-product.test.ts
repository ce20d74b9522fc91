import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

test("the program runs, and its products are those of differences of gradients", () => {
  const output = execFileSync(process.execPath, [path("../../../node_modules/tsx/dist/cli.mjs"), "-C", "@fluxion/source", path("hessian-vector-product.ts")], { encoding: "utf8" });
  const [product, differences] = output.trim().split("\n").map((line) => [...line.matchAll(/-?\d+\.\d+/g)].map(([text]) => Number(text)));
  expect(product.length).toBe(4);
  expect(Math.hypot(...product)).toBeGreaterThan(1);
  product.forEach((x, i) => expect(Math.abs(x - differences[i])).toBeLessThan(1e-4 * Math.hypot(...product)));
});
