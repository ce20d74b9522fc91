import { checkGrads } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { broadcastAxes, forEachIndex, sumAxes } from "./broadcast.ts";
import { add, at, broadcastTo, compile, concat, constant, dot, evaluate, gather, grad, mul, reshape, slice, stack, sub, sum, trace, transpose, vmap, type Shape, type Tensor, type BackendName } from "./index.ts";
import { padBlock, sliceBlock } from "./shape-ops.ts";
import { topological } from "./trace.ts";

const sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17];
const sizeOf = (shape: Shape): number => shape.reduce((n, s) => n * s, 1);
const values = (n: number, offset = 0): Float64Array => Float64Array.from({ length: n }, (_, k) => Math.sin(1 + 1.7 * k + offset));

/** Plain array with an accessor by index. */
class Plain {
  readonly shape: Shape;
  readonly data: Float64Array;
  constructor(shape: Shape, data: Float64Array = values(sizeOf(shape))) {
    this.shape = shape;
    this.data = data;
  }
  get(index: readonly number[]): number {
    return this.data[index.reduce((flat, k, d) => flat * this.shape[d] + k, 0)];
  }
  static make(shape: Shape, entry: (index: readonly number[]) => number): Plain {
    const data = new Float64Array(sizeOf(shape));
    forEachIndex(shape, (flat, index) => void (data[flat] = entry(index)));
    return new Plain(shape, data);
  }
}

interface Case {
  readonly shapes: readonly Shape[];
  readonly traced: (...x: Tensor[]) => Tensor;
  readonly plain: (...x: Plain[]) => Plain;
}

