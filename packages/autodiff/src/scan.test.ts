import { checkGrads } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { compileSplit } from "./compile.ts";
import { expand } from "./expand.ts";
import {
  add, at, compile, concat, cond, constant, cos, customVjp, dot, evaluate, grad, greater, hessian, jacobian, jvp, matmul, mul, outer, reshape, scan, sin, stack, sum, tanh, tensor, trace, vjp, vmap,
  type NestedArray, type Shape, type Tensor,
} from "./index.ts";
import { scanPrimitive } from "./scan.ts";
import { topological } from "./trace.ts";

const values = (n: number, offset = 0): number[] => Array.from({ length: n }, (_, k) => Math.sin(1 + 1.7 * k + 0.3 * k * k + offset));
const rows = (m: number, n: number, offset = 0): number[][] => Array.from({ length: m }, (_, i) => values(n, i + offset));

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-13): void {
  expect(found.length).toBe(expected.length);
  for (let k = 0; k < expected.length; k++) if (!(Math.abs(found[k] - expected[k]) <= tolerance * Math.max(1, Math.abs(expected[k])))) expect.fail(`entry ${k}: ${found[k]} against ${expected[k]}`);
}

const flat = (...parts: readonly Tensor[]): Tensor => concat(parts.map((x) => reshape(x, [x.size])));

/** One step of a recurrent network with two carries, results of two shapes, and a captured weight. */
const step = (w: Tensor) => ([h, s]: readonly Tensor[], x: Tensor): [Tensor[], Tensor[]] => {
  const next = tanh(add(matmul(w, h), mul(x, s)));
  return [[next, add(mul(s, 0.9), mul(0.1, dot(h, x)))], [dot(next, x), outer(next, x)]];
};
const looped = (w: Tensor, h: Tensor, s: Tensor, x: Tensor): Tensor => {
  const [carry, ys] = scan(step(w), [h, s], x);
  return flat(...carry, ...ys);
};
/** The same, unrolled. */
const unrolled = (w: Tensor, h: Tensor, s: Tensor, x: Tensor): Tensor => {
  let carry = [h, s];
  const ys: Tensor[][] = [];
  for (let t = 0; t < x.shape[0]; t++) {
    const [next, y] = step(w)(carry, at(x, t));
    carry = next;
    ys.push(y);
  }
  return flat(...carry, ...ys.map(([y]) => y), ...ys.map(([, y]) => y));
};
const args: NestedArray[] = [rows(3, 3), values(3, 1), 0.7, rows(4, 3, 2)];

