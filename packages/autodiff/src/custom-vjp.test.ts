import { describe, expect, test } from "vitest";
import { expand } from "./expand.ts";
import { customVjp, dot, evaluate, exp, grad, hessian, jacobian, jvp, mul, sin, stack, sum, tensor, trace, vjp, vmap, type Tensor } from "./index.ts";
import { topological } from "./trace.ts";

/** x e^(s . x) c with a reverse rule that is twice the true one by x, uses the result by s, and has none by c. */
const marked = (x: Tensor, s: Tensor, c: Tensor): Tensor =>
  customVjp({
    forward: (y, t, d) => mul(mul(y, exp(dot(t, y))), d),
    backward: (g, [y, t, d], out) => [mul(2, jvpTransposed(y, t, d, g)), mul(y, dot(g, out)), null],
  }, [x, s, c]);

/** J' g of the function by x. */
const jvpTransposed = (y: Tensor, t: Tensor, d: Tensor, g: Tensor): Tensor => vjp((z) => mul(mul(z, exp(dot(t, z))), d), y)[1](g)[0];
const plain = (x: Tensor, s: Tensor, c: Tensor): Tensor => mul(mul(x, exp(dot(s, x))), c);

const expectNear = (found: Float64Array, expected: ArrayLike<number>): void => {
  expect(found.length).toBe(expected.length);
  found.forEach((x, k) => expect(x).toBeCloseTo(expected[k], 12));
};
const [xs, ss, cs] = [[[0.3, -0.5], [0.8, 0.1], [-0.4, 0.6]], [[1, 2], [-1, 0.5], [0.2, 0.3]], [1.5, -2, 0.7]];

test("a rule must return a cotangent of the right shape for each argument", () => {
  const refused = (backward: (g: Tensor) => Tensor[]): unknown => {
    try {
      evaluate((x) => grad((y) => sum(customVjp({ forward: (a) => mul(2, a), backward }, [mul(y, y)])))(x), [[1, 2, 3]]);
      return null;
    } catch (error) {
      return error;
    }
  };
  expect(refused((g) => [mul(2, g)])).toBeNull();
  const wrong = { code: "SHAPE_MISMATCH", message: expect.stringMatching(/backward must return .*, \[3\]: it returns (\[\]|)$/) as string };
  expect(refused((g) => [mul(2, sum(g))])).toMatchObject(wrong);
  expect(refused(() => [])).toMatchObject(wrong);
});

