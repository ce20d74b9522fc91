import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OdeError } from "../errors.ts";
import { cuthillMckee } from "./cuthill-mckee.ts";
import { inverse } from "./permute.ts";

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
/** Points of a grid with their neighbours, on a torus or not. */
const grid = (a: number, b: number, closed = false): number[][] =>
  range(a * b).map((at) => {
    const [x, y] = [at % a, Math.floor(at / a)];
    const near = [[x - 1, y], [x + 1, y], [x, y - 1], [x, y + 1]];
    const inside = closed ? near.map(([i, j]) => [(i + a) % a, (j + b) % b]) : near.filter(([i, j]) => i >= 0 && i < a && j >= 0 && j < b);
    return inside.map(([i, j]) => j * a + i);
  });
/** The same components with other numbers, in no order that helps. */
function shuffled(dependencies: readonly (readonly number[])[]): number[][] {
  const n = dependencies.length;
  // Steps of a size without a common divisor visit all.
  const stride = range(n).slice(1).find((k) => k > 0.6 * n && gcd(k, n) === 1) ?? 1;
  const name = range(n).map((i) => (i * stride) % n);
  const rows: number[][] = range(n).map(() => []);
  dependencies.forEach((row, i) => (rows[name[i]] = row.map((j) => name[j])));
  return rows;
}
const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

describe("cuthillMckee", () => {
  test.each<[string, number[][], number]>([
    ["a chain", shuffled(range(101).map((i) => [i - 1, i, i + 1].filter((j) => j >= 0 && j <= 100))), 1],
    ["a circle", shuffled(range(50).map((i) => [(i + 49) % 50, (i + 1) % 50])), 2],
    ["many circles", shuffled(range(60).map((i) => [i - (i % 6) + ((i + 1) % 6)])), 2],
    ["a grid of 40 by 12", shuffled(grid(40, 12)), 12],
    ["a torus of 40 by 12", shuffled(grid(40, 12, true)), 2 * 12 + 1],
    ["nothing", range(7).map(() => []), 0],
    ["itself", range(7).map((i) => [i]), 0],
    ["one component", [[0]], 0],
    ["none", [], 0],
  ])("finds the band of %s", (_name, dependencies, width) => {
    const { lower, upper } = cuthillMckee(dependencies);
    expect(Math.max(lower, upper)).toBeLessThanOrEqual(width);
  });

  test("its widths are those of all dependencies in its order, which has each component once", () => {
    const rows = fc.integer({ min: 1, max: 40 }).chain((n) => fc.array(fc.array(fc.nat(n - 1), { maxLength: 4 }), { minLength: n, maxLength: n }));
    fc.assert(fc.property(rows, (dependencies) => {
      const { lower, upper, order } = cuthillMckee(dependencies);
      expect([...order].sort((a, b) => a - b)).toEqual(range(dependencies.length));
      const place = inverse(order);
      const below = dependencies.flatMap((row, i) => row.map((j) => place[i] - place[j]));
      expect([lower, upper]).toEqual([Math.max(0, ...below), Math.max(0, ...below.map((x) => -x))]);
    }));
  });

  test("a band of its own order is not made wider", () => {
    fc.assert(fc.property(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 1, max: 3 }), (n, width) => {
      const dependencies = range(n).map((i) => range(n).filter((j) => Math.abs(i - j) <= width));
      const { lower, upper } = cuthillMckee(dependencies);
      expect([lower, upper]).toEqual([Math.min(width, n - 1), Math.min(width, n - 1)]);
    }));
  });

  test.each<[string, unknown, string]>([
    ["no list", 3, "current value is 3"],
    ["no lists", [1, 2], "those of component 0 are 1"],
    ["a component that there is not", [[0], [2]], "those of component 1 have 2, of 2"],
    ["half a component", [[0.5]], "those of component 0 have 0.5, of 1"],
  ])("refuses %s", (_name, given, message) => {
    expect(() => cuthillMckee(given as number[][])).toThrow(expect.objectContaining({ constructor: OdeError, code: "INVALID_ARGUMENT", message: expect.stringContaining(message) as string }));
  });
});
