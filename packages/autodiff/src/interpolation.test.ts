import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { constant, cubicSpline, evaluate, grad, interp, jacobian, reshape, searchSorted, sum, take, vmap, type Tensor } from "./index.ts";

const wrong = (code: string, message: string): Error => expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error;
const expectNear = (found: Iterable<number>, expected: readonly number[], digits = 13): void => {
  const values = [...found];
  expect(values.length).toBe(expected.length);
  values.forEach((x, i) => expect(x).toBeCloseTo(expected[i], digits));
};

const knots = [0, 0.5, 0.7, 1.6, 2, 3.5];
const values = [1, -0.3, 0.2, 2, 1.1, -1];
const points = [-0.5, 0, 0.25, 0.6, 1, 1.9, 2, 2.75, 3.5, 4];

describe("searchSorted and take", () => {
  test("count and look up as NumPy does", () => {
    // numpy.searchsorted(..., side="right")
    expect([...evaluate((x) => searchSorted([1, 2, 2, 5], x), [[0, 1, 1.5, 2, 3, 5, 6]])]).toEqual([0, 1, 1, 3, 3, 4, 4]);
    expect([...evaluate((x) => searchSorted([], x), [[1, 2]])]).toEqual([0, 0]);
    expect([...evaluate((x, i) => reshape(take(x, i), [8]), [[[1, 2], [3, 4], [5, 6]], [[2, 0], [1.9, 2]]])]).toEqual([5, 6, 1, 2, 3, 4, 5, 6]);
    fc.assert(fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 40 }), fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 5 }), (list, x) => {
      const sorted = list.toSorted((a, b) => a - b);
      expect([...evaluate((y) => searchSorted(sorted, y), [x])]).toEqual(x.map((y) => sorted.filter((a) => a <= y).length));
    }));
  });

  test.each(["interpreter", "js", "wasm"] as const)("what is not there is NaN on %s, and gets no gradient", (backend) => {
    const places = [-0.5, 0, 2.99, 3, NaN, Infinity, -Infinity, 1e10];
    expect([...evaluate((x, i) => take(x, i), [[7, 8, 9], places], { backend })]).toEqual([NaN, 7, 9, NaN, NaN, NaN, NaN, NaN]);
    expect([...evaluate((x, i) => grad((y: Tensor) => sum(take(y, i)))(x), [[7, 8, 9], places], { backend })]).toEqual([1, 0, 1]);
    expect([...evaluate((x) => searchSorted([1, 2], x), [[NaN, Infinity, -Infinity]], { backend })]).toEqual([0, 2, 0]);
  });

  test("refuse numbers that do not ascend, and scalars", () => {
    expect(() => evaluate((x) => searchSorted([1, 3, 2], x), [0])).toThrow(wrong("INVALID_ARGUMENT", "must ascend: entry 2 is 2 after 3"));
    expect(() => evaluate((x) => searchSorted([1, NaN], x), [0])).toThrow(wrong("INVALID_ARGUMENT", "entry 1 is NaN after 1"));
    expect(() => evaluate((x) => searchSorted([[1, 2]], x), [0])).toThrow(wrong("SHAPE_MISMATCH", "must be a vector"));
    expect(() => evaluate((x) => take(x, 0), [3])).toThrow(wrong("SHAPE_MISMATCH", "must have a first axis"));
  });
});

describe("interp", () => {
  test("is NumPy's, at knots to the last bit", () => {
    expectNear(evaluate((x) => interp(x, knots, values), [points]), [1, 1, 0.35, -0.05, 0.8, 1.325, 1.1, 0.05, -1, -1], 15);
    expect([...evaluate((x) => interp(x, knots, values), [knots])]).toEqual(values);
    expect([...evaluate((x) => interp(x, [1, 2], [[1, 10], [3, 30]]), [1.5])]).toEqual([2, 20]);
    expect([...evaluate((x) => interp(x, knots, values), [[NaN]])]).toEqual([NaN]);
  });

  test("has the slopes of its pieces by x, the weights by its values, and those of moved knots", () => {
    expectNear(evaluate((x) => vmap((y) => grad((z: Tensor) => interp(z, knots, values))(y))(x), [[-1, 0.1, 1, 3, 9]]), [0, -2.6, 2, -1.4, 0]);
    expectNear(evaluate((f) => jacobian((y: Tensor) => interp(reshape(constant(1), [1]), knots, y))(f), [values]), [0, 0, 2 / 3, 1 / 3, 0, 0]);
    // y = (x - a) / (b - a): by a and by b.
    expectNear(evaluate((xp) => grad((y: Tensor) => interp(1, y, [0, 1]))(xp), [[0.5, 2.5]]), [-1.5 / 4, -0.5 / 4]);
  });

  test("refuses knots that do not ascend, too few, and values that are no match", () => {
    expect(() => evaluate((x) => interp(x, [0, 1, 1], [1, 2, 3]), [0])).toThrow(wrong("INVALID_ARGUMENT", "Cannot trace interp as its sorted numbers must ascend: entry 2 is 1 after 1"));
    expect(() => evaluate((x) => interp(x, [0], [1]), [0])).toThrow(wrong("SHAPE_MISMATCH", "at least 2 knots"));
    expect(() => evaluate((x) => interp(x, [0, 1], [1, 2, 3]), [0])).toThrow(wrong("SHAPE_MISMATCH", "a value for each knot: current shapes are [2] and [3]"));
    expect(() => evaluate((x) => interp(x, [0, 1], 1), [0])).toThrow(wrong("SHAPE_MISMATCH", "a value for each knot"));
  });
});

