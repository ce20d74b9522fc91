import { describe, expect, test } from "vitest";
import { cholesky, evaluate, grad, jacobian, logDet, matmul, pinv, reshape, stack, sum, transpose, vmap, type Tensor } from "./index.ts";

const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17];
type Matrix = readonly (readonly number[])[];
const make = (m: number, n: number, entry: (i: number, j: number) => number): number[][] => Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_unused, j) => entry(i, j)));
const matrix = (m: number, n: number, offset = 0): number[][] => make(m, n, (i, j) => Math.sin(1 + 1.7 * i + 0.9 * j * j + 2.3 * i * j + offset));
const times = (a: Matrix, b: Matrix): number[][] => make(a.length, b[0].length, (i, j) => a[i].reduce((s, x, k) => s + x * b[k][j], 0));
const flipped = (a: Matrix): number[][] => make(a[0].length, a.length, (i, j) => a[j][i]);
const positive = (n: number, offset = 0): number[][] => times(matrix(n, n, offset), flipped(matrix(n, n, offset))).map((row, i) => row.map((x, j) => x + (i === j ? 0.5 : 0)));
const rowsOf = (x: ArrayLike<number>, n: number): number[][] => make(x.length / n, n, (i, j) => x[i * n + j]);

/** Determinant by expansion along the first row: independent of elimination. */
const determinant = (a: Matrix): number => (a.length === 0 ? 1 : a[0].reduce((s, x, j) => s + (j % 2 === 0 ? x : -x) * determinant(a.slice(1).map((row) => row.filter((_, k) => k !== j))), 0));

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  for (let k = 0; k < expected.length; k++) if (!(Math.abs(found[k] - expected[k]) <= tolerance * Math.max(1, Math.abs(expected[k])))) expect.fail(`entry ${k}: ${found[k]} against ${expected[k]}`);
}

const both = (a: Tensor): Tensor => {
  const { sign, logAbs } = logDet(a);
  return stack([sign, logAbs]);
};

