import fc from "fast-check";
import { expect, test } from "vitest";
import { luFactor, luSolve } from "./lu.ts";

const product = (a: ArrayLike<number>, x: ArrayLike<number>): number[] =>
  Array.from(x, (_, i) => Array.from(x).reduce((sum, value, j) => sum + a[i * x.length + j] * value, 0));

test("solves what it was made from, to rounding, for any well-conditioned matrix in any row order", () => {
  const sizes = fc.integer({ min: 1, max: 12 });
  const cases = sizes.chain((n) => fc.record({
    entries: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: n * n, maxLength: n * n }),
    x: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: n, maxLength: n }),
    shift: fc.integer({ min: 0, max: n - 1 }),
  }));
  fc.assert(fc.property(cases, ({ entries, x, shift }) => {
    const n = x.length;
    // Dominant entries on a shifted diagonal: well-conditioned, and wrong without pivoting.
    const a = Float64Array.from(entries, (value, k) => (k % n === (Math.floor(k / n) + shift) % n ? 2 * n : value));
    const b = Float64Array.from(product(a, x));
    const [lu, pivots] = [a.slice(), new Int32Array(n)];
    expect(luFactor(lu, n, pivots)).toBe(true);
    luSolve(lu, n, pivots, b);
    b.forEach((value, i) => expect(Math.abs(value - x[i])).toBeLessThan(1e-14));
  }));
});

test("says when a matrix is singular or not finite", () => {
  const singular = [[0], [5e-324], [NaN], [Infinity], [1, 2, 2, 4], [0, 0, 0, 1], [1, NaN, 1, 1], [1, 0, 0, 0, 1, 1, 0, 1, 1]];
  for (const a of singular) {
    const n = Math.sqrt(a.length);
    expect(luFactor(Float64Array.from(a), n, new Int32Array(n))).toBe(false);
  }
  expect(luFactor(Float64Array.of(0, 1, 1, 0), 2, new Int32Array(2))).toBe(true);
});
