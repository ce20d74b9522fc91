import { describe, expect, test } from "vitest";
import type { Tableau } from "../algorithm.ts";
import { algorithms } from "./index.ts";
import { rodas4Tableau } from "./rodas4.ts";
import { rodas5PTableau } from "./rodas5-p.ts";
import { rosenbrock23Tableau } from "./rosenbrock23.ts";
import { kenCarp4Tableau } from "./tableaus/ken-carp4.ts";
import { kvaerno5Tableau } from "./tableaus/kvaerno5.ts";
import { trbdf2Tableau } from "./trbdf2.ts";

/** A rooted tree: the trees that hang on its root, as indices into the list of all trees, not descending. */
interface Tree {
  readonly order: number;
  readonly density: number;
  readonly children: readonly number[];
}

/** All rooted trees up to `largest` nodes, by order. */
function rootedTrees(largest: number): Tree[] {
  const trees: Tree[] = [{ order: 1, density: 1, children: [] }];
  for (let order = 2; order <= largest; order++) {
    const found: Tree[] = [];
    const grow = (left: number, from: number, children: number[], density: number): void => {
      if (left === 0) found.push({ order, density: density * order, children });
      for (let i = from; i < trees.length && trees[i].order <= left; i++) grow(left - trees[i].order, i, [...children, i], density * trees[i].density);
    };
    grow(order - 1, 0, [], 1);
    trees.push(...found);
  }
  return trees;
}

const trees = rootedTrees(10);
const upTo = (order: number): Tree[] => trees.filter((tree) => tree.order <= order);
const dot = (w: ArrayLike<number>, v: readonly number[]): number => v.reduce((s, x, i) => s + x * (w[i] ?? 0), 0);

/** `phi[tree][stage]`, the factor that stage weights meet in the order condition of a tree, with the same of absolute values; `single` are the rows that an only child meets. */
function stageFactors(several: readonly (readonly number[])[], list: readonly Tree[], single = several): { phi: number[][]; size: number[][] } {
  const [phi, size]: [number[][], number[][]] = [[], []];
  for (const { children } of list) {
    const product = (table: number[][], value: (x: number) => number): number[] =>
      (children.length === 1 ? single : several).map((row) => children.reduce((s, child) => s * row.reduce((t, a, j) => t + value(a) * table[child][j], 0), 1));
    phi.push(product(phi, (x) => x));
    size.push(product(size, Math.abs));
  }
  return { phi, size };
}

/** Largest violation, in units of rounding of its own terms, of the conditions that weights `w` at `theta` be of the order of `list`. */
function violation(w: ArrayLike<number>, theta: number, list: readonly Tree[], { phi, size }: ReturnType<typeof stageFactors>): number {
  const absolute = Array.from(w, Math.abs);
  return Math.max(...list.map(({ order, density }, i) => Math.abs(dot(w, phi[i]) - theta ** order / density) / (dot(absolute, size[i]) * Number.EPSILON)));
}

/** Largest violation of the conditions of exactly this order, as it is. */
const defect = (w: ArrayLike<number>, theta: number, order: number, phi: readonly (readonly number[])[]): number =>
  Math.max(...trees.map((tree, i) => (tree.order === order ? Math.abs(dot(w, phi[i] as number[]) - theta ** order / tree.density) : 0)));

const cases = Object.values(algorithms).map((make) => make()).filter(({ tableau }) => tableau !== undefined);

test("there are as many rooted trees as there should be", () => {
  const count = Array.from({ length: 10 }, (_, i) => trees.filter(({ order }) => order === i + 1).length);
  expect(count).toEqual([1, 1, 2, 4, 9, 20, 48, 115, 286, 719]);
});

describe.each(cases)("$name", ({ name, order, tableau }) => {
  const { a, b, bError = [], bErrorCoarse = [], dense } = tableau as Tableau;
  const factors = stageFactors([...a, ...dense.a], trees.filter((tree) => tree.order <= order + 1));

  test(`meets every condition of order ${order} to rounding, and not those of order ${order + 1}`, () => {
    expect(violation(b, 1, upTo(order), factors)).toBeLessThan(8);
    expect(defect(b, 1, order + 1, factors.phi)).toBeGreaterThan(1e-8);
  });

  test("has embedded weights of a lower order", () => {
    for (const difference of [bError, bErrorCoarse]) {
      if (difference.length === 0) continue;
      const embedded = b.map((x, i) => x - (difference[i] ?? 0));
      const reached = Array.from({ length: order }, (_, i) => i + 1).filter((k) => violation(embedded, 1, upTo(k), factors) < 64).length;
      expect(reached).toBeLessThan(order);
      expect(reached).toBeGreaterThan(difference === bErrorCoarse ? 2 : order === 8 && bErrorCoarse.length > 0 ? 4 : order - 2);
    }
  });

  test(`has a continuous extension that meets every condition of order ${dense.order} to rounding, and not those of the next`, () => {
    const w = new Float64Array(b.length + dense.c.length);
    // Verner's extension of his 7(6) pair misses 12 of the conditions of order 7 by up to 3e-7, also in 40 digits.
    const exact = name === "vern7" ? 6 : dense.order;
    for (const theta of [0.1, 0.25, 0.5, 0.75, 0.9]) {
      dense.weights(theta, w);
      expect(violation(w, theta, upTo(exact), factors), `theta = ${theta}`).toBeLessThan(64);
      // Far below every other error of a step that ends above rounding.
      for (let k = exact + 1; k <= dense.order; k++) expect(defect(w, theta, k, factors.phi)).toBeLessThan(3e-7);
    }
    dense.weights(0.4, w);
    expect(defect(w, 0.4, dense.order + 1, factors.phi)).toBeGreaterThan(1e-9);
  });
});