describe.each(["interpreter", "js", "wasm"] as const)("scan, %s", (backend) => {
  const run = (f: (...x: Tensor[]) => Tensor, ...xs: readonly NestedArray[]): Float64Array => evaluate(f, xs, { backend });

  test("equals the loop written out, in value and in derivatives by all arguments", () => {
    expectNear(run(looped, ...args), run(unrolled, ...args));
    args.forEach((_, i) => {
      const gradient = (f: typeof looped) => (...x: Tensor[]): Tensor => grad((y) => sum(sin(f(...(x.with(i, y) as Parameters<typeof looped>)))))(x[i]);
      const along = (f: typeof looped) => (...x: Tensor[]): Tensor => jvp((y) => f(...(x.with(i, y) as Parameters<typeof looped>)), [x[i]], [cos(x[i])])[1];
      expectNear(run(gradient(looped), ...args), run(gradient(unrolled), ...args));
      expectNear(run(along(looped), ...args), run(along(unrolled), ...args));
    });
  });

  test("derivatives to second order", () => {
    checkGrads(looped, args, { backend });
    checkGrads((x) => scan((c, y) => [mul(c, y), add(c, y)], constant(1), x)[1], [[0.5, -2, 3]], { backend });
  });

  test("maps over any of its arguments as a loop over them would", () => {
    const batch = [0, 1, 2].map((r): NestedArray[] => [rows(3, 3, r), values(3, 1 + r), 0.7 - r, rows(4, 3, 2 + r)]);
    for (const mapped of [[0, 0, 0, 0], [null, 0, null, null], [0, null, null, null], [null, null, 0, null], [null, null, null, 0]] as const) {
      const axes = [...mapped];
      const xs = axes.map((axis, i) => (axis === 0 ? batch.map((row) => row[i]) : args[i]));
      const each = (f: (...x: Tensor[]) => Tensor): number[] => batch.flatMap((row) => [...run(f, ...axes.map((axis, i) => (axis === 0 ? row[i] : args[i])))]);
      const all = looped as (...x: Tensor[]) => Tensor;
      const gradient = (w: Tensor, ...rest: Tensor[]): Tensor => grad((v) => sum(sin(all(v, ...rest))))(w);
      expectNear(run(vmap(all, axes), ...xs), each(all));
      expectNear(run(vmap(gradient, axes), ...xs), each(gradient));
    }
    expectNear(run(vmap(vmap((x) => scan((c, y) => [add(c, y), mul(c, y)], constant(1), x)[1])), [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]), [1, 4, 3, 16, 5, 36, 7, 64]);
    checkGrads(vmap(looped as (...x: Tensor[]) => Tensor, [null, 0, null, 0]), [args[0], rows(2, 3, 1), 0.7, [rows(4, 3, 2), rows(4, 3, 3)]], { backend, order: 1 });
  });

  test("gradient of a mapped loop, and Hessians and Jacobians through loops", () => {
    const loss = (w: Tensor, h: Tensor): Tensor => sum(vmap((y) => sum(scan(step(w), [y, constant(0.5)], tensor(rows(4, 3, 2)))[0][0]))(h));
    const one = (w: Tensor, h: Tensor): Tensor => sum(scan(step(w), [h, constant(0.5)], tensor(rows(4, 3, 2)))[0][0]);
    const starts = rows(3, 3, 4);
    const expected = starts.map((h) => run((w, y) => grad((v) => one(v, y))(w), args[0], h)).reduce((total, g) => total.map((x, k) => x + g[k]));
    expectNear(run((w, h) => grad((v) => loss(v, h))(w), args[0], starts), expected);
    // c -> c x, n times: c0 prod x.
    const product = (x: Tensor): Tensor => scan((c, y) => [mul(c, y), []], constant(2), x)[0];
    const x0 = [0.5, -2, 3];
    expectNear(run(hessian(product), x0), [0, 6, -4, 6, 0, 1, -4, 1, 0]);
    expectNear(run(jacobian((x) => scan((c, y) => [add(c, y), add(c, y)], constant(0), x)[1]), x0), [1, 0, 0, 1, 1, 0, 1, 1, 1]);
    expectNear(run(grad((x) => sum(hessian(product)(x))), x0), [4, 4, 4]);
  });

  test("sums, powers and a recurrence in closed form, of 100000 steps", () => {
    const n = 100_000;
    // x -> a x + b: x_n = a^n x_0 + b (1 - a^n) / (1 - a).
    const affine = (a: Tensor, b: Tensor): Tensor => scan((x) => [add(mul(a, x), b), []], constant(1), [], n)[0];
    const [a, b] = [1 - 1e-5, 2e-5];
    const power = a ** n;
    expectNear(run(affine, a, b), [power + (b * (1 - power)) / (1 - a)], 1e-10);
    const slope = n * a ** (n - 1) + b * ((1 - power) / (1 - a) ** 2 - (n * a ** (n - 1)) / (1 - a));
    expectNear(run((x, y) => grad((z) => affine(z, y))(x), a, b), [slope], 1e-9);
    expectNear(run((x, y) => jvp((z) => affine(x, z), [y], [constant(1)])[1], a, b), [(1 - power) / (1 - a)], 1e-9);
    const x = Float64Array.from({ length: n }, (_, k) => Math.sin(k));
    const sums = evaluate((y) => scan((c, z) => [add(c, z), add(c, z)], constant(0), y)[1], [x], { backend });
    let total = 0;
    x.forEach((v, k) => {
      total += v;
      if (sums[k] !== total) expect.fail(`sum ${k}`);
    });
    const cotangent = evaluate((y) => grad((z) => sum(scan((c, v) => [add(c, v), mul(c, v)], constant(0), z)[1]))(y), [x], { backend });
    expectNear(cotangent, x.map((v) => total - v), 1e-9);
  });

  test("without steps, with one, without results, and without a carry", () => {
    const none = (c: Tensor, x: Tensor): Tensor => flat(scan((k, y) => [mul(k, 2), y], c, reshape(x, [0, 2]))[0], c);
    expectNear(run((c) => none(c, constant(0, [0])), [3, 4]), [3, 4, 3, 4]);
    expectNear(run(grad((c) => sum(none(c, constant(0, [0])))), [3, 4]), [2, 2]);
    expectNear(run((x) => scan((_, y) => [[], mul(y, y)], [], x)[1], [1, 2, 3]), [1, 4, 9]);
    expectNear(run(grad((x) => sum(scan((_, y) => [[], mul(y, y)], [], x)[1])), [1, 2, 3]), [2, 4, 6]);
    expectNear(run((x) => scan((c) => [mul(c, x), []], constant(1), [], 1)[0], 5), [5]);
    // A carry that is handed through, one that two steps exchange, and one that is overwritten.
    const exchange = (x: Tensor, y: Tensor, z: Tensor): Tensor => flat(...scan(([p, q, r], v) => [[q, p, mul(v, p)], add(r, v)], [x, y, z], tensor([1, 2, 3]))[0]);
    expectNear(run(exchange, 5, 7, 11), [7, 5, 15]);
    checkGrads((x, y, z) => mul(exchange(x, y, z), sum(exchange(x, y, z))), [5, 7, 11], { backend });
  });

  test("loops in loops, branches in loops and loops in branches, with captured tensors at every level", () => {
    const nested = (w: Tensor, x: Tensor): Tensor =>
      scan((c, row) => [scan((d, y) => [add(mul(d, w), mul(y, c)), []], c, row)[0], mul(c, w)], constant(0.3), x)[1];
    const plain = (w: number, x: readonly (readonly number[])[]): number[] => {
      let c = 0.3;
      return x.map((row) => {
        const before = c;
        let d = c;
        for (const y of row) d = d * w + y * before;
        c = d;
        return before * w;
      });
    };
    expectNear(run(nested, 0.8, rows(3, 4)), plain(0.8, rows(3, 4)));
    checkGrads(nested, [0.8, rows(3, 2)], { backend });
    const clipped = (w: Tensor, x: Tensor): Tensor => scan((c, y) => [cond(greater(y, 0), (k) => mul(k, w), (k) => add(k, mul(w, y)), c), []], constant(1), x)[0];
    expectNear(run(clipped, 0.5, [1, -2, 3]), [(0.5 - 1) * 0.5]);
    checkGrads((w) => clipped(w, tensor([1, -2, 3])), [0.5], { backend });
    const either = (p: Tensor, x: Tensor): Tensor => cond(p, () => scan((c, v) => [mul(c, v), []], x, tensor([2, 3]))[0], (y) => sin(y), x);
    expectNear(run((p, x) => stack([either(p, x), grad((y) => either(p, y))(x)]), 1, 0.4), [2.4, 6]);
    expectNear(run((p, x) => stack([either(p, x), grad((y) => either(p, y))(x)]), 0, 0.4), [Math.sin(0.4), Math.cos(0.4)]);
    expectNear(run(vmap((p, x) => grad((y) => either(p, y))(x)), [0, 1], [0.4, 0.4]), [Math.cos(0.4), 6]);
  });

  test("calls with their own reverse rule keep it inside a loop", () => {
    const marked = (x: Tensor): Tensor => customVjp({ forward: (y) => mul(y, y), backward: (g, [y]) => [mul(g, mul(7, y))] }, [x]);
    const f = (x: Tensor): Tensor => scan((c, y) => [add(c, marked(y)), []], constant(0), x)[0];
    expectNear(run(f, [1, 2, 3]), [14]);
    expectNear(run(grad(f), [1, 2, 3]), [7, 14, 21]);
  });

  test("calls after calls begin anew", () => {
    const kernel = compile((w, x) => [scan((c, y) => [add(c, mul(w, y)), mul(c, w)], constant(0), x)[0], grad((v) => scan((c, y) => [add(mul(c, 0.5), mul(v, y)), []], constant(1), x)[0])(w)], [[], [3]], { backend, accumulate: [false, true] });
    const out = [new Float64Array(1), Float64Array.of(100)];
    kernel([Float64Array.of(2), Float64Array.of(1, 2, 3)], out);
    kernel([Float64Array.of(3), Float64Array.of(1, 2, 4)], out);
    expect(out.map(([x]) => x)).toEqual([21, 100 + 4.25 + 5.25]);
  });
});

