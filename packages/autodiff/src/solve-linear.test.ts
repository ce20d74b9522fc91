import { checkGrads } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { add, compile, constant, evaluate, grad, identity, jacobian, matmul, mul, sin, solveLinear, sum, tensor, transpose, vmap, type Tensor } from "./index.ts";

const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17];
const values = (n: number, offset = 0): number[] => Array.from({ length: n }, (_, k) => Math.sin(1 + 1.7 * k + 0.3 * k * k + offset));

/** Not symmetric, and with a zero or small pivot first, so that rows must be exchanged. */
const matrix = (n: number, offset = 0): number[][] => Array.from({ length: n }, (_, i) => values(n, i + offset).map((x, j) => (i === 0 && j === 0 && n > 1 ? 0 : x + (j === (i + 1) % n ? 3 : 0))));

const product = (a: readonly (readonly number[])[], x: ArrayLike<number>): number[] => a.map((row) => row.reduce((s, v, j) => s + v * x[j], 0));
const transposed = (a: readonly (readonly number[])[]): number[][] => a[0].map((_, j) => a.map((row) => row[j]));

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  for (let k = 0; k < expected.length; k++) if (!(Math.abs(found[k] - expected[k]) <= tolerance * Math.max(1, Math.abs(expected[k])))) expect.fail(`entry ${k}: ${found[k]} against ${expected[k]}`);
}