/** Every operation that moves entries, on arrays whose axes have n as a size. */
const casesOf = (n: number): Readonly<Record<string, Case>> => ({
  "sum of all": { shapes: [[n]], traced: (x) => sum(x), plain: (x) => new Plain([], Float64Array.of(x.data.reduce((s, v) => s + v, 0))) },
  "sum over the first axis": { shapes: [[n, 3]], traced: (x) => sum(x, [0]), plain: (x) => Plain.make([3], ([j]) => Array.from({ length: n }, (_, i) => x.get([i, j])).reduce((s, v) => s + v, 0)) },
  "sum over the last axis": { shapes: [[3, n]], traced: (x) => sum(x, [-1]), plain: (x) => Plain.make([3], ([i]) => Array.from({ length: n }, (_, j) => x.get([i, j])).reduce((s, v) => s + v, 0)) },
  "sum over the middle axis": { shapes: [[2, n, 3]], traced: (x) => sumAxes(x, [1]), plain: (x) => Plain.make([2, 3], ([i, k]) => Array.from({ length: n }, (_, j) => x.get([i, j, k])).reduce((s, v) => s + v, 0)) },
  "sum over the outer axes": { shapes: [[2, n, 3]], traced: (x) => sum(x, [2, 0]), plain: (x) => Plain.make([n], ([j]) => [0, 1].flatMap((i) => [0, 1, 2].map((k) => x.get([i, j, k]))).reduce((s, v) => s + v, 0)) },
  "broadcast to new leading axes": { shapes: [[n]], traced: (x) => broadcastTo(x, [2, 3, n]), plain: (x) => Plain.make([2, 3, n], ([, , k]) => x.get([k])) },
  "broadcast of axes of length 1": { shapes: [[n, 1, 2]], traced: (x) => broadcastTo(x, [n, 3, 2]), plain: (x) => Plain.make([n, 3, 2], ([i, , k]) => x.get([i, 0, k])) },
  "broadcast to a new trailing axis": { shapes: [[n]], traced: (x) => broadcastAxes(x, [n, 3], [0]), plain: (x) => Plain.make([n, 3], ([i]) => x.get([i])) },
  "reshape to a column and back": { shapes: [[n, 4]], traced: (x) => reshape(reshape(x, [4 * n, 1]), [2, 2 * n]), plain: (x) => new Plain([2, 2 * n], x.data) },
  "reshape of a transpose": { shapes: [[n, 3]], traced: (x) => reshape(transpose(x), [3 * n]), plain: (x) => Plain.make([3 * n], ([k]) => x.get([k % n, Math.floor(k / n)])) },
  "reshape of a slice": { shapes: [[n, 4]], traced: (x) => reshape(slice(x, 1, 3, 1), [2 * n]), plain: (x) => Plain.make([2 * n], ([k]) => x.get([Math.floor(k / 2), 1 + (k % 2)])) },
  "transpose of a matrix": { shapes: [[n, 3]], traced: (x) => transpose(x), plain: (x) => Plain.make([3, n], ([i, j]) => x.get([j, i])) },
  "transpose with a cycle": { shapes: [[n, 2, 3]], traced: (x) => transpose(x, [1, 2, 0]), plain: (x) => Plain.make([2, 3, n], ([i, j, k]) => x.get([k, i, j])) },
  "transpose twice": { shapes: [[n, 2, 3]], traced: (x) => transpose(transpose(x, [1, 2, 0]), [0, 2, 1]), plain: (x) => Plain.make([2, n, 3], ([i, j, k]) => x.get([j, i, k])) },
  "slice of rows": { shapes: [[n + 2, 3]], traced: (x) => slice(x, 1, n + 1), plain: (x) => Plain.make([n, 3], ([i, j]) => x.get([i + 1, j])) },
  "slice of columns": { shapes: [[3, n + 2]], traced: (x) => slice(x, 2, n + 2, -1), plain: (x) => Plain.make([3, n], ([i, j]) => x.get([i, j + 2])) },
  "slice of a slice": { shapes: [[n + 3, 4]], traced: (x) => sliceBlock(slice(x, 1, n + 2), [1, 2], [n, 2]), plain: (x) => Plain.make([n, 2], ([i, j]) => x.get([i + 2, j + 2])) },
  "slice of a concatenation": { shapes: [[n], [n + 2], [n]], traced: (x, y, z) => slice(concat([x, y, z]), n + 1, 2 * n + 1), plain: (_x, y) => Plain.make([n], ([i]) => y.get([i + 1])) },
  "slice across a concatenation": { shapes: [[n], [n]], traced: (x, y) => slice(concat([x, y]), n - 1, n + 1), plain: (x, y) => Plain.make([2], ([i]) => (i === 0 ? x.get([n - 1]) : y.get([0]))) },
  "entry of a matrix": { shapes: [[n, 3]], traced: (x) => at(x, n - 1), plain: (x) => Plain.make([3], ([j]) => x.get([n - 1, j])) },
  "pad of a vector": { shapes: [[n]], traced: (x) => padBlock(x, [2], [n + 3]), plain: (x) => Plain.make([n + 3], ([i]) => (i >= 2 && i < n + 2 ? x.get([i - 2]) : 0)) },
  "pad of a matrix": { shapes: [[n, 2]], traced: (x) => padBlock(x, [1, 1], [n + 1, 4]), plain: (x) => Plain.make([n + 1, 4], ([i, j]) => (i >= 1 && j >= 1 && j < 3 ? x.get([i - 1, j - 1]) : 0)) },
  "concat of rows": { shapes: [[n, 2], [3, 2], [1, 2]], traced: (x, y, z) => concat([x, y, z]), plain: (x, y, z) => Plain.make([n + 4, 2], ([i, j]) => (i < n ? x.get([i, j]) : i < n + 3 ? y.get([i - n, j]) : z.get([0, j]))) },
  "concat of columns": { shapes: [[2, n], [2, 3]], traced: (x, y) => concat([x, transpose(transpose(y)), x], -1), plain: (x, y) => Plain.make([2, 2 * n + 3], ([i, j]) => (j < n ? x.get([i, j]) : j < n + 3 ? y.get([i, j - n]) : x.get([i, j - n - 3]))) },
  "concat of windows": { shapes: [[n, n + 1]], traced: (x) => concat([transpose(slice(x, 0, n, 1)), slice(x, 1, n + 1, 1)]), plain: (x) => Plain.make([2 * n, n], ([i, j]) => (i < n ? x.get([j, i]) : x.get([i - n, j + 1]))) },
  stack: { shapes: [[n], [n]], traced: (x, y) => stack([x, y, x]), plain: (x, y) => Plain.make([3, n], ([i, j]) => (i === 1 ? y : x).get([j])) },
  gather: {
    shapes: [[n, 2]],
    traced: (x) => gather(x, [0, -1, 2 * n - 1, 0, n, n], [2, 3]),
    plain: (x) => new Plain([2, 3], Float64Array.of(x.data[0], 0, x.data[2 * n - 1], x.data[0], x.data[n], x.data[n])),
  },
  "gather of a window": { shapes: [[3, n]], traced: (x) => gather(transpose(slice(x, 1, 3)), [1, 0, -1, 1]), plain: (x) => new Plain([4], Float64Array.of(x.get([2, 0]), x.get([1, 0]), 0, x.get([2, 0]))) },
});

const run = (backend: BackendName, { traced, shapes }: Pick<Case, "traced" | "shapes">, args: readonly Float64Array[]): Float64Array => {
  let size = 0;
  const kernel = compile((...x) => {
    const y = traced(...x);
    size = y.size;
    return y;
  }, shapes, { backend });
  const out = new Float64Array(size).fill(NaN);
  kernel(args, [out]);
  return out;
};

const nested = (shape: Shape, data: Float64Array): number[] | number[][] | number[][][] => {
  if (shape.length <= 1) return [...data];
  const step = data.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => nested(shape.slice(1), data.subarray(i * step, (i + 1) * step))) as number[][];
};

const expectNear = (found: Float64Array, expected: Float64Array): void => {
  expect(found.length).toBe(expected.length);
  found.forEach((x, k) => {
    if (!(Math.abs(x - expected[k]) <= 1e-14)) expect.fail(`entry ${k}: ${x} against ${expected[k]}`);
  });
};

