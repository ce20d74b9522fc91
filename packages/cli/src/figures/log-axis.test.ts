import fc from "fast-check";
import { expect, test } from "vitest";
import { logAxis } from "./log-axis.ts";

const labels = (values: readonly number[]): string[] => {
  const { ticks, tickFormat } = logAxis(values);
  return ticks.map(tickFormat);
};

test("wide ranges have powers of ten, as digits where all are short", () => {
  expect(labels([1e-6, 1])).toEqual(["10⁻⁶", "10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"]);
  expect(labels([0.1, 1000])).toEqual(["0.1", "1", "10", "100", "1,000"]);
});

test("narrow ranges have multiples of powers of ten", () => {
  expect(labels([3, 30])).toEqual(["5", "10", "20"]);
  expect(labels([0.0003, 0.003])).toEqual(["5·10⁻⁴", "10⁻³", "2·10⁻³"]);
  expect(labels([0.15, 0.35])).toEqual(["0.2", "0.3", "0.4"]);
  expect(labels([1.2e-5, 1.2e-5])).toEqual(["10⁻⁵", "1.2·10⁻⁵", "1.4·10⁻⁵"]);
});

test("any range has 3 to 8 ticks, inside it and with labels of their own", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-30, max: 1e30, noNaN: true }), fc.double({ min: 1, max: 1e30, noNaN: true }), (low, ratio) => {
      const { domain, ticks, tickFormat } = logAxis([low, low * ratio]);
      expect(ticks.length).toBeGreaterThanOrEqual(3);
      expect(ticks.length).toBeLessThanOrEqual(8);
      expect(ticks.every((tick) => tick >= domain[0] && tick <= domain[1])).toBe(true);
      expect(new Set(ticks.map(tickFormat)).size).toBe(ticks.length);
    }),
  );
});

test("values that a logarithm cannot show do not change the range", () => {
  expect(logAxis([0, -1, Number.NaN, Infinity, 1, 10]).domain).toEqual(logAxis([1, 10]).domain);
  expect(logAxis([]).domain).toEqual([0.1, 10]);
});
