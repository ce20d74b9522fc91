import fc from "fast-check";
import { expect, test } from "vitest";
import { bandedLuFactor, bandedLuSolve } from "./banded-lu.ts";
import { complexLuFactor, complexLuSolve } from "./complex-lu.ts";
import { luFactor } from "./lu.ts";
import { matrixLayout } from "./matrix-layout.ts";

const numbers = (length: number): fc.Arbitrary<number[]> => fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: length, maxLength: length });
/** Any `n * n` matrix within a band, some of its diagonal tiny, so that rows are exchanged. */
const cases = fc.record({ n: fc.integer({ min: 1, max: 14 }), lower: fc.integer({ min: 0, max: 4 }), upper: fc.integer({ min: 0, max: 4 }) }).chain(({ n, lower, upper }) => fc.record({
  n: fc.constant(n), lower: fc.constant(lower), upper: fc.constant(upper), re: numbers(n * n), im: numbers(n * n), b: numbers(n), c: numbers(n), small: fc.array(fc.boolean(), { minLength: n, maxLength: n }),
}));

/** The matrix with its band only, dense and as the banded routines want it. */
function both(n: number, lower: number, upper: number, entries: readonly number[], small: readonly boolean[]): { dense: Float64Array; band: Float64Array } {
  const [dense, band] = [new Float64Array(n * n), new Float64Array(n * (2 * lower + upper + 1))];
  for (let i = 0; i < n; i++) {
    for (let j = Math.max(0, i - lower); j <= Math.min(n - 1, i + upper); j++) {
      const value = i === j && small[i] ? 1e-10 : i === j ? 2 + entries[i * n + j] : entries[i * n + j];
      dense[i * n + j] = value;
      band[i * (2 * lower + upper) + j + lower] = value;
    }
  }
  return { dense, band };
}

/** Expects `A x = b` up to rounding beside the largest terms, for real and imaginary parts. */
function expectSolved(a: readonly Float64Array[], x: readonly Float64Array[], b: readonly (readonly number[])[]): void {
  const n = x[0].length;
  let [residual, size] = [0, 1];
  for (let i = 0; i < n; i++) {
    let [re, im] = [-b[0][i], -b[1][i]];
    for (let j = 0; j < n; j++) {
      const [p, q] = [a[0][i * n + j], a[1][i * n + j]];
      re += p * x[0][j] - q * x[1][j];
      im += p * x[1][j] + q * x[0][j];
      size = Math.max(size, Math.hypot(p, q) * Math.hypot(x[0][j], x[1][j]), Math.hypot(x[0][j], x[1][j]));
    }
    residual = Math.max(residual, Math.hypot(re, im));
  }
  expect(residual / size).toBeLessThan(1e-13);
}

test("solves what it was made from to rounding, with the row exchanges of the dense routine", () => {
  fc.assert(fc.property(cases, ({ n, lower, upper, re, b, small }) => {
    const { dense, band } = both(n, lower, upper, re, small);
    const [x, zero, pivots, exchanges] = [Float64Array.from(b), new Float64Array(n), new Int32Array(n), new Int32Array(n)];
    const regular = bandedLuFactor(band, n, lower, upper, pivots);
    expect(luFactor(dense.slice(), n, exchanges)).toBe(regular);
    if (!regular) return;
    expect(pivots).toEqual(exchanges);
    bandedLuSolve(band, n, lower, upper, pivots, x);
    expectSolved([dense, dense.map(() => 0)], [x, zero], [b, Array.from(zero)]);
  }));
});

test("the same for complex matrices", () => {
  fc.assert(fc.property(cases, ({ n, lower, upper, re, im, b, c, small }) => {
    const [real, imaginary] = [both(n, lower, upper, re, small), both(n, lower, upper, im, small)];
    const [x, y, pivots, exchanges] = [Float64Array.from(b), Float64Array.from(c), new Int32Array(n), new Int32Array(n)];
    const place = { n, lower, upper, rowStep: 2 * lower + upper, shift: lower };
    const regular = complexLuFactor(real.band, imaginary.band, place, pivots);
    expect(complexLuFactor(real.dense.slice(), imaginary.dense.slice(), matrixLayout(n, { reltol: 0, abstol: 0 }), exchanges)).toBe(regular);
    if (!regular) return;
    expect(pivots).toEqual(exchanges);
    complexLuSolve(real.band, imaginary.band, place, pivots, x, y);
    expectSolved([real.dense, imaginary.dense], [x, y], [b, c]);
  }));
});

test("says when a matrix is singular or not finite", () => {
  for (const diagonal of [[1, 0, 1], [NaN, 1, 1], [1, 1, Infinity]]) {
    expect(bandedLuFactor(Float64Array.from(diagonal), 3, 0, 0, new Int32Array(3))).toBe(false);
    expect(complexLuFactor(Float64Array.from(diagonal), new Float64Array(3), { n: 3, lower: 0, upper: 0, rowStep: 0, shift: 0 }, new Int32Array(3))).toBe(false);
  }
});
