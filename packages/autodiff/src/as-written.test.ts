import { describe, expect, test } from "vitest";
import { add, at, broadcastTo, compile, concat, constant, contract, customVjp, dot, evaluate, gather, grad, matmul, mean, mul, outer, print, reshape, sin, stack, sub, sum, tensor, trace, transpose, vmap, type Tensor } from "./index.ts";

const backends = ["interpreter", "js", "wasm"] as const;

describe.each(backends)("lists that are changed after a call, on %s", (backend) => {
  const run = (f: (x: Tensor) => Tensor, x: readonly number[]): number[] => [...evaluate(f, [[...x]], { backend })];

  test("of parts: a window that slides, one that grows, one that is emptied", () => {
    expect(run((x) => {
      const [window, out] = [[x, x], [] as Tensor[]];
      for (let i = 0; i < 3; i++) {
        window.shift();
        window.push(mul(x, i + 1));
        out.push(concat(window));
      }
      return concat(out);
    }, [1])).toEqual([1, 1, 1, 2, 2, 3]);
    const grown = (x: Tensor): Tensor => {
      const parts: Tensor[] = [];
      let total = constant(0);
      for (let i = 0; i < 3; i++) {
        parts.push(mul(x, i + 1));
        const y = concat(parts);
        total = add(total, dot(y, y));
      }
      return total;
    };
    expect(run(grown, [1])).toEqual([20]);
    expect(run(grad(grown), [1])).toEqual([40]);
    expect(run((x) => {
      const parts = [sin(x), mul(x, 3)];
      const y = concat(parts);
      parts.length = 0;
      return y;
    }, [0])).toEqual([0, 0]);
  });

  test("of indices, shapes, axes and arguments", () => {
    expect(run((x) => {
      const index = [0];
      return stack([0, 1, 2].map((i) => {
        index[0] = i;
        return at(gather(x, index), 0);
      }));
    }, [10, 20, 30])).toEqual([10, 20, 30]);
    const turned = (make: (y: Tensor, list: number[]) => Tensor, list: number[]) => (x: Tensor): Tensor => {
      const first = make(mul(x, 1.5), list);
      list.reverse();
      return concat([first, make(mul(x, 1.5), list)].map((y) => sum(y, [0])).map((y) => reshape(y, [y.size])));
    };
    expect(run(turned((y, shape) => reshape(y, shape), [2, 3]), [1, 2, 3, 4, 5, 6])).toEqual([7.5, 10.5, 13.5, 13.5, 18]);
    expect(run(turned((y, perm) => transpose(reshape(y, [1, 6]), perm), [0, 1]), [1, 2, 3, 4, 5, 6])).toEqual([1.5, 3, 4.5, 6, 7.5, 9, 31.5]);
    expect(run(turned((y, shape) => broadcastTo(sum(y), shape), [2, 3]), [1, 1])).toEqual([6, 6, 6, 9, 9]);
    expect(run(turned((y, shape) => mul(constant(2, shape), sum(y)), [2, 3]), [1, 1])).toEqual([12, 12, 12, 18, 18]);
    expect(run((x) => {
      const args = [x];
      const y = customVjp({ forward: (z) => sin(z), backward: (g, [z]) => [mul(g, z)] }, args);
      args[0] = mul(x, 5);
      return y;
    }, [1])).toEqual([Math.sin(1)]);
  });

  test("of sizes that a kernel was compiled for", () => {
    const shape = [2];
    const kernel = compile((x) => sum(x), [shape], { backend });
    shape[0] = 4;
    const out = new Float64Array(1);
    kernel([Float64Array.of(1, 2)], [out]);
    expect(out[0]).toBe(3);
  });
});

describe.each(backends)("what cancels, on %s", (backend) => {
  const n = 1000;
  const large = Array.from({ length: n }, (_, i) => 1e12 + (i % 7));
  const expected = large.reduce((s, x) => s + (x - 1e12), 0);

  test("cancels entry by entry before it is summed", () => {
    expect(evaluate((x) => sum(add(x, -1e12)), [large], { backend })[0]).toBe(expected);
    expect(evaluate((x, y) => sum(add(mul(x, 0.5), mul(y, -0.5))), [large, large.map(() => 1e12)], { backend })[0]).toBe(expected / 2);
    expect(evaluate((x, y) => sum(add(x, y)), [[1e308, 1e308], [-1e308, -1e308]], { backend })[0]).toBe(0);
    expect(evaluate((x) => sum(vmap((row) => add(sum(row), -3e12))(x)), [[large.slice(0, 3), large.slice(3, 6)]], { backend })[0]).toBe(15);
    const roots = Array.from({ length: 6 }, (_, i) => [2 ** 20 + i, 1]);
    expect(evaluate((x, y) => sum(vmap((a, b) => sub(dot(a, a), dot(b, b)))(x, y)), [roots, roots.map(([x]) => [x, 2])], { backend })[0]).toBe(-18);
    const singles = Array.from({ length: 4096 }, (_, i) => 1000 + (i % 2 === 0 ? 2 : -1) / 4096);
    expect(evaluate((x) => mean(add(x, -1000)), [singles], { backend, dtype: "f32" })[0]).toBeCloseTo(0.5 / 4096, 10);
  });

  test("cancels in the order in which products were added", () => {
    const [a, c] = [Array.from({ length: 6 }, (_, i) => 1e8 + i), Array.from({ length: 6 }, (_, i) => 0.1 * (i + 1))];
    const minus = a.map((x) => a.map((y) => -(x * y)));
    const f = (x: Tensor, m: Tensor, y: Tensor): Tensor => add(add(outer(x, x), m), outer(y, y));
    expect([...evaluate(f, [a, minus, c], { backend, relaxedSimd: false })]).toEqual(c.flatMap((x) => c.map((y) => x * y)));
  });
});

