import { checkGrads } from "@fluxion/testkit";
import { afterEach, describe, expect, test, vi } from "vitest";
import { interpreter } from "./interpreter.ts";
import { makeNode, type Primitive } from "./tensor.ts";
import {
  add, compile, concat, cond, constant, div, evaluate, exp, grad, greater, hessian, jvp, log, matmul, mul, neg, reshape, scan, sin, solveLinear, sqrt, stack, sub, sum, tensor, vjp, vmap, where, type NestedArray, type Tensor,
} from "./index.ts";

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-13): void {
  expect(found.length).toBe(expected.length);
  for (let k = 0; k < expected.length; k++) if (!(Math.abs(found[k] - expected[k]) <= tolerance * Math.max(1, Math.abs(expected[k])))) expect.fail(`entry ${k}: ${found[k]} against ${expected[k]}`);
}

afterEach(() => vi.restoreAllMocks());

describe.each(["interpreter", "js", "wasm"] as const)("cond, %s", (backend) => {
  const run = (f: (...x: Tensor[]) => Tensor, ...args: readonly NestedArray[]): Float64Array => evaluate(f, args, { backend });
  /** sin(w x) or x'x w, with w captured. */
  const choice = (p: Tensor, w: Tensor, x: Tensor): Tensor => cond(p, (y) => sin(mul(w, y)), (y) => mul(w, mul(y, sum(mul(y, y)))), x);
  const [w, x] = [0.7, [0.3, -1.2]];

  test("value and derivatives are those of the branch taken, by arguments and captured tensors", () => {
    const yes = (_p: Tensor, v: Tensor, y: Tensor): Tensor => sin(mul(v, y));
    const no = (_p: Tensor, v: Tensor, y: Tensor): Tensor => mul(v, mul(y, sum(mul(y, y))));
    for (const [p, expected] of [[1, yes], [-2, yes], [Number.NaN, yes], [0, no], [-0, no]] as const) {
      expectNear(run(choice as (...x: Tensor[]) => Tensor, p, w, x), run(expected as (...x: Tensor[]) => Tensor, p, w, x));
      for (const slope of [
        (f: typeof choice) => (q: Tensor, v: Tensor, y: Tensor): Tensor => grad((z) => sum(f(q, v, z)))(y),
        (f: typeof choice) => (q: Tensor, v: Tensor, y: Tensor): Tensor => grad((z) => sum(f(q, z, y)))(v),
        (f: typeof choice) => (q: Tensor, v: Tensor, y: Tensor): Tensor => hessian((z) => sum(f(q, v, z)))(y),
        (f: typeof choice) => (q: Tensor, v: Tensor, y: Tensor): Tensor => jvp((z) => f(q, v, z), [y], [mul(y, y)])[1],
      ]) expectNear(run(slope(choice) as (...x: Tensor[]) => Tensor, p, w, x), run(slope(expected) as (...x: Tensor[]) => Tensor, p, w, x));
      checkGrads((v, y) => choice(constant(p), v, y), [w, x], { backend });
      checkGrads((q, v, y) => choice(greater(q, 0), v, y), [p === -2 ? 1 : 0.5 - Number(expected === no), w, x], { backend });
    }
  });

  test("a known condition leaves no branch, and the condition has no derivative", () => {
    expectNear(run((y) => cond(1, (z) => mul(z, 2), (z) => z, y), 3), [6]);
    expectNear(run((y) => grad((z) => cond(greater(z, 0), (v) => mul(v, 2), (v) => neg(v), z))(y), 3), [2]);
    expectNear(run((y) => grad((z) => cond(z, () => constant(1), () => constant(2)))(y), 3), [0]);
  });

  test("several results of different shapes, from no arguments", () => {
    const f = (p: Tensor, y: Tensor): Tensor => {
      const [a, b] = cond(p, () => [sum(y), mul(y, y)], () => [constant(7), neg(y)]);
      return concat([reshape(a, [1]), b]);
    };
    expectNear(run(f, 1, [2, 3]), [5, 4, 9]);
    expectNear(run(f, 0, [2, 3]), [7, -2, -3]);
    expectNear(run((p, y) => grad((z) => sum(f(p, z)))(y), 0, [2, 3]), [-1, -1]);
  });

  test("computes the branch taken only", () => {
    let computed = 0;
    const identity: Primitive = {
      name: "identity",
      shape: ([y]) => y.shape,
      jvp: ([tangent]) => tangent,
      vjp: (g) => [g],
      batch: ([y]) => makeNode(identity, [y], {}),
      evaluate: (out, [y]) => {
        computed++;
        out.set(y);
      },
    };
    const counted = (y: Tensor): Tensor => scan((c) => [mul(makeNode(identity, [c], {}), 1.5), []], y, [], 50)[0];
    const kernel = compile((p, y) => cond(p, counted, (z) => z, y), [[], []], { backend });
    const out = new Float64Array(1);
    const countOf = (p: number): number => {
      computed = 0;
      kernel([Float64Array.of(p), Float64Array.of(2)], [out]);
      return computed;
    };
    expect([countOf(0), out[0]]).toEqual([0, 2]);
    expect(countOf(1)).toBe(50);
    expectNear(out, [2 * 1.5 ** 50]);
    expect(countOf(0)).toBe(0);
  });

  test("maps over conditions, arguments and captured tensors as a loop would", () => {
    const [ps, ws, xs] = [[1, 0, -3], [0.7, -0.4, 1.1], [[0.3, -1.2], [0.8, 0.5], [-0.6, 2]]];
    for (const axes of [[0, 0, 0], [0, null, null], [0, null, 0], [null, 0, null], [null, null, 0], [null, 0, 0]] as const) {
      const pick = (r: number): NestedArray[] => [ps[axes[0] === 0 ? r : 0], ws[axes[1] === 0 ? r : 0], xs[axes[2] === 0 ? r : 0]];
      const args = [axes[0] === 0 ? ps : ps[0], axes[1] === 0 ? ws : ws[0], axes[2] === 0 ? xs : xs[0]];
      const f = choice as (...y: Tensor[]) => Tensor;
      const slope = (p: Tensor, v: Tensor, y: Tensor): Tensor => concat(vjp((u, z) => choice(p, u, z), v, y)[1](tensor([1, -2])).map((g) => reshape(g, [g.size])));
      const outside = (i: number) => (...y: Tensor[]): Tensor => grad((z) => sum(vmap(f, axes)(...y.with(i, z))))(y[i]);
      for (const g of [f, slope as (...y: Tensor[]) => Tensor]) expectNear(run(vmap(g, axes), ...args), [0, 1, 2].flatMap((r) => [...run(g, ...pick(r))]));
      for (const i of [1, 2]) {
        const each = [0, 1, 2].map((r) => [...run((...y) => grad((z) => sum(f(...y.with(i, z))))(y[i]), ...pick(r))]);
        expectNear(run(outside(i), ...args), axes[i] === 0 ? each.flat() : each.reduce((s, row) => s.map((v, k) => v + row[k])));
      }
    }
    expectNear(run(vmap(vmap((p, y) => cond(p, (z) => mul(z, 2), neg, y))), [[1, 0], [0, 1]], [[1, 2], [3, 4]]), [2, -2, -3, 8]);
    checkGrads((v, y) => vmap((p, z) => choice(p, v, z))(tensor([1, 0]), y), [w, xs.slice(0, 2)], { backend });
  });

  test("a mapped branch that is not taken may have any value and any derivative", () => {
    // sqrt and log at 0 and below: infinite or NaN in value or slope.
    const safe = (y: Tensor): Tensor => cond(greater(y, 0), (z) => add(sqrt(z), mul(log(z), div(1, z))), (z) => mul(z, z), y);
    const xs = [0, 4, -1];
    const slope = (y: number): number => (y > 0 ? 0.5 / Math.sqrt(y) + (1 - Math.log(y)) / y ** 2 : 2 * y);
    const second = (y: number): number => (y > 0 ? -0.25 * y ** -1.5 + (2 * Math.log(y) - 3) / y ** 3 : 2);
    expectNear(run(vmap(safe), xs), xs.map((y) => (y > 0 ? Math.sqrt(y) + Math.log(y) / y : y * y)));
    expectNear(run(vmap(grad(safe)), xs), xs.map(slope));
    expectNear(run(grad((y) => sum(vmap(safe)(y))), xs), xs.map(slope));
    expectNear(run((y) => jvp(vmap(safe), [y], [constant(1, [3])])[1], xs), xs.map(slope));
    expectNear(run(vmap(grad(grad(safe))), xs), xs.map(second));
    expectNear(run(grad((y) => sum(vmap(grad(safe))(y))), xs), xs.map(second));
    // By an array that all entries share, and one that is captured.
    const scaled = (a: Tensor, y: Tensor): Tensor => cond(greater(y, 0), (z) => mul(a, log(z)), (z) => mul(mul(a, a), z), y);
    expectNear(run((a, y) => grad((b) => sum(vmap((z) => scaled(b, z))(y)))(a), 3, xs), [Math.log(4) - 6]);
    // What where does there, and what this avoids.
    expect(run((y) => grad((z) => sum(where(greater(z, 0), sqrt(z), mul(z, z))))(y), [0])[0]).toBeNaN();
  });

  test("branches with linear systems and overflow", () => {
    const f = (p: Tensor, a: Tensor, b: Tensor): Tensor => cond(p, (m, y) => solveLinear(m, y), (m, y) => matmul(m, exp(mul(y, 500))), a, b);
    const [a, b] = [[[2, 1], [0, 4]], [2, 4]];
    expectNear(run((p, m, y) => grad((z) => sum(f(p, m, z)))(y), 1, a, b), [0.5, 0.125]);
    expectNear(run(vmap((p, m, y) => grad((z) => sum(f(p, m, z)))(y)), [1, 0], [a, [[0, 0], [0, 0]]], [b, [0, 0]]), [0.5, 0.125, 0, 0]);
  });
});

test.each(["js", "wasm"] as const)("%s compiles the programs of loops and branches itself", (backend) => {
  const interpreted = vi.spyOn(interpreter, "compile");
  const f = (p: Tensor, y: Tensor): Tensor => scan((c, z) => [cond(p, (v) => add(v, z), (v) => sub(v, z), c), []], constant(0), y)[0];
  expectNear(evaluate((p, y) => stack([f(p, y), sum(grad((z) => f(p, z))(y))]), [1, [1, 2, 3]], { backend }), [6, 3]);
  expect(interpreted).not.toHaveBeenCalled();
});

test("cond refuses conditions that are no scalars and branches that do not fit", () => {
  expect(() => evaluate((p) => cond(p, () => p, () => p), [[1, 2]])).toThrow("Cannot trace cond as the condition must be a scalar (where chooses entry by entry): current shape is [2]");
  expect(() => evaluate((p, y) => cond(p, () => y, () => sum(y)), [1, [1, 2]])).toThrow("Cannot trace cond as both branches must return the same shapes: current shapes are [2] and []");
});
