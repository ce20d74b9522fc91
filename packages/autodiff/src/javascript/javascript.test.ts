import { afterEach, describe, expect, test, vi } from "vitest";
import {
  add, compile, concat, dot, eulerLagrange, grad, greater, matmul, mul, outer, reshape, sin, slice, softplus, sum, tensor, transpose, vjp, where, type Tensor,
} from "../index.ts";
import { padBlock } from "../shape-ops.ts";

const values = (n: number, offset = 0): Float64Array => Float64Array.from({ length: n }, (_, k) => Math.sin(1 + 1.7 * k + offset));

test.each(["interpreter", "js", "wasm"] as const)("arrays that are missing or too short are refused, %s", (backend) => {
  const kernel = compile((x, y) => [sum(x), mul(x, y)], [[3], []], { backend });
  const [three, one, two] = [3, 1, 2].map((n) => new Float64Array(n));
  const message = (ins: Float64Array[], outs: Float64Array[]): string => {
    try {
      kernel(ins, outs);
      return "";
    } catch (error) {
      expect(error).toMatchObject({ code: "SHAPE_MISMATCH" });
      return (error as Error).message;
    }
  };
  expect(message([three, one], [one.slice(), three.slice()])).toBe("");
  expect(message([two, one], [one, three])).toBe("Cannot run the kernel as input 0 must have 3 numbers: current length is 2");
  expect(message([three], [one, three])).toBe("Cannot run the kernel as input 1 must have 1 numbers: current length is 0");
  expect(message([three, one], [one, two])).toBe("Cannot run the kernel as output 1 must have 3 numbers: current length is 2");
  expect(message([three, one], [])).toBe("Cannot run the kernel as output 0 must have 1 numbers: current length is 0");
});

test.each(["interpreter", "js", "wasm"] as const)("an output that holds float32 rounds itself only, not what depends on it, %s", (backend) => {
  const x = values(5);
  for (const added of [false, true]) {
    const kernel = compile((v) => [sin(v), dot(sin(v), sin(v))], [[5]], { backend, accumulate: [added, false] });
    const [y, z] = [new Float64Array(5).fill(2), new Float64Array(1)];
    kernel([x], [y, z]);
    const [single, other] = [new Float32Array(6).fill(2), new Float64Array(1)];
    kernel([x], [single, other]);
    expect(other).toEqual(z);
    expect(single).toEqual(Float32Array.of(...y, 2));
  }
});

describe.each(["interpreter", "js"] as const)("outputs, %s", (backend) => {
  const run = (f: (...x: Tensor[]) => Tensor | Tensor[], args: readonly Float64Array[], outputs: readonly number[][], accumulate: readonly boolean[] = []): number[][] => {
    const out = outputs.map((x) => Float64Array.from(x));
    compile(f, args.map((x) => [x.length]), { backend, accumulate })(args, out);
    return out.map((x) => [...x]);
  };
  const [x, y] = [Float64Array.of(1, 2, 3), Float64Array.of(10, 20)];

  test("are written, or added to where asked", () => {
    const f = (a: Tensor, b: Tensor): Tensor[] => [mul(a, 2), sum(b), outer(a, b)];
    const before = [[1, 1, 1], [1], [1, 1, 1, 1, 1, 1]];
    expect(run(f, [x, y], before)).toEqual([[2, 4, 6], [30], [10, 20, 20, 40, 30, 60]]);
    expect(run(f, [x, y], before, [true, true, true])).toEqual([[3, 5, 7], [31], [11, 21, 21, 41, 31, 61]]);
    expect(run(f, [x, y], before, [false, true])).toEqual([[2, 4, 6], [31], [10, 20, 20, 40, 30, 60]]);
  });

  test("may be inputs, constants, zeros, windows, and the same twice", () => {
    const f = (a: Tensor): Tensor[] => [a, tensor([4, 5]), mul(a, 0), slice(a, 1, 3), a];
    const before = [[9, 9, 9], [9, 9], [9, 9, 9], [9, 9], [9, 9, 9]];
    expect(run(f, [x], before)).toEqual([[1, 2, 3], [4, 5], [0, 0, 0], [2, 3], [1, 2, 3]]);
    expect(run(f, [x], before, [true, true, true, true, true])).toEqual([[10, 11, 12], [13, 14], [9, 9, 9], [11, 12], [10, 11, 12]]);
  });

  test("made of parts: side by side, overlapping, with gaps", () => {
    const before = [[7, 7, 7, 7, 7, 7]];
    const sides = (a: Tensor): Tensor => add(padBlock(a, [0], [6]), padBlock(mul(a, 2), [3], [6]));
    const overlapping = (a: Tensor): Tensor => add(padBlock(a, [0], [6]), padBlock(mul(a, 2), [0], [6]));
    const gaps = (a: Tensor): Tensor => add(padBlock(a, [1], [6]), add(padBlock(mul(a, 2), [3], [6]), padBlock(slice(a, 0, 1), [1], [6])));
    const plain = (a: Tensor): Tensor => add(padBlock(a, [1], [6]), tensor([1, 2, 3, 4, 5, 6]));
    for (const [f, expected] of [
      [sides, [1, 2, 3, 2, 4, 6]], [overlapping, [3, 6, 9, 0, 0, 0]], [gaps, [0, 2, 2, 5, 4, 6]], [plain, [1, 3, 5, 7, 5, 6]],
      [(a: Tensor) => concat([mul(a, 3), sides(a)].map((z) => slice(z, 0, 3))), [3, 6, 9, 1, 2, 3]],
      [(a: Tensor) => reshape(reshape(sides(a), [2, 3]), [6]), [1, 2, 3, 2, 4, 6]],
    ] as const) {
      expect(run(f, [x], before)).toEqual([expected]);
      expect(run(f, [x], before, [true])).toEqual([expected.map((v) => v + 7)]);
    }
  });

  test("a product that is an output and read elsewhere, twice an output, or under another shape", () => {
    const product = (a: Tensor, b: Tensor): Tensor => outer(a, b);
    const flat = [10, 20, 20, 40, 30, 60];
    const ones = flat.map(() => 1);
    expect(run((a, b) => [product(a, b), mul(sum(product(a, b)), 1)], [x, y], [ones, [0]])).toEqual([flat, [180]]);
    expect(run((a, b) => [product(a, b), product(a, b)], [x, y], [ones, ones], [true, false])).toEqual([flat.map((v) => v + 1), flat]);
    expect(run((a, b) => [reshape(product(a, b), [6]), reshape(transpose(product(a, b)), [6])], [x, y], [ones, ones], [true, true])).toEqual([flat.map((v) => v + 1), [11, 21, 31, 21, 41, 61]]);
    expect(run((a, b) => [add(product(a, b), product(a, b)), concat([dot(a, a), dot(b, b)].map((z) => reshape(z, [1])))], [x, y], [ones, [1, 1]], [true, true])).toEqual([flat.map((v) => 2 * v + 1), [15, 501]]);
  });

  test("hold no memory of the kernel's: later calls leave earlier results alone", () => {
    const kernel = compile((a: Tensor) => [sin(a), matmul(reshape(sin(a), [1, 3]), a)], [[3]], { backend });
    const [first, second] = [0, 1].map(() => [new Float64Array(3), new Float64Array(1)]);
    kernel([x], first);
    const kept = first.map((z) => [...z]);
    kernel([values(3)], second);
    expect(first.map((z) => [...z])).toEqual(kept);
    first.forEach((z) => z.fill(NaN));
    const third = [new Float64Array(3), new Float64Array(1)];
    kernel([x], third);
    expect(third.map((z) => [...z])).toEqual(kept);
  });

  test("arrays longer than the shape are left alone behind it", () => {
    const out = Float64Array.of(0, 0, 5);
    compile((a: Tensor) => mul(a, 2), [[2]], { backend })([Float64Array.of(1, 2, 100)], [out]);
    expect([...out]).toEqual([2, 4, 5]);
  });
});

