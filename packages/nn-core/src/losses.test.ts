import { evaluate, grad, sum } from "@fluxion/autodiff";
import { describe, expect, test } from "vitest";
import { huber, losses, meanAbsoluteError, meanSquaredError, type Loss } from "./losses.ts";

const values = ({ penalty }: Loss, r: readonly number[]): number[] => [...evaluate((x) => penalty(x), [[...r]])];
const slopes = ({ penalty }: Loss, r: readonly number[]): number[] => [...evaluate(grad((x) => sum(penalty(x))), [[...r]])];

test("mean squared and mean absolute error by values and slopes", () => {
  const r = [-3, -0.5, 0.25, 2];
  expect(values(meanSquaredError(), r)).toEqual([9, 0.25, 0.0625, 4]);
  expect(slopes(meanSquaredError(), r)).toEqual([-6, -1, 0.5, 4]);
  expect(values(meanAbsoluteError(), r)).toEqual([3, 0.5, 0.25, 2]);
  expect(slopes(meanAbsoluteError(), r)).toEqual([-1, -1, 1, 1]);
});

describe("huber", () => {
  test.each([0.5, 1, 3])("is quadratic up to delta = %d and linear beyond, with its slope", (delta) => {
    const r = [-4, -delta, -delta / 2, -delta / 8, 0, delta / 4, delta, 3.5, 10];
    values(huber({ delta }), r).forEach((value, i) => {
      const size = Math.abs(r[i]);
      expect(value).toBeCloseTo(size <= delta ? (size * size) / 2 : delta * (size - delta / 2), 14);
    });
    // At |r| = delta exactly and at 0 the derivative is that of both sides: the loss is continuously differentiable.
    slopes(huber({ delta }), r).forEach((slope, i) => expect(slope).toBeCloseTo(Math.max(-delta, Math.min(delta, r[i])), 14));
  });

  test("neither value nor slope jumps across delta", () => {
    const near = [1 - 1e-9, 1 + 1e-9, -1 + 1e-9, -1 - 1e-9];
    const [a, b, c, d] = values(huber(), near);
    expect([Math.abs(a - b), Math.abs(c - d)].every((gap) => gap > 0 && gap < 3e-9)).toBe(true);
    const [e, f, g, h] = slopes(huber(), near);
    expect([Math.abs(e - f), Math.abs(g - h)].every((gap) => gap < 2e-9)).toBe(true);
  });
});

test("a bad option is refused by each", () => {
  const wrong = expect.objectContaining({ code: "INVALID_OPTION" });
  expect(() => huber({ delta: 0 })).toThrow(wrong);
  expect(() => losses.meanSquaredError({ delta: 1 } as never)).toThrow(wrong);
  expect(() => losses.meanAbsoluteError({ delta: 1 } as never)).toThrow(wrong);
});
