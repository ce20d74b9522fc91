import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

const outputOf = (program: string): string => execFileSync(process.execPath, [path("../../../node_modules/tsx/dist/cli.mjs"), "-C", "@fluxion/source", path(program)], { encoding: "utf8" });

/** The height of a ball that was let fall from 1, in closed form. */
function height(time: number, [g, e]: readonly number[]): number {
  const fall = Math.sqrt(2 / g);
  if (time < fall) return 1 - (g * time * time) / 2;
  for (let [begun, speed] = [fall, e * g * fall]; ; begun += (2 * speed) / g, speed *= e) {
    const since = time - begun;
    if (since < (2 * speed) / g) return since * (speed - (g * since) / 2);
  }
}

test("restitution.ts finds both numbers, with the standard errors of the closed form", () => {
  const found = [...outputOf("restitution.ts").matchAll(/= ([\d.]+) \+- ([\d.]+), in truth ([\d.]+)/g)].map((match) => match.slice(1).map(Number));
  expect(found.length).toBe(2);
  const truth = [9.81, 0.8];
  // Sums of products of the slopes by both numbers over the 60 times, and the inverse of their matrix.
  const slope = (k: number, i: number): number => (height(k / 20, truth.with(i, truth[i] + 1e-6)) - height(k / 20, truth.with(i, truth[i] - 1e-6))) / 2e-6;
  const product = (i: number, j: number): number => Array.from({ length: 60 }, (_, k) => slope(k + 1, i) * slope(k + 1, j)).reduce((a, b) => a + b);
  const determinant = product(0, 0) * product(1, 1) - product(0, 1) ** 2;
  found.forEach(([value, error, expected], i) => {
    const exact = 0.01 * Math.sqrt(product(1 - i, 1 - i) / determinant);
    // The noise is as large as it is known to be within a tenth, as 60 numbers tell.
    expect(Math.abs(error / exact - 1)).toBeLessThan(0.25);
    expect(Math.abs(value - expected)).toBeLessThan(3 * exact);
  });
});

test("it runs, and the ball hits the floor when it must", () => {
  const output = execFileSync(process.execPath, [path("../../../node_modules/tsx/dist/cli.mjs"), "-C", "@fluxion/source", path("bouncing-ball.ts")], { encoding: "utf8" });
  const times = [...output.matchAll(/floor at t = ([\d.]+)/g)].map(([, t]) => Number(t));
  const fall = Math.sqrt(10 / 9.81);
  const expected = [0, 1, 2, 3].map((k) => fall * (1 + 2 * [0.8, 0.64, 0.512].slice(0, k).reduce((a, b) => a + b, 0)));
  expect(times.length).toBe(4);
  times.forEach((t, k) => expect(t).toBeCloseTo(expected[k], 6));
  expect(output.match(/o$/gm)?.length).toBe(21);
});