describe("generated functions", () => {
  afterEach(() => vi.unstubAllGlobals());

  /** Lengths of the functions that a program becomes. */
  function lengths(f: (...x: Tensor[]) => Tensor | Tensor[], shapes: readonly number[][]): number[] {
    const Original = Function;
    const found: number[] = [];
    vi.stubGlobal("Function", function (...words: string[]): unknown {
      found.push(...words.at(-1)!.split(/\n(?=function |return )/).map((code) => code.length));
      return Original(...words);
    });
    compile(f, shapes, { backend: "js" });
    vi.unstubAllGlobals();
    return found;
  }

  test("stay short in big programs, and few in small ones", () => {
    const deep = (x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < 400; i++) y = add(sin(mul(y, x)), where(greater(x, 0), x, y));
      return y;
    };
    for (const shape of [[], [3], [4], [5], [50], [3, 7]]) {
      const all = lengths(deep, [shape]);
      expect(all.length).toBeGreaterThan(3);
      expect(Math.max(...all)).toBeLessThan(9000);
    }
    const network = (w: Tensor, u: Tensor): Tensor => sum(softplus(matmul(w, softplus(matmul(w, u)))));
    const motion = (w: Tensor, q: Tensor, v: Tensor): Tensor => eulerLagrange((a, b) => add(network(w, concat([a, b])), dot(b, b)))(q, v);
    const pulled = lengths((w, q, v, g) => vjp(motion, w, q, v)[1](g), [[6, 6], [3], [3], [3]]);
    expect(Math.max(...pulled)).toBeLessThan(9000);
    expect(pulled.reduce((n, k) => n + k)).toBeLessThan(80_000);
    expect(lengths((x) => sin(x), [[3]]).reduce((n, k) => n + k)).toBeLessThan(500);
  });

  test("long groups are cut without changing results", () => {
    const deep = (x: Tensor): Tensor => {
      let [y, z] = [x, x];
      for (let i = 0; i < 150; i++) [y, z] = [sin(add(mul(y, 0.9), z)), y];
      return add(y, z);
    };
    for (const n of [1, 4, 5, 9]) {
      const [fast, slow] = (["js", "interpreter"] as const).map((backend) => {
        const out = [new Float64Array(n), new Float64Array(n)];
        compile((x) => [deep(x), grad((y) => sum(deep(y)))(x)], [[n]], { backend })([values(n)], out);
        return out;
      });
      fast.forEach((found, k) => found.forEach((v, i) => expect(Math.abs(v - slow[k][i])).toBeLessThan(1e-12)));
    }
  });
});
