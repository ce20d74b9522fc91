import fc from "fast-check";
import type { OdeError } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { evaluate, grad, max, mean, min, pow, sum, vmap, type Tensor } from "./index.ts";

const numbers = (n: number): fc.Arbitrary<number[]> => fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: n, maxLength: n });

describe("max, min and mean", () => {
  test("choose and average what plain loops do, over any axes", () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 9 }).chain((n) => fc.array(numbers(n), { minLength: 1, maxLength: 5 })), (rows) => {
      const columns = rows[0].map((_, j) => rows.map((row) => row[j]));
      expect([...evaluate((x) => max(x, [1]), [rows])]).toEqual(rows.map((row) => Math.max(...row)));
      expect([...evaluate((x) => min(x, [0]), [rows])]).toEqual(columns.map((column) => Math.min(...column)));
      expect([...evaluate((x) => max(x), [rows])]).toEqual([Math.max(...rows.flat())]);
      evaluate((x) => mean(x, [-1]), [rows]).forEach((x, i) => expect(x).toBeCloseTo(rows[i].reduce((s, y) => s + y, 0) / rows[i].length, 12));
    }));
  });

  test("have the slope of the entry chosen, one of equal ones", () => {
    expect([...evaluate(grad((x: Tensor) => max(x)), [[1, 4, -2, 3, 0]])]).toEqual([0, 1, 0, 0, 0]);
    for (const [choose, slopes] of [[max, [0, 1]], [min, [1, 0]]] as const) expect([...evaluate(grad((x: Tensor) => choose(x)), [[2, 2]])]).toEqual(slopes);
    expect([...evaluate(grad((x: Tensor) => min(x)), [[1, 4, -2, 3, -2]])]).toEqual([0, 0, 1, 0, 0]);
    expect([...evaluate(grad((x: Tensor) => sum(vmap((row) => max(row))(x))), [[[1, 2], [4, 3]]])]).toEqual([0, 1, 1, 0]);
  });

  test("refuse axes that are not there, and nothing to choose from", () => {
    const wrong = (pattern: string): Error => expect.objectContaining({ code: "SHAPE_MISMATCH", message: expect.stringContaining(pattern) as string }) as Error;
    expect(() => evaluate((x) => max(x, [2]), [[[1, 2]]])).toThrow(wrong("axes [2] must exist and differ"));
    expect(() => evaluate((x) => min(x, [0, 0]), [[[1, 2]]])).toThrow(wrong("axes [0, 0] must exist and differ"));
    expect(() => evaluate((x) => max(x), [[]])).toThrow(wrong("there must be entries"));
  });

  test("refuse a second array, and tell what compares two", () => {
    const compare = max as unknown as (x: Tensor | number, y: Tensor | number) => Tensor;
    const message = (f: (x: Tensor) => Tensor): unknown => {
      try {
        return evaluate(f, [[1, 2]]);
      } catch (error) {
        return `${(error as OdeError).code} ${(error as Error).message}`;
      }
    };
    expect(message((x) => compare(0, x))).toBe("INVALID_ARGUMENT Cannot trace max as its second argument must be a list of axes (maximum(x, y) compares two arrays): it is input[2]");
    expect(message((x) => (min as unknown as typeof compare)(x, 0))).toBe("INVALID_ARGUMENT Cannot trace min as its second argument must be a list of axes (minimum(x, y) compares two arrays): it is 0");
    expect(message((x) => (sum as unknown as typeof compare)(x, 0))).toBe("INVALID_ARGUMENT Cannot trace sum as its second argument must be a list of axes: it is 0");
  });
});

describe("pow with a traced exponent", () => {
  const bases = [0.3, 1, 2.5, 0, 0, -2, -2, 1e200];
  const exponents = [2.2, 7, -1.5, 2, 0, 3, 0.5, 2];

  test.each(["interpreter", "js", "wasm"] as const)("has JavaScript's values, %s", (backend) => {
    expect([...evaluate(pow, [bases, exponents], { backend })]).toEqual(bases.map((x, i) => x ** exponents[i]));
  });

  test("slopes by base and exponent, at 0 those from the right", () => {
    const slope = (by: 0 | 1, x: number, y: number): number => evaluate((a, b) => grad((z: Tensor) => (by === 0 ? pow(z, b) : pow(a, z)))(by === 0 ? a : b), [x, y])[0];
    expect(slope(0, 2.5, -1.5) / (-1.5 * 2.5 ** -2.5)).toBeCloseTo(1, 14);
    expect(slope(1, 2.5, -1.5) / (Math.log(2.5) * 2.5 ** -1.5)).toBeCloseTo(1, 14);
    expect([slope(0, 0, 2), slope(1, 0, 2), slope(0, -2, 3), slope(1, -2, 3), slope(0, 0, 0)]).toEqual([0, 0, 12, NaN, 0]);
    const curve = evaluate((a, b) => grad((z: Tensor) => grad((y: Tensor) => pow(a, y))(z))(b), [0, 2]);
    expect([...curve]).toEqual([0]);
  });
});
