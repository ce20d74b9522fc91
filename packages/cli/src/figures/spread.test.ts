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

test("labels stay within their bounds while there is room, and in order and apart in any case", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -50, max: 350, noNaN: true }), { maxLength: 20 }), (wanted) => {
      const placed = spread(wanted, 14, 0, 300);
      const order = wanted.map((_, i) => i).toSorted((a, b) => wanted[a] - wanted[b]);
      expect(order.slice(1).every((i, k) => placed[i] - placed[order[k]] > 14 - 1e-9)).toBe(true);
      expect(placed.every((y) => y > -1e-9 && y < 300 + 1e-9)).toBe(true);
    }),
  );
  expect(spread([0, 2, 50], 14, 0, 60)).toEqual([0, 14, 50]);
  expect(spread([58, 60], 14, 0, 60)).toEqual([46, 60]);
});
