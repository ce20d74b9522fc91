import { expect, test } from "vitest";
import { outputTimes } from "./output-times.ts";

const times = (...args: Parameters<typeof outputTimes>): number[] => [...(outputTimes(...args) as Float64Array)];

test("a number gives t0 + i s, not accumulated, and t1 also when it is no multiple", () => {
  expect(times(0.25, 0, 1)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(times(0.4, 0, 1)).toEqual([0, 0.4, 0.8, 1]);
  expect(times(5, 0, 1)).toEqual([0, 1]);
  expect(times(0.1, 0, 100)).toEqual(Array.from({ length: 1001 }, (_, i) => i * 0.1));
  expect(times(0.05, 0, 1).length).toBe(21);
  expect(times(0.1, 0, 0.3)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(times(1 / 3, 0, 1)).toEqual([0, 1 / 3, 2 / 3, 1]);
});

test("backwards, and for a span of length zero", () => {
  expect(times(0.4, 1, 0)).toEqual([1, 0.6, 1 - 0.8, 0]);
  expect(times(0.4, 2, 2)).toEqual([2]);
});

test("a list is taken as given, repeated times too; none stays none", () => {
  expect(times([0, 0.3, 0.3, 1], 0, 1)).toEqual([0, 0.3, 0.3, 1]);
  expect(times([0.9, 0.1], 1, 0)).toEqual([0.9, 0.1]);
  expect(times(Float64Array.of(0.5), 0, 1)).toEqual([0.5]);
  expect(outputTimes(undefined, 0, 1)).toBeUndefined();
});

test("a time that misses the span's end by rounding is in it, one that misses by more is not", () => {
  expect(times([0.1 + 0.2], 0, 0.3)).toEqual([0.1 + 0.2]);
  expect(() => times([0.3 + 1e-12], 0, 0.3)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});
