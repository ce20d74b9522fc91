import { expect, test } from "vitest";
import { nullSpaces, type SparseVector } from "./null-spaces.ts";

/** Numbers in [-1, 1) that look random. */
const noise = (seed: number): number => (Math.sin(seed * 12.9898) * 43758.5453) % 1;
const dense = ({ at, x }: SparseVector, n: number): Float64Array => {
  const out = new Float64Array(n);
  at.forEach((i, k) => (out[i] = x[k]));
  return out;
};
/** Reflects rows, by `I - 2 v v' / v' v` for a vector `v` that looks random. */
const reflect = (a: Float64Array, n: number, seed: number): Float64Array => {
  const v = Array.from({ length: n }, (_, i) => noise(seed + i));
  const square = v.reduce((s, x) => s + x * x, 0);
  return a.map((x, at) => x - (2 * v[Math.floor(at / n)] * v.reduce((s, y, i) => s + y * a[i * n + (at % n)], 0)) / square);
};
const transposed = (a: Float64Array, n: number): Float64Array => a.map((_, at) => a[(at % n) * n + Math.floor(at / n)]);
/** A well-conditioned one without zeros. */
const ofRank = (n: number, rank: number): Float64Array => {
  const diagonal = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 && at < rank * n ? 1 + noise(at) / 2 : 0));
  return reflect(transposed(reflect(diagonal, n, 1), n), n, 100);
};
const rankOf = (vectors: readonly SparseVector[], n: number): number => {
  const square = new Float64Array(n * n);
  vectors.forEach((vector, i) => square.set(dense(vector, n), i * n));
  return n - nullSpaces(square, n).left.length;
};

test.each([[6, 0], [6, 1], [6, 4], [6, 6], [13, 9]])("of %d equations of rank %d: as many independent vectors as the rank lacks, and both products vanish", (n, rank) => {
  const a = ofRank(n, rank);
  const { left, right } = nullSpaces(a, n);
  expect([left.length, right.length, rankOf(left, n), rankOf(right, n)]).toEqual([n - rank, n - rank, n - rank, n - rank]);
  let largest = 0;
  for (const vector of left.map((v) => dense(v, n))) for (let j = 0; j < n; j++) largest = Math.max(largest, Math.abs(vector.reduce((s, x, i) => s + x * a[i * n + j], 0)));
  for (const vector of right.map((v) => dense(v, n))) for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(vector.reduce((s, x, j) => s + x * a[i * n + j], 0)));
  expect(largest).toBeLessThan(1e-13);
});

test("zero rows and columns give unit vectors, whatever the size of the other entries", () => {
  for (const size of [1e-30, 1, 1e30]) {
    expect(nullSpaces(Float64Array.of(size, 0, 0, 0, 0, 0, 0, 0, size), 3)).toEqual({ left: [{ at: [1], x: [1] }], right: [{ at: [1], x: [1] }] });
    expect(nullSpaces(Float64Array.of(0, size, 0, 0), 2)).toEqual({ left: [{ at: [1], x: [1] }], right: [{ at: [0], x: [1] }] });
  }
});

test("rows and columns of very different scales are no null space", () => {
  for (const regular of [[1, 0, 0, 1e-18], [1, 1e-18, 1, 2e-18], [1e20, 1e20, 1, 2]]) expect(nullSpaces(Float64Array.from(regular), 2).left).toEqual([]);
  expect(nullSpaces(Float64Array.of(1, 1e-18, 3e20, 3e2), 2).left.length).toBe(1);
});
