import { checkGrads } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { compile, constant, contract, dot, evaluate, grad, matmul, mul, outer, slice, sum, transpose, vmap, type Shape, type Tensor, type BackendName } from "./index.ts";

const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17];
const values = (n: number, offset = 0): Float64Array => Float64Array.from({ length: n }, (_, k) => Math.sin(1 + 1.7 * k + offset));
const sizeOf = (shape: Shape): number => shape.reduce((n, s) => n * s, 1);

/** The definition, letter by letter. */
function einsum(pattern: string, x: Float64Array, y: Float64Array, size: Readonly<Record<string, number>>): Float64Array {
  const [a, b, out] = pattern.split(/,|->/);
  const letters = [...new Set(pattern.replace(/[^a-z]/g, ""))];
  const at = (text: string, index: ReadonlyMap<string, number>): number => [...text].reduce((flat, l) => flat * size[l] + index.get(l)!, 0);
  const result = new Float64Array(sizeOf([...out].map((l) => size[l])));
  const index = new Map<string, number>();
  const visit = (depth: number): void => {
    if (depth === letters.length) result[at(out, index)] += x[at(a, index)] * y[at(b, index)];
    else for (let i = 0; i < size[letters[depth]]; i++) visit((index.set(letters[depth], i), depth + 1));
  };
  visit(0);
  return result;
}

const patterns = [
  ",->", ",i->i", "i,->i", "i,i->", "i,i->i", "i,j->ij", "i,j->ji", "ik,k->i", "ki,k->i", "k,ki->i", "k,ik->i", "ij,ij->", "ij,ji->", "ij,ij->ij", "ij,ij->i", "ij,ij->j",
  "ik,kj->ij", "ki,kj->ij", "ik,jk->ij", "ki,jk->ij", "ik,kj->ji", "bi,bi->b", "bik,bk->bi", "bik,bkj->bij", "bik,kj->bij", "ik,bkj->bij", "bki,bjk->jbi", "bi,bj->ij", "bi,bj->bij",
  "kli,klj->ij", "lki,klj->ij", "abk,ck->abc", "aik,bkj->aibj", "abcd,abcd->", "ijk,jk->i",
];

const shapeOf = (text: string, size: Readonly<Record<string, number>>): Shape => [...text].map((l) => size[l]);

type Nested = number | Nested[];
const nested = (shape: Shape, data: Float64Array): Nested =>
  shape.length === 0 ? data[0] : Array.from({ length: shape[0] }, (_, i) => nested(shape.slice(1), data.subarray((i * data.length) / shape[0], ((i + 1) * data.length) / shape[0])));

function run(f: (x: Tensor, y: Tensor) => Tensor, shapes: readonly Shape[], args: readonly Float64Array[], outSize: number, backend: BackendName): Float64Array {
  const out = new Float64Array(outSize).fill(NaN);
  compile((...x) => f(x[0], x[1]), shapes, { backend })(args, [out]);
  return out;
}

function expectNear(found: Float64Array, expected: ArrayLike<number>, tolerance = 1e-13): void {
  expect(found.length).toBe(expected.length);
  found.forEach((x, k) => {
    if (!(Math.abs(x - expected[k]) <= tolerance)) expect.fail(`entry ${k}: ${x} against ${expected[k]}`);
  });
}

