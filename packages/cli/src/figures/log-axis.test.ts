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

test("narrow ranges have 1, 2 and 5 times a power of ten, and very wide ones at most 8 ticks", () => {
  expect(labels([3, 30])).toEqual(["5", "10", "20"]);
  expect(labels([0.0003, 0.003])).toEqual(["5·10⁻⁴", "10⁻³", "2·10⁻³"]);
  expect(labels([1e-30, 1]).length).toBeLessThanOrEqual(8);
});

test("values that a logarithm cannot show do not change the range", () => {
  expect(logAxis([0, -1, Number.NaN, Infinity, 1, 10]).domain).toEqual(logAxis([1, 10]).domain);
  expect(logAxis([]).domain).toEqual([0.1, 10]);
});
