import { evaluate } from "@fluxion/autodiff";
import { expect, test } from "vitest";
import { angleFeatureCount, angleFeatures } from "./angle-features.ts";

test("angles become cosine and sine in place, the others are scaled", () => {
  const q = [0.4, 1.1, -2];
  const features = evaluate((x) => angleFeatures(x, [1], 0.5), [q]);
  expect(features.length).toBe(angleFeatureCount(3, [1]));
  [0.2, Math.cos(1.1), Math.sin(1.1), -1].forEach((x, i) => expect(features[i]).toBeCloseTo(x, 15));
  expect([...evaluate((x) => angleFeatures(x, []), [q])]).toEqual(q);
});

test("they are periodic in the angles", () => {
  const at = (q: number[]): Float64Array => evaluate((x) => angleFeatures(x, [0]), [q]);
  const [a, b] = [at([0.7, 3]), at([0.7 + 2 * Math.PI, 3])];
  a.forEach((x, i) => expect(b[i]).toBeCloseTo(x, 14));
});

test("an angle that does not exist, or stands twice, is refused", () => {
  const wrong = expect.objectContaining({ code: "INVALID_OPTION" });
  expect(() => angleFeatureCount(2, [2])).toThrow(wrong);
  expect(() => angleFeatureCount(2, [1, 1])).toThrow(wrong);
  expect(angleFeatureCount(2, [0, 1])).toBe(4);
  expect(() => evaluate((x) => angleFeatures(x, [5]), [[1, 2]])).toThrow(wrong);
});