describe.each(["interpreter", "js", "wasm"] as const)("solveLinear, %s", (backend) => {
  test("recovers a known solution, and that of the transposed system, at every size", () => {
    for (const n of sizes) {
      const [a, x] = [matrix(n), values(n, 0.5)];
      expectNear(evaluate(solveLinear, [a, product(a, x)], { backend }), x, 1e-12);
      expectNear(evaluate((m, b) => solveLinear(transpose(m), b), [a, product(transposed(a), x)], { backend }), x, 1e-12);
    }
  });

  test("the exact solution of a small system", () => {
    expect(Array.from(evaluate(solveLinear, [[[0, 2], [4, 8]], [2, 12]], { backend }))).toEqual([1, 1]);
    expect(Array.from(evaluate((b) => solveLinear(tensor([[0, 2], [4, 8]]), b), [[2, 12]], { backend }))).toEqual([1, 1]);
    expect(Array.from(evaluate((a) => solveLinear(a, constant(2, [2])), [[[0, 2], [4, 8]]], { backend }))).toEqual([-1.5, 1]);
  });

  test("its reverse rule is b_bar = A^-T g and A_bar = -b_bar x'", () => {
    const n = 4;
    const [a, b, g] = [matrix(n), values(n), values(n, 2)];
    const x = evaluate(solveLinear, [a, b], { backend });
    const bBar = evaluate(solveLinear, [transposed(a), g], { backend });
    const weighted = (m: Tensor, y: Tensor, w: Tensor): Tensor => sum(mul(solveLinear(m, y), w));
    expectNear(evaluate((m, y, w) => grad((z) => weighted(m, z, w))(y), [a, b, g], { backend }), bBar, 1e-12);
    expectNear(evaluate((m, y, w) => grad((z) => weighted(z, y, w))(m), [a, b, g], { backend }), Array.from(bBar).flatMap((v) => Array.from(x, (u) => -v * u)), 1e-12);
  });

  test("derivatives to third order by matrix and vector", () => {
    for (const n of [1, 3]) checkGrads(solveLinear, [matrix(n), values(n)], { order: backend === "js" ? 3 : 2, backend, tolerance: 1e-6 });
    checkGrads((a, b) => solveLinear(add(matmul(a, transpose(a)), identity(2)), sin(b)), [matrix(2), values(2)], { backend });
  });

  test("maps over matrix, vector or both", () => {
    const [m, n] = [4, 3];
    const matrices = Array.from({ length: m }, (_, r) => matrix(n, r));
    const vectors = Array.from({ length: m }, (_, r) => values(n, r));
    const loop = (i: (r: number) => number, j: (r: number) => number): number[] => vectors.flatMap((_, r) => [...evaluate(solveLinear, [matrices[i(r)], vectors[j(r)]], { backend })]);
    expectNear(evaluate(vmap(solveLinear), [matrices, vectors], { backend }), loop((r) => r, (r) => r), 1e-14);
    expectNear(evaluate(vmap(solveLinear, [null, 0]), [matrices[0], vectors], { backend }), loop(() => 0, (r) => r), 1e-14);
    expectNear(evaluate(vmap(solveLinear, [0, null]), [matrices, vectors[0]], { backend }), loop((r) => r, () => 0), 1e-14);
    checkGrads(vmap(solveLinear), [matrices.slice(0, 2), vectors.slice(0, 2)], { backend, tolerance: 1e-6 });
    checkGrads(vmap(solveLinear, [null, 0]), [matrices[0], vectors.slice(0, 2)], { backend, tolerance: 1e-6 });
  });

  test("systems of a batch of any size have the bits of each alone, transposed and in reverse, too", () => {
    for (const n of [1, 2, 3]) for (const m of [8, 9, 23]) {
      const matrices = Array.from({ length: m }, (_, r) => matrix(n, r));
      const vectors = Array.from({ length: m }, (_, r) => values(n, r));
      for (const f of [solveLinear, (a: Tensor, b: Tensor) => grad((z) => sum(sin(solveLinear(a, z))))(b)]) {
        const alone = vectors.flatMap((b, r) => [...evaluate(f, [matrices[r], b], { backend })]);
        expect([...evaluate(vmap(f), [matrices, vectors], { backend })]).toEqual(alone);
      }
    }
  });

  test("its Jacobian by the vector is the inverse", () => {
    const a = matrix(3);
    const inverse = evaluate((m, b) => jacobian((y) => solveLinear(m, y))(b), [a, values(3)], { backend });
    expectNear(evaluate((m, i) => matmul(m, i), [a, [0, 1, 2].map((i) => Array.from(inverse.subarray(3 * i, 3 * i + 3)))], { backend }), [1, 0, 0, 0, 1, 0, 0, 0, 1], 1e-13);
  });

  test("a singular matrix gives entries that are not finite, and nothing is thrown", () => {
    expect(Array.from(evaluate(solveLinear, [[[1, 2], [2, 4]], [1, 1]], { backend })).every(Number.isFinite)).toBe(false);
    expect(Array.from(evaluate(solveLinear, [[[0, 0], [0, 0]], [1, 1]], { backend })).some(Number.isFinite)).toBe(false);
  });
});

test("code does not grow with the number of systems", () => {
  const m = 3300;
  const [a, b] = [new Float64Array(4 * m), new Float64Array(2 * m)];
  for (let r = 0; r < m; r++) {
    a.set([0, 2, 4, 8 + r], 4 * r);
    b.set([2, 12 + r], 2 * r);
  }
  const x = new Float64Array(2 * m);
  compile(vmap(solveLinear), [[m, 2, 2], [m, 2]], { backend: "wasm" })([a, b], [x]);
  expect(x.every((v) => v === 1)).toBe(true);
});

test("refuses shapes that do not fit", () => {
  expect(() => evaluate((a, b) => solveLinear(a, b), [[[1, 2]], [1]])).toThrow("Cannot trace solveLinear as it needs a square matrix and a vector of its size: current shapes are [1, 2] and [1]");
  expect(() => evaluate((a, b) => solveLinear(a, b), [[[1, 2], [3, 4]], [1, 2, 3]])).toThrow("current shapes are [2, 2] and [3]");
  expect(() => evaluate((a) => solveLinear(a, a), [[1]])).toThrow("it needs a square matrix and a vector of its size: current shapes are [1] and [1]");
});
