import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** How much a straight line from 1 to 0 (or from 0 to 1) over an hour, `before` hours before the end, warms by the end: the integral of k e^(-k t) times it. */
const warmth = (k: number, before: number, rising: boolean): number => {
  const fall = Math.exp(-k * before);
  const hour = 1 - Math.exp(-k);
  const falling = fall * (1 - hour / k);
  return rising ? falling : fall * hour - falling;
};

test("it runs; temperatures and their derivatives are the exact ones", () => {
  const output = execFileSync(process.execPath, [path("../../../node_modules/tsx/dist/cli.mjs"), "-C", "@fluxion/source", path("forcing-data.ts")], { encoding: "utf8" });
  const number = (pattern: RegExp): number => Number(pattern.exec(output)![1]);
  // The closed form, hour by hour; of the curve, SciPy's DOP853 at 1e-12 with its CubicSpline.
  expect(number(/lines: ([\d.]+)/)).toBeCloseTo(8.032292478928767, 6);
  expect(number(/curve: ([\d.]+)/)).toBeCloseTo(8.032815606308699, 6);
  const k = 0.12;
  const expected = [[0, warmth(k, 23, false)], [12, warmth(k, 12, true) + warmth(k, 11, false)], [23, warmth(k, 1, true) + warmth(k, 0, false)], [24, warmth(k, 0, true)]];
  for (const [h, slope] of expected) expect(number(new RegExp(`hour ${h}: ([\\d.]+)`))).toBeCloseTo(slope, 6);
});