/** The loops of a compiled program, outermost only. */
const loops = (f: (...x: Tensor[]) => Tensor[], ...shapes: Shape[]): Tensor[] => topological(expand(trace(f, shapes)).outputs).filter((node) => node.primitive === scanPrimitive);

test.each(["interpreter", "js", "wasm"] as const)("a loop and its pullback may run apart, %s", (backend) => {
  const f = (w: Tensor, x: Tensor): Tensor => scan(step(w), [at(x, 0), constant(1)], x)[0][0];
  const program = trace((w, x, g) => {
    const [y, pull] = vjp(f, w, x);
    return [y, ...pull(g)];
  }, [[3, 3], [5, 3], [3]]);
  const { first, second, reserve } = compileSplit(program, { late: 1, shared: [0], early: 1, backend });
  expect(reserve(2)).toBe(true);
  const inputs = [[rows(3, 3), rows(5, 3, 2)], [rows(3, 3, 1), rows(5, 3, 4)]].map((pair) => pair.map((x) => Float64Array.from(x.flat())));
  inputs.forEach((pair, record) => {
    pair.forEach((x, i) => first.inputs[i].set(x));
    first.run(record);
    expectNear(first.outputs[0], evaluate((w, x) => f(reshape(w, [3, 3]), reshape(x, [5, 3])), pair, { backend: "interpreter" }));
  });
  [1, 0].forEach((record) => {
    const [w, x] = inputs[record];
    second.inputs[0].set(w);
    second.inputs[1].set(values(3, 7));
    second.run(record);
    const expected = evaluate((v, y) => flat(...vjp((a, b) => f(reshape(a, [3, 3]), reshape(b, [5, 3])), v, y)[1](tensor(values(3, 7)))), [w, x], { backend: "interpreter" });
    expectNear(Float64Array.from(second.outputs.flatMap((y) => [...y])), expected);
  });
});

