import { expect, test } from "vitest";
import { clipNorm } from "./clip-norm.ts";
import { constantRate, cosine, schedules } from "./schedule.ts";

test("a constant rate is constant", () => {
  expect([0, 3, 9].map((k) => constantRate({ rate: 0.02 }).rate(k, 10))).toEqual([0.02, 0.02, 0.02]);
  expect(constantRate().rate(0, 1)).toBe(1e-3);
});

test("a cosine falls from its peak through the middle towards its end", () => {
  const { rate } = cosine({ peak: 0.1, final: 0.2 });
  expect(rate(0, 8)).toBeCloseTo(0.1, 16);
  expect(rate(2, 8)).toBeCloseTo(0.1 * (0.2 + 0.8 * (0.5 + Math.SQRT1_2 / 2)), 16);
  expect(rate(4, 8)).toBeCloseTo(0.06, 16);
  expect(rate(8, 8)).toBeCloseTo(0.02, 16);
  const rates = Array.from({ length: 9 }, (_, k) => rate(k, 8));
  expect(rates.every((r, k) => k === 0 || r < rates[k - 1])).toBe(true);
  expect(cosine().rate(5, 5)).toBeCloseTo(0, 18);
});

test("bad options are refused", () => {
  const wrong = expect.objectContaining({ code: "INVALID_OPTION" });
  expect(() => schedules.constantRate({ rate: 0 })).toThrow(wrong);
  expect(() => schedules.cosine({ peak: -1 })).toThrow(wrong);
  expect(() => schedules.cosine({ final: 1 })).toThrow(wrong);
});

test("clipNorm scales a long vector to the limit, keeps a short one, and tells the norm", () => {
  const long = Float64Array.of(3, -4);
  expect(clipNorm(long, 1)).toBe(5);
  expect(long[0]).toBeCloseTo(0.6, 15);
  expect(long[1]).toBeCloseTo(-0.8, 15);
  const short = Float64Array.of(3, -4);
  expect(clipNorm(short, 5)).toBe(5);
  expect(clipNorm(short, Infinity)).toBe(5);
  expect(short).toEqual(Float64Array.of(3, -4));
});

test("clipNorm tells a gradient that is not finite", () => {
  expect(clipNorm(Float64Array.of(1, Number.NaN), 1)).toBeNaN();
  expect(clipNorm(Float64Array.of(1, Infinity), 1)).toBe(Infinity);
});

test("clipNorm takes entries whose squares overflow or underflow", () => {
  const huge = Float64Array.of(3e200, -4e200);
  expect(clipNorm(huge, 10) / 5e200).toBeCloseTo(1, 14);
  expect(huge[0]).toBeCloseTo(6, 12);
  expect(clipNorm(Float64Array.of(3e-200, 4e-200), 1) / 5e-200).toBeCloseTo(1, 14);
});

test.each([0, -1, Number.NaN])("clipNorm refuses the limit %d", (limit) => {
  expect(() => clipNorm(Float64Array.of(1), limit)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});