describe.each(["interpreter", "js", "wasm"] as const)("customVjp, %s", (backend) => {
  const run = (f: (...x: Tensor[]) => Tensor, ...args: Parameters<typeof evaluate>[1]): Float64Array => evaluate(f, args, { backend });
  const gradients = (x: Tensor, s: Tensor, c: Tensor): Tensor[] => vjp((...y) => sum(sin(marked(...(y as [Tensor, Tensor, Tensor])))), x, s, c)[1](tensor(1));
  const gradient = (i: number) => (x: Tensor, s: Tensor, c: Tensor): Tensor => gradients(x, s, c)[i];

  test("has the function's value and forward derivative, and the rule's reverse derivative", () => {
    expectNear(run(marked as (...x: Tensor[]) => Tensor, xs[0], ss[0], cs[0]), run(plain as (...x: Tensor[]) => Tensor, xs[0], ss[0], cs[0]));
    const along = (f: typeof plain) => (x: Tensor, s: Tensor, c: Tensor): Tensor => jvp((y, z) => f(y, z, c), [x, s], [s, x])[1];
    expectNear(run(along(marked) as (...x: Tensor[]) => Tensor, xs[0], ss[0], cs[0]), run(along(plain) as (...x: Tensor[]) => Tensor, xs[0], ss[0], cs[0]));
    const twice = run((x, s, c) => mul(2, grad((y) => sum(sin(plain(y, s, c))))(x)), xs[0], ss[0], cs[0]);
    expectNear(run(gradient(0) as (...x: Tensor[]) => Tensor, xs[0], ss[0], cs[0]), twice);
    expectNear(run(gradient(2) as (...x: Tensor[]) => Tensor, xs[0], ss[0], cs[0]), [0]);
  });

  test("keeps its rule under vmap, whichever arguments are mapped", () => {
    for (const axes of [[0, 0, 0], [0, null, null], [null, 0, null], [0, 0, null], [null, null, 0]] as const) {
      const pick = (r: number): [number[], number[], number] => [xs[axes[0] === 0 ? r : 0], ss[axes[1] === 0 ? r : 0], cs[axes[2] === 0 ? r : 0]];
      const args = [axes[0] === 0 ? xs : xs[0], axes[1] === 0 ? ss : ss[0], axes[2] === 0 ? cs : cs[0]];
      for (const i of [0, 1, 2]) {
        const looped = xs.map((_, r) => [...run(gradient(i) as (...x: Tensor[]) => Tensor, ...pick(r))]);
        expectNear(run(vmap(gradient(i) as (...x: Tensor[]) => Tensor, axes), ...args), looped.flat());
        // The gradient of the mapped function adds up over what is not mapped.
        const outside = (...y: Tensor[]): Tensor => vjp((...z) => sum(sin(vmap(marked as (...x: Tensor[]) => Tensor, axes)(...z))), ...y)[1](tensor(1))[i];
        const added = axes[i] === 0 ? looped.flat() : looped.reduce((total, row) => total.map((v, k) => v + row[k]));
        expectNear(run(outside, ...args), added);
      }
    }
  });

  test("its rule may be differentiated again, alone and mapped", () => {
    const cube = (x: Tensor): Tensor => customVjp({ forward: (y) => mul(mul(y, y), y), backward: (g, _args, out) => [mul(g, mul(3, out))] }, [x]);
    // The rule says y' = 3 y, and y itself is differentiated by the rule in reverse: 9 y; in forward mode it is 3 x^2.
    expectNear(run((x) => grad(grad(cube))(x), 2), [9 * 8]);
    expectNear(run(hessian((x) => sum(cube(x))), [2, 3]), [3 * 12, 0, 0, 3 * 27]);
    expectNear(run(vmap(grad(grad(cube))), [2, 3]), [72, 9 * 27]);
  });
});

describe("a rule that captures", () => {
  const g = (f: (w: Tensor) => Tensor): (() => void) => () => void evaluate((w) => grad((v) => sum(f(v)))(w), [[2, 3]]);
  const captured = { code: "INVALID_TRACE" };

  test("unknowns of an enclosing trace is refused, as their derivatives would be lost", () => {
    expect(g((w) => customVjp({ forward: (y) => mul(y, w), backward: (b, [y]) => [mul(b, y)] }, [tensor([1, 5])]))).toThrow(expect.objectContaining(captured));
    // Without the unknown among what the arguments depend on, where it is found in the reverse pass.
    const outer = (w: Tensor): Tensor => grad((x) => sum(customVjp({ forward: (y) => sin(y), backward: (b) => [mul(b, w)] }, [x])))(tensor([1, 5]));
    expect(() => evaluate(outer, [[2, 3]])).toThrow(expect.objectContaining({ ...captured, message: expect.stringContaining('as backward must use nothing but its arguments and constants: it captures "x0"') }));
  });

  test("constants, or nothing but its arguments, is accepted", () => {
    const c = tensor([4, 0.5]);
    expectNear(evaluate((x) => grad((y) => sum(customVjp({ forward: (z) => mul(z, c), backward: (b, [z]) => [mul(b, mul(c, z))] }, [y])))(x), [[2, 3]]), [8, 1.5]);
  });
});

test("jacobian goes backward through wide functions and forward through tall ones", () => {
  const largest = (f: (x: Tensor) => Tensor, n: number): number => Math.max(...topological(expand(trace((x) => [jacobian(f)(x)], [[n]])).outputs).map((x) => x.size));
  expect(largest((x) => stack([sum(sin(x)), dot(x, x)]), 50)).toBeLessThanOrEqual(100);
  expect(largest((x) => mul(sin(sum(x)), tensor(Float64Array.from({ length: 50 }, (_, k) => k))), 2)).toBeLessThanOrEqual(100);
});
