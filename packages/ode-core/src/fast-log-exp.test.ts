import { expect, test } from "vitest";
import { fastExp, fastLog } from "./fast-log-exp.ts";

/** Numbers from -1 to 1 that meet no pattern of the table. */
const spread = Array.from({ length: 20_001 }, (_, i) => Math.sin(i * i));

test("the logarithm is that of Math to 5e-16, relative to itself where that is more", () => {
  for (const x of [...spread.map((y) => 2 ** y), ...spread.map((y) => 2 ** (70 * y)), 1]) {
    expect(Math.abs(fastLog(x) - Math.log(x))).toBeLessThan(5e-16 * (1 + Math.abs(Math.log(x))));
  }
  for (const x of [0, -0, -1, 5e-324, 1e-19, 1e19, Infinity, NaN]) expect(fastLog(x)).toBe(Math.log(x));
});

test("the exponential is that of Math, to a few units in the last place for small arguments", () => {
  for (const x of spread) {
    expect(Math.abs(fastExp(x) / Math.exp(x) - 1)).toBeLessThan(1e-15);
    expect(Math.abs(fastExp(45 * x) / Math.exp(45 * x) - 1)).toBeLessThan(2e-14);
  }
  expect(fastExp(0)).toBe(1);
  for (const x of [-Infinity, -800, -40, 40, 800, Infinity, NaN]) expect(fastExp(x)).toBe(Math.exp(x));
});

test("both meet at the borders of the intervals of the table", () => {
  for (let j = 0; j <= 64; j++) {
    for (const side of [1 - Number.EPSILON, 1, 1 + Number.EPSILON]) {
      const x = (1 + j / 64) * side;
      expect(Math.abs(fastLog(x) - Math.log(x))).toBeLessThan(1e-15);
      const y = (j / 64) * Math.LN2 * side;
      expect(Math.abs(fastExp(y) / Math.exp(y) - 1)).toBeLessThan(1e-15);
    }
  }
});