describe("a batch has the bits of its entries alone where outer products are added, among other terms, too", () => {
  test.each([["js", "f64"], ["wasm", "f64"], ["wasm", "f32"]] as const)("%s %s", (backend, dtype) => {
    const options = { backend, dtype, relaxedSimd: false } as const;
    const data = (size: number, seed: number): Float64Array => Float64Array.from({ length: size }, (_, k) => Math.sin(1.7 * k + seed));
    for (const f of [
      (a: Tensor, b: Tensor, c: Tensor) => add(add(outer(a, b), broadcastTo(c, [6, 6])), outer(b, c)),
      (a: Tensor, b: Tensor, c: Tensor) => add(add(outer(a, b), outer(c, a)), outer(b, c)),
      (a: Tensor, b: Tensor, c: Tensor) => add(outer(a, b), add(outer(c, a), outer(b, c))),
      (a: Tensor, b: Tensor, c: Tensor) => add(sub(sub(outer(a, b), outer(c, a)), outer(b, c)), outer(b, b)),
      (a: Tensor, b: Tensor, c: Tensor) => sub(outer(a, b), sub(outer(c, a), outer(b, c))),
    ]) {
      const args = [1, 2, 3].map((seed) => data(18, seed));
      const [all, own] = [new Float64Array(108), new Float64Array(36)];
      compile((...x) => vmap(f as (...x: Tensor[]) => Tensor)(...x), [[3, 6], [3, 6], [3, 6]], options)(args, [all]);
      const alone = compile(f as (...x: Tensor[]) => Tensor, [[6], [6], [6]], options);
      for (let k = 0; k < 3; k++) {
        alone(args.map((x) => x.subarray(6 * k, 6 * k + 6)), [own]);
        expect(own).toEqual(all.slice(36 * k, 36 * k + 36));
      }
    }
  });
});

test("short sums keep what is no number beside a known zero, as long ones do", () => {
  for (const backend of backends) {
    expect([...evaluate((x) => matmul(tensor([[0, 0], [0, 1]]), x), [[NaN, 1]], { backend })]).toEqual([NaN, NaN]);
    expect([...evaluate((x) => contract("ik,jk->ij", concat([constant(0, [1, 2]), reshape(x, [1, 2])]), reshape(x, [1, 2])), [[Infinity, 1]], { backend })]).toEqual([NaN, Infinity]);
  }
});

test("arrays without entries beside others of their kind compile", () => {
  for (const backend of backends) {
    const out = [new Float64Array(0), new Float64Array(48)];
    compile((x, y) => [sin(x), sin(y)], [[0, 16], [3, 16]], { backend })([new Float64Array(0), new Float64Array(48).fill(1)], out);
    expect(out[1].every((x) => x === Math.sin(1))).toBe(true);
    expect([...evaluate((x) => sum(reshape(x, [0, 2]), [0]), [[]], { backend })]).toEqual([0, 0]);
    expect([...evaluate((x) => sum(concat([x, constant(Infinity, [0])])), [[2]], { backend })]).toEqual([2]);
  }
});

describe("what is refused", () => {
  const wrong = (code: string, message: string): Error => expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error;

  test("views of a kernel's own arrays in another place", () => {
    const kernel = compile((x, y) => sub(x, mul(2, y)), [[3], [3]], { backend: "wasm" });
    const [x, y] = kernel.inputs!;
    x.set([1, 2, 3]);
    y.set([4, 5, 6]);
    expect(() => kernel([y.subarray(0), x.subarray(0)], kernel.outputs!)).toThrow(wrong("INVALID_ARGUMENT", "input 0 is that of another place, or a view of it"));
    kernel([x.subarray(0), y], kernel.outputs!);
    expect([...kernel.outputs![0]]).toEqual([-7, -8, -9]);
  });

  test("axes and options that would mean nothing", () => {
    const run = (f: (x: Tensor) => Tensor, options: object = {}) => () => evaluate(f, [[[1, 2], [3, 4]]], options);
    expect(run((x) => vmap((row: Tensor) => row, [1 as 0])(x))).toThrow(wrong("INVALID_ARGUMENT", "inAxes must have 0 or null for each of 1 arguments"));
    expect(run((x) => sum(x, [0.5]))).toThrow(wrong("SHAPE_MISMATCH", "axes [0.5] must exist"));
    expect(run((x) => concat([x, x], 0.5))).toThrow(wrong("SHAPE_MISMATCH", "axis 0.5 must exist"));
    expect(run((x) => concat([x, x], -3))).toThrow(wrong("SHAPE_MISMATCH", "axis -3 must exist"));
    expect(run((x) => x, { dtyp: "f32" })).toThrow(wrong("INVALID_OPTION", "dtyp"));
    expect(() => compile((x) => x, [3 as unknown as number[]])).toThrow(wrong("INVALID_ARGUMENT", "shape 0 is 3"));
    expect(() => trace((x) => [[x] as unknown as Tensor], [[]])).toThrow(wrong("INVALID_TRACE", "a list (stack([...]) makes one array"));
  });
});

test("print tells zeros of either sign apart", () => {
  expect(print(trace(() => [tensor([0, -0, 1])], []))).toContain("{0, -0, 1}");
});