describe.each(["interpreter", "js", "wasm"] as const)("contract, %s", (backend) => {
  test.each(patterns)("%s at every size of every letter", (pattern) => {
    const [a, b] = pattern.split(/,|->/);
    const letters = [...new Set(a + b)];
    const check = (size: Readonly<Record<string, number>>): void => {
      const shapes = [shapeOf(a, size), shapeOf(b, size)];
      const args = shapes.map((s, i) => values(sizeOf(s), i));
      const expected = einsum(pattern, args[0], args[1], size);
      expectNear(run((x, y) => contract(pattern, x, y), shapes, args, expected.length, backend), expected);
    };
    const small = Object.fromEntries(letters.map((l, i) => [l, 2 + (i % 3)]));
    if (letters.length === 0) check({});
    for (const letter of letters) for (const n of sizes) check({ ...small, [letter]: n });
    if (letters.length <= 3) check(Object.fromEntries(letters.map((l, i) => [l, 9 - i])));
  });

  test.each(patterns)("%s: derivatives to second order", (pattern) => {
    const [a, b] = pattern.split(/,|->/);
    const size = Object.fromEntries([...new Set(a + b)].map((l, i) => [l, 2 + (i % 2)]));
    checkGrads((x, y) => contract(pattern, x, y), [a, b].map((text, i) => nested(shapeOf(text, size), values(sizeOf(shapeOf(text, size)), i))), { backend });
  });

  test.each(patterns)("%s: vmap over either or both operands equals a loop", (pattern) => {
    const [a, b] = pattern.split(/,|->/);
    const size = Object.fromEntries([...new Set(a + b)].map((l, i) => [l, 2 + (i % 3)]));
    const shapes = [shapeOf(a, size), shapeOf(b, size)];
    const m = 3;
    const args = shapes.map((s, i) => values(m * sizeOf(s), i));
    const part = (i: number, r: number): Float64Array => args[i].subarray(r * sizeOf(shapes[i]), (r + 1) * sizeOf(shapes[i]));
    for (const axes of [[0, 0], [0, null], [null, 0]] as const) {
      const own = axes.map((axis, i) => (axis === null ? part(i, 0) : args[i]));
      const expected = Array.from({ length: m }, (_, r) => [...einsum(pattern, part(0, axes[0] === null ? 0 : r), part(1, axes[1] === null ? 0 : r), size)]).flat();
      const mapped = axes.map((axis, i) => (axis === null ? shapes[i] : [m, ...shapes[i]]));
      expectNear(run(vmap((x, y) => contract(pattern, x, y), axes), mapped, own, expected.length, backend), expected);
    }
  });

  test.each(["ik,kj->ij", "ik,jk->ij", "ik,jk->ji"])("%s at every number of rows and columns", (pattern) => {
    for (const i of [1, 2, 3, 4, 5, 6, 9, 10]) {
      for (const j of [1, 2, 3, 5, 6, 7, 10, 11, 14]) {
        const [a, b] = pattern.split(/,|->/);
        const size = { i, j, k: 5 + ((i + j) % 3) };
        const shapes = [a, b].map((text) => shapeOf(text, size));
        const args = shapes.map((s, at) => values(sizeOf(s), at));
        const expected = einsum(pattern, args[0], args[1], size);
        for (const [dtype, tolerance] of [["f64", 1e-13], ["f32", 1e-5]] as const) {
          const out = new Float64Array(expected.length).fill(NaN);
          compile((x, y) => contract(pattern, x, y), shapes, { backend, dtype })(args, [out]);
          expectNear(out, expected, tolerance);
        }
      }
    }
  });

  test.each(["ik,kj->ij", "kj,ik->ij", "ki,kj->ij", "bik,bkj->bij"])("%s with long columns, of one row or several", (pattern) => {
    for (const [j, k] of [[64, 33], [65, 40], [66, 32], [71, 33]]) {
      for (const i of [1, 2, 3, 4, 5, 9]) {
        const [a, b] = pattern.split(/,|->/);
        const size = { b: 2, i, j, k };
        const shapes = [a, b].map((text) => shapeOf(text, size));
        const args = shapes.map((s, at) => values(sizeOf(s), at));
        const expected = einsum(pattern, args[0], args[1], size);
        for (const [dtype, tolerance] of [["f64", 1e-13], ["f32", 1e-5]] as const) {
          for (const add of [false, true]) {
            const out = new Float64Array(expected.length).fill(add ? 0.5 : NaN);
            compile((x, y) => contract(pattern, x, y), shapes, { backend, dtype, accumulate: [add] })(args, [out]);
            expectNear(out, expected.map((x) => (add ? x + 0.5 : x)), tolerance);
          }
        }
      }
    }
  });

  test("a row has the same bits whether others are multiplied beside it or not", () => {
    const [k, j, rows] = [40, 65, 9];
    const [x, y] = [values(rows * k), values(k * j, 1)];
    const all = run((a, b) => contract("ik,kj->ij", a, b), [[rows, k], [k, j]], [x, y], rows * j, backend);
    for (let i = 0; i < rows; i++) {
      const alone = run((a, b) => contract("ik,kj->ij", a, b), [[1, k], [k, j]], [x.subarray(i * k, (i + 1) * k), y], j, backend);
      expect([...all.subarray(i * j, (i + 1) * j)]).toEqual([...alone]);
    }
  });

  test("windows, transposes and repeated operands", () => {
    for (const n of sizes) {
      const size = { i: n, k: n + 1, j: 3 };
      const x = values((n + 1) * (n + 2));
      const window = Float64Array.from({ length: n * (n + 1) }, (_, at) => x[Math.floor(at / (n + 1)) * (n + 2) + 1 + (at % (n + 1))]);
      const f = (y: Tensor): Tensor => slice(slice(y, 0, n), 1, n + 2, 1);
      expectNear(run((y) => matmul(f(y), transpose(f(y))), [[n + 1, n + 2], [1]], [x, x], n * n, backend), einsum("ik,jk->ij", window, window, { ...size, j: n }));
      expectNear(run((y) => contract("ki,k->i", f(y), contract("ik,ik->i", f(y), f(y))), [[n + 1, n + 2], [1]], [x, x], n + 1, backend),
        einsum("ki,k->i", window, einsum("ik,ik->i", window, window, size), { k: n, i: n + 1 }));
    }
  });

  test("matmul, dot and outer", () => {
    const [x, y] = [[[1, 2, 3], [4, 5, 6]], [[1, 0], [-1, 2], [0.5, 3]]];
    expect(Array.from(evaluate(matmul, [x, y], { backend }))).toEqual([0.5, 13, 2, 28]);
    expect(Array.from(evaluate(matmul, [x, [1, -1, 2]], { backend }))).toEqual([5, 11]);
    expect(Array.from(evaluate(matmul, [[1, -1], x], { backend }))).toEqual([-3, -3, -3]);
    expect(Array.from(evaluate(matmul, [[1, -1, 2], [3, 4, 5]], { backend }))).toEqual([9]);
    expect(Array.from(evaluate(dot, [x, x], { backend }))).toEqual([91]);
    expect(Array.from(evaluate(outer, [[1, 2], [3, 4, 5]], { backend }))).toEqual([3, 4, 5, 6, 8, 10]);
    expect(Array.from(evaluate((z) => contract("ik,k->i", constant(2, [2, 3]), z), [[1, 2, 3]], { backend }))).toEqual([12, 12]);
  });

  // A peer's vectorised kernel did not advance one operand along the summed axis when its size is a multiple of 4.
  test("the gradient by a weight matrix of a mapped product", () => {
    const [a, b] = [[[1, 2, 3, 4], [5, 6, 7, 8]], [[1, 10, 100, 1000], [0, 0, 0, 0]]];
    const loss = (w: Tensor, x: Tensor, y: Tensor): Tensor => sum(vmap((p, q) => dot(p, matmul(w, q)))(x, y));
    const found = evaluate((w, x, y) => grad((v) => loss(v, x, y))(w), [[[1, 2, 3, 4], [5, 6, 7, 8], [9, 1, 2, 3], [4, 5, 6, 7]], a, b], { backend });
    expect(Array.from(found)).toEqual([1, 2, 3, 4].flatMap((p) => [1, 10, 100, 1000].map((q) => p * q)));
  });

  test("sums of products over letters of both operands become smaller products", () => {
    const [x, y] = [values(12), values(12, 1)];
    const size = { i: 3, j: 4 };
    expectNear(run((p, q) => sum(contract("ij,ij->ij", p, q), [0]), [[3, 4], [3, 4]], [x, y], 4, backend), einsum("ij,ij->j", x, y, size));
    expectNear(run((p, q) => sum(mul(contract("ij,ij->ji", p, q), 2), [0]), [[3, 4], [3, 4]], [x, y], 3, backend), einsum("ij,ij->i", x, y, size).map((v) => 2 * v));
  });
});
