import fc from "fast-check";
import { expect, test } from "vitest";
import { complexLuFactor, complexLuSolve } from "./complex-lu.ts";
import { matrixLayout, type MatrixLayout } from "./matrix-layout.ts";

const dense = (n: number): MatrixLayout => matrixLayout(n, { reltol: 0, abstol: 0 });

test("solves what it was made from, to rounding, for any well-conditioned matrix in any row order", () => {
  const parts = (length: number): fc.Arbitrary<number[]> => fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: length, maxLength: length });
  const cases = fc.integer({ min: 1, max: 10 }).chain((n) => fc.record({
    re: parts(n * n), im: parts(n * n), x: parts(n), y: parts(n), shift: fc.integer({ min: 0, max: n - 1 }), angle: fc.double({ min: 0, max: 6, noNaN: true }),
  }));
  fc.assert(fc.property(cases, ({ re, im, x, y, shift, angle }) => {
    const n = x.length;
    // Dominant entries of any phase on a shifted diagonal: well-conditioned, and wrong without pivoting.
    const dominant = (k: number): boolean => k % n === (Math.floor(k / n) + shift) % n;
    const aRe = Float64Array.from(re, (value, k) => (dominant(k) ? 4 * n * Math.cos(angle) : value));
    const aIm = Float64Array.from(im, (value, k) => (dominant(k) ? 4 * n * Math.sin(angle) : value));
    const [bRe, bIm] = [new Float64Array(n), new Float64Array(n)];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        bRe[i] += aRe[i * n + j] * x[j] - aIm[i * n + j] * y[j];
        bIm[i] += aRe[i * n + j] * y[j] + aIm[i * n + j] * x[j];
      }
    }
    const pivots = new Int32Array(n);
    expect(complexLuFactor(aRe, aIm, dense(n), pivots)).toBe(true);
    complexLuSolve(aRe, aIm, dense(n), pivots, bRe, bIm);
    for (let i = 0; i < n; i++) expect(Math.hypot(bRe[i] - x[i], bIm[i] - y[i])).toBeLessThan(1e-14);
  }));
});

test("takes pivots of any size, and says when a matrix is singular or not finite", () => {
  for (const size of [1e-200, 1e200]) {
    const [b, c, pivots] = [Float64Array.of(size), Float64Array.of(0), new Int32Array(1)];
    const [re, im] = [Float64Array.of(size), Float64Array.of(size)];
    expect(complexLuFactor(re, im, dense(1), pivots)).toBe(true);
    complexLuSolve(re, im, dense(1), pivots, b, c);
    expect([b[0], c[0]]).toEqual([0.5, -0.5]);
  }
  const cases = [[[0], [0]], [[1], [NaN]], [[Infinity], [0]], [[1, 0, 0, -1], [0, 1, 1, 0]]];
  for (const [re, im] of cases) {
    const n = Math.sqrt(re.length);
    expect(complexLuFactor(Float64Array.from(re), Float64Array.from(im), dense(n), new Int32Array(n))).toBe(false);
  }
});
