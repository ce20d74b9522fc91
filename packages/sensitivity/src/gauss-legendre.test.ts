import { expect, test } from "vitest";
import { gaussLegendre } from "./gauss-legendre.ts";

test.each([1, 2, 3, 4, 5, 6, 8])("the formula with %i nodes is exact up to its degree and no further", (count) => {
  const { nodes, weights } = gaussLegendre(count);
  const integral = (power: number): number => nodes.reduce((sum, x, k) => sum + weights[k] * x ** power, 0);
  for (let power = 0; power < 2 * count; power++) expect(Math.abs(integral(power) * (power + 1) - 1)).toBeLessThan(1e-14 * (power + 1));
  expect(Math.abs(integral(2 * count) * (2 * count + 1) - 1)).toBeGreaterThan(1e-10);
  expect(nodes.every((x, i) => x > 0 && x < 1 && (i === 0 || x > nodes[i - 1]))).toBe(true);
});
