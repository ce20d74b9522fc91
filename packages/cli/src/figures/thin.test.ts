import fc from "fast-check";
import { expect, test } from "vitest";
import { thin } from "./thin.ts";

test("ends and extremes are kept, in order, with at most two points per bin and both ends", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (y, bins) => {
      const x = y.map((_, i) => i);
      const points = thin(x, y, bins);
      expect(points.length).toBeLessThanOrEqual(2 * bins + 2);
      expect(points.map((p) => p.x)).toEqual(points.map((p) => p.x).toSorted((a, b) => a - b));
      expect([points[0].x, points.at(-1)?.x]).toEqual([0, y.length - 1]);
      expect(points.every((p) => y[p.x] === p.y)).toBe(true);
      expect(Math.max(...points.map((p) => p.y))).toBe(Math.max(...y));
      expect(Math.min(...points.map((p) => p.y))).toBe(Math.min(...y));
    }),
  );
});

test("points that are not finite are left out", () => {
  expect(thin([0, 1, 2, 3], [1, Number.NaN, Infinity, 2], 10)).toEqual([{ x: 0, y: 1 }, { x: 3, y: 2 }]);
});
