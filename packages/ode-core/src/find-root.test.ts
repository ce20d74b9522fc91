import { expect, test } from "vitest";
import { findRoot } from "./find-root.ts";

const counted = (f: (x: number) => number): { g: (x: number) => number; calls: () => number } => {
  let n = 0;
  return { g: (x) => (n++, f(x)), calls: () => n };
};

test.each<[string, (x: number) => number, number, number]>([
  ["a line", (x) => x - 0.3, 0.3, 6],
  ["a cosine", (x) => Math.cos(2 * x), Math.PI / 4, 12],
  ["a steep exponential", (x) => Math.exp(20 * x) - 5, Math.log(5) / 20, 20],
  ["a triple root", (x) => (x - 0.6) ** 3, 0.6, 56],
  ["a step", (x) => (x < 0.123 ? -1 : 1e9), 0.123, 60],
  ["a root near zero", (x) => x - 1e-12, 1e-12, 15],
])("%s: to rounding, on the side of the start, in few evaluations", (_name, f, root, most) => {
  const { g, calls } = counted(f);
  const x = findRoot(g, 0, 1, f(0), f(1));
  expect(Math.abs(x - root)).toBeLessThan(4e-16);
  expect(f(x) === 0 || Math.sign(f(x)) === Math.sign(f(0))).toBe(true);
  expect(calls()).toBeLessThanOrEqual(most);
});

test("a root at the end costs nothing", () => {
  const { g, calls } = counted((x) => x - 1);
  expect([findRoot(g, 0, 1, -1, 0), calls()]).toEqual([1, 0]);
});
