import { testAlgorithm } from "@fluxion/testkit";
import { expect, test } from "vitest";
import { radauIIA5 } from "./radau-iia5.ts";
import { radauIIA5Tableau } from "./tableaus/radau-iia5.ts";

testAlgorithm(() => radauIIA5({ newtonTolerance: 1e-8 }), { order: 5, denseOrder: 3, errorOrder: 4, tolerancePower: 2 / 3, floor: 1e-10 });

const s = Math.sqrt(6);
/** The method's matrix. */
const A = [
  [(88 - 7 * s) / 360, (296 - 169 * s) / 1800, (-2 + 3 * s) / 225],
  [(296 + 169 * s) / 1800, (88 + 7 * s) / 360, (-2 - 3 * s) / 225],
  [(16 - s) / 36, (16 + s) / 36, 1 / 9],
];
const product = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] => a.map((row) => b[0].map((_, j) => row.reduce((sum, x, k) => sum + x * b[k][j], 0)));
const largest = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number => Math.max(...a.flatMap((row, i) => row.map((x, j) => Math.abs(x - b[i][j]))));

test("the transformation makes a real number and a complex pair of the method's matrix", () => {
  const { c, gamma, alpha, beta, T, TInverse } = radauIIA5Tableau;
  const identity = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  const blocks = [[gamma, 0, 0], [0, alpha, -beta], [0, beta, alpha]];
  expect(largest(product(T, TInverse), identity)).toBeLessThan(8 * Number.EPSILON);
  expect(largest(product(A, product(T, blocks)), T)).toBeLessThan(8 * Number.EPSILON);
  // Collocation: exact for powers up to 3, and the last stage is the end of the step.
  for (const k of [1, 2, 3]) A.forEach((row, i) => expect(Math.abs(row.reduce((sum, a, j) => sum + a * c[j] ** (k - 1), 0) - c[i] ** k / k)).toBeLessThan(Number.EPSILON));
});

test("the error estimate is that of an embedded formula of order 3 with weight 1 / gamma of the slope at the start", () => {
  // h sum_j bhat_j f_j + (h / gamma) f_0 less the step itself is (h / gamma) (f_0 + sum_i e_i z_i / h), as h f = A^-1 z.
  const { c, gamma, e } = radauIIA5Tableau;
  const ePart = [0, 1, 2].map((j) => e.reduce((sum, x, i) => sum + x * A[i][j], 0) / gamma);
  for (const k of [1, 2, 3]) {
    const sum = ePart.reduce((total, x, j) => total + x * c[j] ** (k - 1), 0) + (k === 1 ? 1 / gamma : 0);
    expect(Math.abs(sum)).toBeLessThan(4 * Number.EPSILON);
  }
});