describe.each(["interpreter", "js", "wasm"] as const)("linear algebra, %s", (backend) => {
  const run = (f: (x: Tensor) => Tensor, a: Parameters<typeof evaluate>[1][0]): Float64Array => evaluate(f, [a], { backend });

  test("cholesky: lower triangular, with the matrix as its square, at every size", () => {
    for (const n of sizes) {
      const a = positive(n);
      const l = rowsOf(run(cholesky, a), n);
      expectNear(times(l, flipped(l)).flat(), a.flat(), 1e-14);
      l.forEach((row, i) => row.forEach((x, j) => expect(j > i ? x === 0 : j < i || x > 0).toBe(true)));
    }
    expect([...run(cholesky, [[4, 2], [2, 10]])]).toEqual([2, 0, 1, 3]);
    expect([...run(cholesky, [[4, 1], [3, 10]])]).toEqual([2, 0, 1, 3]);
  });

  test("cholesky: the gradient of a sum of squares is that of the trace, of the log-diagonal half the inverse", () => {
    const a = positive(4);
    expectNear(run(grad((x) => sum(reshape(matmul(cholesky(x), transpose(cholesky(x))), [16]))), a), new Array<number>(16).fill(1), 1e-12);
    const half = run(grad((x) => logDet(cholesky(x)).logAbs), a);
    expectNear(times(a, rowsOf(half, 4)).flat(), make(4, 4, (i, j) => (i === j ? 0.5 : 0)).flat(), 1e-12);
  });

  test("cholesky: a matrix that is not positive definite gives NaN only", () => {
    for (const a of [[[1, 2], [2, 1]], [[0, 0], [0, 1]], [[-1]], [[1, 1], [1, 1]], [[NaN, 0], [0, 1]], [[1, NaN], [NaN, 1]], [[Infinity, 0], [0, 1]]]) {
      expect([...run(cholesky, a)].every(Number.isNaN), JSON.stringify(a)).toBe(true);
      expect([...run(grad((x) => sum(cholesky(x))), a)].every(Number.isNaN), JSON.stringify(a)).toBe(true);
    }
    // In a stack the others are not touched.
    expect([...run(cholesky, [[[4]], [[-1]], [[9]]])]).toEqual([2, NaN, 3]);
  });

  test("logDet: sign and logarithm of the determinant at every size", () => {
    for (const n of sizes.filter((k) => k <= 8)) {
      for (const offset of [0, 1, 2, 3]) {
        const det = determinant(matrix(n, n, offset));
        expectNear(run(both, matrix(n, n, offset)), [Math.sign(det), Math.log(Math.abs(det))], 1e-11);
      }
    }
    // Triangular: the product of the diagonal, whatever the size; its logarithm may be far outside the range of numbers.
    for (const n of sizes) {
      expectNear(run(both, make(n, n, (i, j) => (j > i ? 0 : i === j ? -1e-200 : 1e-201))), [n % 2 === 0 ? 1 : -1, n * Math.log(1e-200)], 1e-14);
      expectNear(run(both, make(n, n, (i, j) => (j === (i + 1) % n ? 3 : 0))), [n % 2 === 0 ? -1 : 1, n * Math.log(3)], 1e-14);
    }
  });

  test("logDet: its gradient is the transposed inverse", () => {
    for (const n of [1, 2, 3, 7]) {
      const a = matrix(n, n, 0.3);
      expectNear(times(flipped(a), rowsOf(run(grad((x) => logDet(x).logAbs), a), n)).flat(), make(n, n, (i, j) => (i === j ? 1 : 0)).flat(), 1e-11);
    }
  });

  test("logDet: singular matrices have sign 0 and no finite logarithm", () => {
    for (const a of [[[0]], [[0, 0], [0, 0]], [[1, 2], [2, 4]], [[0, 0, 0], [0, 2, 1], [0, 1, 2]], [[0, 1, 0], [0, 2, 3], [0, 1, 5]]]) {
      expect([...run(both, a)], JSON.stringify(a)).toEqual([0, -Infinity]);
      expect([...run(grad((x) => logDet(x).logAbs), a)].every(Number.isFinite), JSON.stringify(a)).toBe(false);
    }
    expect([...run(both, [[0, 1], [0, NaN]])]).toEqual([NaN, NaN]);
  });

  /** The four conditions that only the pseudoinverse satisfies. @source Penrose 1955 */
  function expectPseudoinverse(a: Matrix, p: Matrix, tolerance: number): void {
    const [ap, pa] = [times(a, p), times(p, a)];
    expectNear(times(ap, a).flat(), a.flat(), tolerance);
    expectNear(times(pa, p).flat(), p.flat(), tolerance);
    expectNear(ap.flat(), flipped(ap).flat(), tolerance);
    expectNear(pa.flat(), flipped(pa).flat(), tolerance);
  }

  test("pinv: Penrose's conditions for tall, wide and square matrices of full and deficient rank", () => {
    for (const [m, n] of [[1, 1], [2, 2], [3, 2], [2, 3], [1, 5], [5, 1], [7, 4], [4, 9], [8, 8], [17, 16]]) {
      const full = matrix(m, n);
      expectPseudoinverse(full, rowsOf(run(pinv, full), m), 1e-11);
      const rank = Math.max(1, Math.min(m, n) - 2);
      const deficient = times(matrix(m, rank, 1), matrix(rank, n, 2));
      expectPseudoinverse(deficient, rowsOf(run(pinv, deficient), m), 1e-11);
      const huge = full.map((row) => row.map((x) => x * 1e200));
      expectNear(run(pinv, huge).map((x) => x * 1e200), run(pinv, full), 1e-11);
      const tiny = full.map((row) => row.map((x) => x * 1e-200));
      expectNear(run(pinv, tiny).map((x) => x * 1e-200), run(pinv, full), 1e-11);
    }
    expect([...run(pinv, [[0, 0], [0, 0], [0, 0]])]).toEqual([0, 0, 0, 0, 0, 0]);
    expectNear(run(pinv, [[1, 1], [1, 1]]), [0.25, 0.25, 0.25, 0.25], 1e-15);
    expectNear(run(pinv, [[1, 0], [0, 1e-170]]), [1, 0, 0, 0], 1e-15);
  });

  test("pinv: of an invertible matrix is the inverse, and so is its derivative", () => {
    const a = matrix(3, 3, 0.4).map((row, i) => row.map((x, j) => x + (i === j ? 2 : 0)));
    const p = flipped(rowsOf(run(grad((x) => logDet(x).logAbs), a), 3));
    expectNear(run(pinv, a), p.flat(), 1e-12);
    // d p = -p da p, entry by entry.
    const expected = make(9, 9, (r, c) => -p[Math.floor(r / 3)][Math.floor(c / 3)] * p[c % 3][r % 3]);
    expectNear(run((x) => jacobian((y) => reshape(pinv(reshape(y, [3, 3])), [9]))(reshape(x, [9])), a), expected.flat(), 1e-11);
  });

  test("pinv: the derivative along matrices of one deficient rank", () => {
    // a(s) = (u + s w) v' has the pseudoinverse v (u + s w)' / (|u + s w|^2 |v|^2).
    const [u, w, v] = [[1, 2, -1], [0.5, -0.3, 0.8], [0.4, 2]];
    const a = make(3, 2, (i, j) => u[i] * v[j]);
    const uu = 6;
    const uw = u.reduce((s, x, i) => s + x * w[i], 0);
    const vv = v.reduce((s, x) => s + x * x, 0);
    const expected = make(2, 3, (i, k) => (v[i] * (w[k] - (2 * uw * u[k]) / uu)) / (uu * vv));
    const da = make(3, 2, (i, j) => w[i] * v[j]);
    const found = evaluate((x, dx) => matmul(jacobian((y) => reshape(pinv(reshape(y, [3, 2])), [6]))(reshape(x, [6])), reshape(dx, [6])), [a, da], { backend });
    expectNear(found, expected.flat(), 1e-13);
  });

  test("pinv: entries that are not finite give NaN", () => {
    for (const bad of [NaN, Infinity]) {
      expect([...run(pinv, [[1, bad], [2, 3], [0, 1]])].every(Number.isNaN)).toBe(true);
      expect([...run(pinv, [[1, 0, 1], [bad, 3, 0]])].every(Number.isNaN)).toBe(true);
    }
  });

  test("stacks of matrices equal loops", () => {
    const stacked = [0, 1, 2].map((r) => positive(3, r));
    for (const f of [cholesky, pinv, (a: Tensor) => logDet(a).logAbs, (a: Tensor) => logDet(a).sign]) {
      const looped = stacked.flatMap((a) => [...run(f, a)]);
      expect([...run(f, stacked)]).toEqual(looped);
      expect([...run(vmap(f), stacked)]).toEqual(looped);
    }
  });
});

test("linear algebra refuses shapes that do not fit", () => {
  expect(() => evaluate(cholesky, [[[1, 2]]])).toThrow("Cannot trace cholesky as it needs a square matrix, or several stacked along leading axes: current shape is [1, 2]");
  expect(() => evaluate(cholesky, [[1]])).toThrow("Cannot trace cholesky");
  expect(() => evaluate((a) => logDet(a).sign, [[[1, 2]]])).toThrow("Cannot trace logDet");
  expect(() => evaluate(pinv, [[1, 2]])).toThrow("Cannot trace pinv as it needs a matrix, or several stacked along leading axes: current shape is [2]");
});