describe.each(["interpreter", "js", "wasm"] as const)("operations that move entries, %s", (backend) => {
  test.each(Object.keys(casesOf(1)))("%s: values at every size", (name) => {
    for (const n of sizes) {
      const { traced, shapes, plain } = casesOf(n)[name];
      const args = shapes.map((shape, i) => new Plain(shape, values(sizeOf(shape), i)));
      const expected = plain(...args);
      let shape: Shape = [];
      expectNear(run(backend, { shapes, traced: (...x) => ((shape = traced(...x).shape), traced(...x)) }, args.map((x) => x.data)), expected.data);
      expect(shape).toEqual(expected.shape);
    }
  });

  test.each(Object.keys(casesOf(1)))("%s: derivatives to second order", (name) => {
    const { traced, shapes } = casesOf(3)[name];
    // A product with itself moved, so that the second derivative is not zero.
    checkGrads((...x) => mul(traced(...x), traced(...x.map((y) => mul(y, y)))), shapes.map((shape, i) => nested(shape, values(sizeOf(shape), i))), { backend });
  });

  test.each(Object.keys(casesOf(1)))("%s: vmap and vmap of vmap equal loops", (name) => {
    const [m, k, n] = [2, 3, 4];
    const { traced, shapes } = casesOf(n)[name];
    const one = shapes.map(sizeOf);
    const args = one.map((size, i) => values(m * k * size, i));
    const parts = (r: number): Float64Array[] => args.map((x, i) => x.subarray(r * one[i], (r + 1) * one[i]));
    const loop = (count: number): Float64Array => Float64Array.from(Array.from({ length: count }, (_, r) => [...run(backend, { shapes, traced }, parts(r))]).flat());
    expectNear(run(backend, { shapes: shapes.map((s) => [m, ...s]), traced: vmap(traced) }, args), loop(m));
    expectNear(run(backend, { shapes: shapes.map((s) => [m, k, ...s]), traced: vmap(vmap(traced)) }, args), loop(m * k));
  });

  test("a mapped function may ignore the mapped argument", () => {
    expect(Array.from(run(backend, { shapes: [[2], [3]], traced: (x, y) => vmap(() => y)(x) }, [values(2), Float64Array.of(1, 2, 3)]))).toEqual([1, 2, 3, 1, 2, 3]);
  });

  test("arrays without entries", () => {
    const f = (x: Tensor): Tensor => {
      const empty = slice(x, 2, 2);
      return concat([mul(empty, 2), x, reshape(sum(mul(empty, empty)), [1]), gather(empty, [-1])]);
    };
    expect(Array.from(evaluate(f, [[1, 2, 3]], { backend }))).toEqual([1, 2, 3, 0, 0]);
  });
});

test.each(["interpreter", "js", "wasm"] as const)("sums and blocks of nothing, %s", (backend) => {
  const empty = new Float64Array(0);
  expect([...evaluate((x, y) => dot(x, y), [empty, empty], { backend })]).toEqual([0]);
  expect([...evaluate((x) => sum(slice(reshape(x, [1, 3]), 0, 0)), [[1, 2, 3]], { backend })]).toEqual([0]);
  expect([...evaluate((x) => sum(slice(stack([x]), 0, 0)), [[1, 2, 3]], { backend })]).toEqual([0]);
});

describe("an array taken apart", () => {
  test("has the entries along its first axis, as at has them", () => {
    const names = ([x, v]: Tensor): Tensor => stack([v, mul(x, v)]);
    expect([...evaluate(names, [[2, 3]])]).toEqual([3, 6]);
    expect([...evaluate((x) => { const [, ...rest] = x; return concat(rest); }, [[[1, 2], [3, 4], [5, 6]]])]).toEqual([3, 4, 5, 6]);
    const total = (x: Tensor): Tensor => { let s = constant(0); for (const entry of x) s = add(s, mul(entry, entry)); return s; };
    for (const backend of ["interpreter", "js", "wasm"] as const) expect([...evaluate((x) => grad(total)(x), [[1, 2, 3]], { backend })]).toEqual([2, 4, 6]);
    expect([...evaluate(vmap((row) => { const [a, b] = row; return sub(a, b); }), [[[5, 1], [7, 2]]])]).toEqual([4, 5]);
    expect(trace((x) => [...x].map((entry, i) => sub(entry, at(x, i))), [[3]]).outputs.every((y) => y.shape.length === 0)).toBe(true);
    // Read as far as it is asked for.
    expect(topological(trace((x) => { const [first] = x; return [first]; }, [[1000]]).outputs).length).toBeLessThan(5);
  });

  test("must not be a scalar", () => {
    expect(() => evaluate((x) => { const [a] = x; return a; }, [1])).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH", message: "Cannot take a traced array apart as it must have a first axis: it is input[]" }));
  });
});

test("stack takes numbers among scalars, and refuses what is neither by a typed error", () => {
  expect([...evaluate((x) => stack([at(x, 0), 1, at(x, 1)]), [[2, 3]])]).toEqual([2, 1, 3]);
  expect(() => evaluate((x) => stack([at(x, 0), undefined as never]), [[2]])).toThrow(expect.objectContaining({ code: "INVALID_TRACE" }));
  expect(() => evaluate((x) => stack([x, 1]), [[2, 3]])).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
});
