import fc from "fast-check";
import { expect, test } from "vitest";
import { spread } from "./spread.ts";

test("labels keep their order and their distance, and stay where they are when they do not touch", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 300, noNaN: true }), { maxLength: 12 }), (wanted) => {
      const placed = spread(wanted, 14);
      const order = wanted.map((_, i) => i).toSorted((a, b) => wanted[a] - wanted[b]);
      const gaps = order.slice(1).map((i, k) => placed[i] - placed[order[k]]);
      expect(gaps.every((gap) => gap > 14 - 1e-9)).toBe(true);
      const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
      expect(mean(placed)).toBeCloseTo(mean(wanted), 6);
    }),
  );
  expect(spread([100, 10, 50], 14)).toEqual([100, 10, 50]);
  expect(spread([50, 50], 14)).toEqual([43, 57]);
});