test("value and gradient take one loop forward and one back, whatever is asked for", () => {
  const f = (w: Tensor, x: Tensor): Tensor => sum(scan(step(w), [at(x, 0), constant(1)], x)[1][0]);
  expect(loops((w, x) => [f(w, x)], [3, 3], [5, 3])).toHaveLength(1);
  expect(loops((w, x) => [f(w, x), grad((v) => f(v, x))(w)], [3, 3], [5, 3])).toHaveLength(2);
  expect(loops((w, x) => [f(w, x), jvp((v) => f(v, x), [w], [w])[1]], [3, 3], [5, 3])).toHaveLength(2);
  expect(loops((w, x) => [f(w, x), f(w, x), ...vjp((v, y) => f(v, y), w, x)[1](constant(1))], [3, 3], [5, 3])).toHaveLength(2);
  const mapped = loops((w, x) => [vmap((y) => f(w, y))(x), vmap((y) => grad((v) => f(v, y))(w))(x)], [3, 3], [2, 5, 3]);
  expect(mapped).toHaveLength(2);
});

test("results and carries that nothing reads are not computed", () => {
  const f = (w: Tensor, x: Tensor): Tensor[] => {
    const [[h], [y]] = scan(([a, b], v) => [[tanh(mul(w, a)), add(b, sin(v))], [cos(v), mul(a, v)]], [at(x, 0), at(x, 1)], x);
    return [h, y];
  };
  expect(loops((w, x) => [f(w, x)[0]], [], [5]).map((node) => [node.size, node.args.length])).toEqual([[1, 2]]);
  expect(loops((w, x) => [f(w, x)[1]], [], [5]).map((node) => node.size)).toEqual([5]);
  // By the weight only: no cotangents of the elements, which would be stacked.
  const [, back] = loops((w, x) => [grad((v) => scan((a, y) => [tanh(mul(v, add(a, y))), []], at(x, 0), x)[0])(w)], [], [5]);
  expect(back.size).toBe(2);
});

test("scan refuses carries that change, and arrays of different lengths", () => {
  expect(() => evaluate((x) => scan((c, y) => [stack([c, y]), []], constant(0), x)[0], [[1, 2]])).toThrow("Cannot trace scan as the carry must keep its shapes []: current shape is [2]");
  const more = (x: Tensor, c: Tensor): readonly Tensor[] => scan<readonly Tensor[], Tensor, Tensor>(([before], y) => [[add(before, y), mul(before, 1000)], sin(y)], [c], x)[0];
  expect(() => evaluate((x) => more(x, constant(0))[0], [[1, 2]])).toThrow("Cannot trace scan as the carry must keep its shapes []: current shapes are [] and []");
  const fewer = (x: Tensor, c: Tensor): readonly Tensor[] => scan<readonly Tensor[], Tensor, Tensor>(([before], y) => [[add(before, y)], sin(y)], [c, c], x)[0];
  expect(() => evaluate((x) => fewer(x, constant(0))[0], [[1, 2]])).toThrow("Cannot trace scan as the carry must keep its shapes [] and []: current shape is []");
  expect(() => evaluate((x, y) => scan((c, [u, v]) => [add(c, mul(u, v)), []], constant(0), [x, y])[0], [[1, 2], [1, 2, 3]])).toThrow("the arrays to go along must have a first axis of length 2: current shapes are [2] and [3]");
  expect(() => evaluate((x) => scan((c) => [c, []], x, [])[0], [1])).toThrow("Cannot trace scan as it needs arrays to go along, or a length that is a whole number >= 0: current length is undefined");
  expect(() => evaluate((x) => scan((c) => [c, []], x, [], 1.5)[0], [1])).toThrow("current length is 1.5");
});