describe.each([["trbdf2", 2, 3, trbdf2Tableau], ["kenCarp4", 4, 3, kenCarp4Tableau], ["kvaerno5", 5, 4, kvaerno5Tableau]] as const)("%s", (_name, order, embeddedOrder, { a, gamma, b, bError = [] }) => {
  const rows = a.map((row, i) => (i === 0 ? [0] : [...row, gamma]));
  const factors = stageFactors(rows, upTo(Math.max(order, embeddedOrder) + 1));

  test(`meets every condition of order ${order} to rounding, its embedded weights those of order ${embeddedOrder}, and neither those of the next`, () => {
    const embedded = b.map((x, i) => x - bError[i]);
    for (const [w, reached] of [[b, order], [embedded, embeddedOrder]] as const) {
      expect(violation(w, 1, upTo(reached), factors)).toBeLessThan(8);
      expect(defect(w, 1, reached + 1, factors.phi)).toBeGreaterThan(1e-4);
    }
    // Stiffly accurate, and of stage order 2 from the third stage on.
    expect(rows.at(-1)).toEqual([...b]);
    const c = rows.map((row) => row.reduce((sum, x) => sum + x, 0));
    rows.forEach((row, i) => i !== 1 && expect(Math.abs(dot(row, c) - c[i] ** 2 / 2)).toBeLessThan(2e-16));
  });
});

/** The inverse of a lower triangular matrix, row by row. */
function inverseOfLower(L: readonly (readonly number[])[]): number[][] {
  const inverse: number[][] = [];
  L.forEach((row, i) => inverse.push(L.map((_, j) => ((i === j ? 1 : 0) - row.slice(0, i).reduce((sum, x, k) => sum + x * inverse[k][j], 0)) / row[i])));
  return inverse;
}

// The form of the papers, `k_i = h f(u + sum_j alpha_ij k_j) + h J sum_j gamma_ij k_j` with U = Gamma k: the textbook's section IV.7. There an only child meets
// alpha + Gamma, as its father is differentiated once, and others alpha.
describe.each([["rosenbrock23", 2, 3, 1, rosenbrock23Tableau], ["rodas4", 4, 3, -1, rodas4Tableau], ["rodas5P", 5, 4, -1, rodas5PTableau]] as const)("%s", (_name, order, embeddedOrder, sign, { gamma, a, C, b, bError, c, d }) => {
  const Gamma = inverseOfLower(b.map((_, i) => b.map((__, j) => (i === j ? 1 / gamma : -(C[i][j] ?? 0)))));
  const timesGamma = (row: readonly number[]): number[] => b.map((_, j) => row.reduce((sum, x, k) => sum + x * Gamma[k][j], 0));
  const alpha = a.map(timesGamma);
  const beta = alpha.map((row, i) => row.map((x, j) => x + Gamma[i][j]));
  const total = (row: readonly number[]): number => row.reduce((sum, x) => sum + x, 0);

  test("the rows of the coefficients as printed in the papers add up to the times of the stages and the factors of the slope by time", () => {
    alpha.forEach((row, i) => expect(Math.abs(total(row) - c[i])).toBeLessThan(2e-14));
    Gamma.forEach((row, i) => expect(Math.abs(total(row) - d[i])).toBeLessThan(2e-14));
    expect(Math.abs(total(timesGamma(b)) - 1)).toBeLessThan(2e-14);
  });

  test(`meets every condition of order ${order}, its embedded weights those of order ${embeddedOrder}, and neither those of the next`, () => {
    const factors = stageFactors(alpha, upTo(Math.max(order, embeddedOrder) + 1), beta);
    for (const [w, reached] of [[b, order], [b.map((x, i) => x + sign * bError[i]), embeddedOrder]] as const) {
      for (let k = 1; k <= reached; k++) expect(defect(timesGamma(w), 1, k, factors.phi)).toBeLessThan(2e-14);
      expect(defect(timesGamma(w), 1, reached + 1, factors.phi)).toBeGreaterThan(1e-4);
    }
  });
});
