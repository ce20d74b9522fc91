import fc from "fast-check";
import { expect, test } from "vitest";
import { smallFactors, smallSolves } from "./generated/small-lu.ts";
import { luFactor, luSolve } from "./lu.ts";
import { exchangeEntries } from "./row-exchanges.ts";

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

test("written out for small systems it exchanges the same rows, and gives the same but for rounding", () => {
  const cases = fc.integer({ min: 2, max: smallFactors.length - 1 }).chain((n) => fc.record({
    // Zeros, too: rows that need no elimination, and columns without a pivot.
    a: fc.array(fc.oneof(fc.constant(0), fc.double({ min: -1, max: 1, noNaN: true })), { minLength: n * n, maxLength: n * n }),
    b: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: n, maxLength: n }),
  }));
  let regulars = 0;
  fc.assert(fc.property(cases, ({ a, b }) => {
    const n = b.length;
    const [general, small] = [Float64Array.from(a), Float64Array.from(a)];
    const [p, q] = [new Int32Array(n), new Int32Array(n)];
    const regular = luFactor(general, n, p);
    expect(smallFactors[n]!(small, q)).toBe(regular);
    if (!regular) return;
    regulars++;
    expect(q).toEqual(p);
    // Zeros may have another sign.
    expect(small.map((x) => x + 0)).toEqual(general.map((x) => x + 0));
    const x = Float64Array.from(b);
    exchangeEntries(q, n, x);
    smallSolves[n]!(small, x);
    if (!x.every((value) => Math.abs(value) < 1e100)) return;
    // However close to singular, what is left of the equations is rounding beside their terms.
    product(a, x).forEach((value, i) => {
      const size = x.reduce((sum, y, j) => sum + Math.abs(a[i * n + j] * y), Math.max(...x.map(Math.abs), Math.abs(b[i])));
      expect(Math.abs(value - b[i]) / size).toBeLessThan(1e-12);
    });
  }), { numRuns: 400 });
  expect(regulars).toBeGreaterThan(100);
});

test("says when a matrix is singular or not finite", () => {
  const singular = [[0], [5e-324], [NaN], [Infinity], [1, 2, 2, 4], [0, 0, 0, 1], [1, NaN, 1, 1], [1, 0, 0, 0, 1, 1, 0, 1, 1]];
  for (const a of singular) {
    const n = Math.sqrt(a.length);
    expect(luFactor(Float64Array.from(a), n, new Int32Array(n))).toBe(false);
  }
  expect(luFactor(Float64Array.of(0, 1, 1, 0), 2, new Int32Array(2))).toBe(true);
});
