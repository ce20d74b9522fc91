import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

test("it runs, and the ball hits the floor when it must", () => {
  const output = execFileSync(process.execPath, [path("../../../node_modules/tsx/dist/cli.mjs"), "-C", "@fluxion/source", path("bouncing-ball.ts")], { encoding: "utf8" });
  const times = [...output.matchAll(/floor at t = ([\d.]+)/g)].map(([, t]) => Number(t));
  const fall = Math.sqrt(10 / 9.81);
  const expected = [0, 1, 2, 3].map((k) => fall * (1 + 2 * [0.8, 0.64, 0.512].slice(0, k).reduce((a, b) => a + b, 0)));
  expect(times.length).toBe(4);
  times.forEach((t, k) => expect(t).toBeCloseTo(expected[k], 6));
  expect(output.match(/o$/gm)?.length).toBe(21);
});
