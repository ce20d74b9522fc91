import { testAlgorithm } from "@fluxion/testkit";
import { expect, test } from "vitest";
import { combinedError } from "../rk-memory.ts";
import { dop853 } from "./dop853.ts";

testAlgorithm(dop853, { order: 8, denseOrder: 7, errorOrder: 8, floor: 1e-12, above: 0.5, below: 0.35 });

test("the estimate of two parts is no small one when either is infinite or none", () => {
  expect(combinedError(3, 4)).toBeCloseTo(9 / Math.sqrt(9 + 0.16), 14);
  expect([combinedError(0, 0), combinedError(0, 1)]).toEqual([0, 0]);
  for (const [fine, coarse] of [[1, Infinity], [Infinity, 1], [1e-300, 1e200], [1e200, 1]]) expect(combinedError(fine, coarse)).toBe(Infinity);
  expect([combinedError(NaN, 1), combinedError(1, NaN)]).toEqual([NaN, NaN]);
});