describe("cubicSpline", () => {
  test("is SciPy's CubicSpline, with its derivative, for six, four and three knots", () => {
    expectNear(evaluate(cubicSpline(knots, values), [points]), [
      10.236824980727494, 1, -0.30663688525731553, -0.07991746447843937, 1.1054102926162441, 1.4226248654183338, 1.1, -1.6981619918116286, -1, 4.299664323548257,
    ]);
    expectNear(evaluate((x) => vmap(grad(cubicSpline(knots, values)))(x), [points]), [
      -29.98878147374111, -8.747671714948181, -2.1527116835551716, 2.571566130631173, 2.8902401108769245, -2.970236134903418, -3.4591266072028533, -2.7013193521474115, 5.864404015792502,
      15.912617434910484,
    ]);
    expectNear(evaluate(cubicSpline(knots.slice(0, 4), values.slice(0, 4)), [points.slice(0, 6)]), [8.845454545454544, 1, -0.24141639610389604, -0.09383116883116888, 1.3172077922077934, -0.00181818181818727]);
    expectNear(evaluate(cubicSpline(knots.slice(0, 3), values.slice(0, 3)), [points.slice(0, 5)]), [5.942857142857143, 1, -0.10535714285714287, -0.12285714285714287, 2.0428571428571436]);
    expectNear(evaluate(cubicSpline([1, 3], [2, 6]), [[0, 2, 5]]), [0, 4, 10]);
  });

  test("gives back every cubic, and converges at order 4 up to the ends", () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0.1, max: 2, noNaN: true }), { minLength: 3, maxLength: 12 }), fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 4, maxLength: 4 }), (steps, [a, b, c, d]) => {
      const x = steps.reduce((list, h) => [...list, list.at(-1)! + h], [-1]);
      const cubic = (t: number): number => a + t * (b + t * (c + t * d));
      const between = x.slice(1).map((right, i) => 0.3 * right + 0.7 * x[i]);
      const scale = Math.max(1, ...x.map((t) => Math.abs(cubic(t))));
      evaluate(cubicSpline(x, x.map(cubic)), [between]).forEach((y, i) => expect(Math.abs(y - cubic(between[i])) / scale).toBeLessThan(1e-11));
    }));
    const error = (n: number): number => {
      const x = Array.from({ length: n + 1 }, (_, i) => i / n);
      const between = x.slice(1).map((right) => right - 0.4 / n);
      return Math.max(...evaluate(cubicSpline(x, x.map((t) => Math.exp(2 * t))), [between]).map((y, i) => Math.abs(y - Math.exp(2 * between[i]))));
    };
    expect(Math.log2(error(20) / error(40))).toBeGreaterThan(3.85);
    expect(Math.log2(error(40) / error(80))).toBeLessThan(4.15);
  });

  test("takes several columns, each as alone", () => {
    const other = values.map((y) => 2 - y * y);
    const both = evaluate(cubicSpline(knots, values.map((y, i) => [y, other[i]])), [points]);
    const [first, second] = [values, other].map((column) => evaluate(cubicSpline(knots, column), [points]));
    expect([...both]).toEqual(points.flatMap((_, i) => [first[i], second[i]]));
  });

  test("refuses knots that do not ascend and values that are no match", () => {
    expect(() => cubicSpline([0, 2, 1], [1, 2, 3])).toThrow(wrong("INVALID_ARGUMENT", "Cannot trace cubicSpline as its sorted numbers must ascend"));
    expect(() => cubicSpline([0, 1], [1])).toThrow(wrong("SHAPE_MISMATCH", "a value for each knot"));
    expect(() => cubicSpline([0], [1])).toThrow(wrong("SHAPE_MISMATCH", "at least 2 knots"));
    expect(() => cubicSpline([0, 1], [[[1]], [[2]]])).toThrow(wrong("SHAPE_MISMATCH", "a vector or a matrix"));
  });
});
