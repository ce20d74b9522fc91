import { describe, expect, test } from "vitest";
import {
  add, at, compile, concat, cos, dot, evaluate, exp, gelu, grad, greater, hessian, jacobian, jvp, matmul, mul, pow, reshape, sin, slice, softplus, stack, sub, sum, tanh, tensor,
  transpose, valueAndGrad, vjp, vmap, where, type NestedArray, type Tensor,
} from "./index.ts";

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  for (let k = 0; k < expected.length; k++) if (!(Math.abs(found[k] - expected[k]) <= tolerance * Math.max(1, Math.abs(expected[k])))) expect.fail(`entry ${k}: ${found[k]} against ${expected[k]}`);
}

const values = (n: number, offset = 0): number[] => Array.from({ length: n }, (_, k) => 0.7 * Math.sin(1 + 1.7 * k + 0.3 * k * k + offset));
const rows = (m: number, n: number, offset = 0): number[][] => Array.from({ length: m }, (_, i) => values(n, i + offset));

/** y = (x0 x1, sin x1 + x2, x2^2 x0, x1): a Jacobian without symmetry. */
const skew = (x: Tensor): Tensor => stack([mul(at(x, 0), at(x, 1)), add(sin(at(x, 1)), at(x, 2)), mul(mul(at(x, 2), at(x, 2)), at(x, 0)), at(x, 1)]);
const skewJacobian = ([a, b, c]: readonly number[]): number[] => [b, a, 0, 0, Math.cos(b), 1, c * c, 0, 2 * c * a, 0, 1, 0];

describe.each(["interpreter", "js", "wasm"] as const)("derivatives within derivatives, %s", (backend) => {
  const run = (f: (...x: Tensor[]) => Tensor, ...args: (NestedArray | Float64Array)[]): Float64Array => evaluate(f, args, { backend });

  test("grad of grad of ... of sin and of a polynomial", () => {
    let f = (x: Tensor): Tensor => sin(x);
    for (let order = 0; order <= 6; order++, f = grad(f)) expectNear(run(f, 0.7), [Math.sin(0.7 + (order * Math.PI) / 2)], 1e-14);
    expectNear(run(grad(grad(grad((x) => pow(x, 5)))), 2), [240], 1e-14);
  });

  test("perturbations of different derivatives are not confused", () => {
    expectNear(run((x) => grad((x1) => mul(x1, grad((y) => add(x1, y))(x1)))(x), 3), [1], 0);
    expectNear(run((x) => jvp((x1) => mul(x1, jvp((y) => add(x1, y), [x1], [tensor(1)])[1]), [x], [tensor(1)])[1], 3), [1], 0);
    expectNear(run((x) => jvp((x1) => mul(x1, grad((y) => add(x1, y))(x1)), [x], [tensor(1)])[1], 3), [1], 0);
    expectNear(run((x) => grad((x1) => mul(x1, jvp((y) => mul(x1, y), [tensor(1)], [tensor(1)])[1]))(x), 3), [6], 0);
    expectNear(run((x) => jvp((x1) => mul(x1, jvp((y) => mul(x1, y), [x1], [x1])[1]), [x], [tensor(1)])[1], 3), [27], 0);
  });

  test("a tensor may be argument and captured at once", () => {
    expectNear(run((x) => grad((y) => mul(x, y))(x), 3), [3], 0);
    expectNear(run((x) => grad((x1) => grad((y) => mul(mul(x1, y), y))(x1))(x), 3), [12], 0);
    expectNear(run((x) => vjp((a, b) => mul(mul(a, a), b), x, x)[1](tensor(1))[0], 3), [18], 0);
    expectNear(run((x) => vjp((a, b) => mul(mul(a, a), b), x, x)[1](tensor(1))[1], 3), [9], 0);
    expectNear(run((x) => vmap((y) => dot(x, y))(stack([x, x])), [1, 2]), [5, 5], 0);
    expectNear(run((x) => grad((x1) => sum(vmap((y) => dot(x1, y))(stack([x1, x1]))))(x), [1, 2]), [4, 8], 0);
  });

  test("mixed derivatives reach captured parameters", () => {
    // f = a^2 sin(a x): df/dx = a^3 cos(a x), d2f/dx da = 3 a^2 cos(a x) - a^3 x sin(a x).
    const f = (x: Tensor, a: Tensor): Tensor => mul(mul(a, a), sin(mul(a, x)));
    const [x0, a0] = [0.4, 1.3];
    const expected = 3 * a0 ** 2 * Math.cos(a0 * x0) - a0 ** 3 * x0 * Math.sin(a0 * x0);
    expectNear(run((x, a) => grad((b) => grad((y) => f(y, b))(x))(a), x0, a0), [expected], 1e-14);
    expectNear(run((x, a) => grad((y) => grad((b) => f(y, b))(a))(x), x0, a0), [expected], 1e-14);
    expectNear(run((x, a) => jvp((b) => grad((y) => f(y, b))(x), [a], [tensor(1)])[1], x0, a0), [expected], 1e-14);
    expectNear(run((x, a) => grad((b) => jvp((y) => f(y, b), [x], [tensor(1)])[1])(a), x0, a0), [expected], 1e-14);
    // A peer's grad cuts the other arguments off: its mixed derivatives are zero.
    expectNear(run((x, a) => grad((y, b) => grad((c, z) => f(z, c))(b, y))(x, a), x0, a0), [expected], 1e-14);
  });

  test("value and gradients of several arguments", () => {
    const f = (x: Tensor, y: Tensor): Tensor => sum(mul(mul(x, x), y));
    expectNear(run((x, y) => {
      const { value, grads } = valueAndGrad(f)(x, y);
      return concat([reshape(value, [1]), ...grads]);
    }, [1, 2], [3, -4]), [-13, 6, -16, 1, 4], 0);
    expectNear(run((x) => grad(() => tensor(7))(x), [1, 2]), [0, 0], 0);
  });

  test("jacobian of tall, wide and square functions is not transposed", () => {
    const x0 = [0.3, -0.7, 1.1];
    expectNear(run(jacobian(skew), x0), skewJacobian(x0), 1e-14);
    expectNear(run(jacobian((x) => slice(skew(x), 0, 2)), x0), skewJacobian(x0).slice(0, 6), 1e-14);
    expectNear(run(jacobian((x) => slice(skew(x), 0, 3)), x0), skewJacobian(x0).slice(0, 9), 1e-14);
    expectNear(run(jacobian((x) => matmul(tensor([[1, 2], [3, 4]]), x)), [5, 6]), [1, 2, 3, 4], 0);
    expectNear(run(jacobian((x) => matmul(tensor([[1, 2, 3], [4, 5, 6]]), x)), [5, 6, 7]), [1, 2, 3, 4, 5, 6], 0);
    expectNear(run(jacobian((x) => matmul(tensor([[1, 2], [3, 4], [5, 6]]), x)), [5, 6]), [1, 2, 3, 4, 5, 6], 0);
    expectNear(run(jacobian((x) => mul(x, x)), [3]), [6], 0);
    expectNear(run(jacobian((x) => slice(mul(x, x), 1, 2)), [3, 4, 5]), [0, 8, 0], 0);
  });

  test("mapped Jacobians of a function without symmetry", () => {
    const points = rows(3, 3);
    expectNear(run(vmap(jacobian(skew)), points), points.flatMap(skewJacobian), 1e-14);
    expectNear(run(vmap(jacobian((x) => slice(skew(x), 0, 2))), points), points.flatMap((x) => skewJacobian(x).slice(0, 6)), 1e-14);
    expectNear(run(vmap(vmap(jacobian(skew))), [points, rows(3, 3, 5)]), [...points, ...rows(3, 3, 5)].flatMap(skewJacobian), 1e-14);
  });

  test("hessian of a function and of a quadratic form", () => {
    const a = [[1, 2, -1], [0, 3, 5], [4, -2, 0.5]];
    expectNear(run(hessian((x) => dot(x, matmul(tensor(a), x))), [1, 2, 3]), a.flatMap((row, i) => row.map((v, j) => v + a[j][i])), 1e-15);
    // f = x^2 y + e^(y z)
    const f = (u: Tensor): Tensor => add(mul(mul(at(u, 0), at(u, 0)), at(u, 1)), exp(mul(at(u, 1), at(u, 2))));
    const [x, y, z] = [0.5, -0.8, 1.2];
    const e = Math.exp(y * z);
    expectNear(run(hessian(f), [x, y, z]), [2 * y, 2 * x, 0, 2 * x, z * z * e, (1 + y * z) * e, 0, (1 + y * z) * e, y * y * e], 1e-14);
  });

  test("grad of vmap, vmap of grad and vmap of vmap agree with loops", () => {
    const f = (x: Tensor, w: Tensor): Tensor => sum(tanh(mul(matmul(w, x), x)));
    const [xs, w] = [rows(4, 2), rows(2, 2, 3)];
    const each = xs.flatMap((x) => [...run(grad(f), x, w)]);
    expectNear(run(vmap(grad(f), [0, null]), xs, w), each, 1e-14);
    expectNear(run((x, v) => grad((y) => sum(vmap(f, [0, null])(y, v)))(x), xs, w), each, 1e-14);
    const byW = xs.map((x) => run((y, v) => grad((u) => f(y, u))(v), x, w)).reduce((s, g) => s.map((v, k) => v + g[k]));
    expectNear(run((x, v) => grad((u) => sum(vmap((y) => f(y, u))(x)))(v), xs, w), byW, 1e-14);
    const ws = [w, rows(2, 2, 9), rows(2, 2, 4)];
    expectNear(run(vmap((v, x) => vmap(f, [0, null])(x, v), [0, null]), ws, xs), ws.flatMap((v) => xs.flatMap((x) => [...run(f, x, v)])), 1e-15);
    expectNear(run((v, x) => vmap((u) => vmap((y) => f(y, u))(x))(v), ws, xs), ws.flatMap((v) => xs.flatMap((x) => [...run(f, x, v)])), 1e-15);
    expectNear(run((v, x) => vmap((y, u) => vmap((z) => f(z, u))(y), [null, 0])(x, v), ws, xs), ws.flatMap((v) => xs.flatMap((x) => [...run(f, x, v)])), 1e-15);
  });

  test("maps of functions that pick, choose and move entries", () => {
    const xs = rows(3, 4);
    const f = (x: Tensor): Tensor => concat([where(greater(x, 0), sin(x), mul(x, 3)), reshape(transpose(reshape(x, [2, 2])), [4]), slice(x, 1, 3)]);
    expectNear(run(vmap(f), xs), xs.flatMap((x) => [...run(f, x)]), 0);
    expectNear(run(vmap(jacobian(f)), xs), xs.flatMap((x) => [...run(jacobian(f), x)]), 0);
  });
});

/** Loss of the Hessian of a network y -> c . s(W2 s(W1 y + b)): parameters enter through third derivatives. */
const network = (s: (x: Tensor) => Tensor, w1: Tensor, b: Tensor, w2: Tensor, c: Tensor) => (y: Tensor): Tensor => dot(c, s(matmul(w2, s(add(matmul(w1, y), b)))));
const parameters = [rows(3, 2), values(3, 2), rows(2, 3, 4), values(2, 5)] as const;

/** Central differences of fourth order for every entry of one argument. */
function differences(f: (x: number[]) => number, x: readonly number[], h = 2e-3): number[] {
  return x.map((_, k) => {
    const moved = (d: number): number => f(x.with(k, x[k] + d));
    return (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h);
  });
}

describe.each(["interpreter", "js", "wasm"] as const)("the Hessian of a network, %s", (backend) => {
  test.each([["tanh", tanh], ["softplus", softplus], ["gelu", gelu]] as const)("%s: the gradient of its loss by captured parameters is a third derivative", (_name, s) => {
    const y = [0.4, -0.9];
    const loss = (w1: Tensor, b: Tensor, w2: Tensor, c: Tensor, x: Tensor): Tensor => {
      const h = hessian(network(s, w1, b, w2, c))(x);
      return sum(mul(mul(h, h), tensor([[1, 2], [-0.5, 3]])));
    };
    const kernel = compile(loss as (...x: Tensor[]) => Tensor, [[3, 2], [3], [2, 3], [2], [2]], { backend });
    const value = (args: readonly (readonly number[])[]): number => {
      const out = new Float64Array(1);
      kernel(args.map((x) => Float64Array.from(x)), [out]);
      return out[0];
    };
    parameters.forEach((p, i) => {
      const found = evaluate((...x) => grad((q) => loss(...([...x.slice(0, i), q, ...x.slice(i + 1)] as Parameters<typeof loss>)))(x[i]), [...parameters, y], { backend });
      const flat = p.flat();
      expectNear(found, differences((q) => value([...parameters.slice(0, i).map((x) => x.flat()), q, ...parameters.slice(i + 1).map((x) => x.flat()), y]), flat), 1e-9);
    });
  });

  test("equals the closed form for one hidden layer", () => {
    // y -> c . tanh(W y + b): H = W' diag(c s'') W.
    const [w, b] = parameters;
    const [c, y] = [values(3, 8), [0.4, -0.9]];
    const found = evaluate((w1, b1, c1, x) => hessian((z) => dot(c1, tanh(add(matmul(w1, z), b1))))(x), [w, b, c, y], { backend });
    const curvature = w.map((row, k) => {
      const t = Math.tanh(row[0] * y[0] + row[1] * y[1] + b[k]);
      return -2 * t * (1 - t * t) * c[k];
    });
    expectNear(found, [0, 1].flatMap((i) => [0, 1].map((j) => w.reduce((total, row, k) => total + curvature[k] * row[i] * row[j], 0))), 1e-14);
  });

  test("maps over a batch, then differentiates by the weights", () => {
    const points = rows(3, 2, 6);
    const loss = (w1: Tensor, x: Tensor): Tensor => {
      const [, b, w2, c] = parameters.map((p) => tensor(p));
      const h = vmap(hessian(network(softplus, w1, b, w2, c)))(x);
      return sum(mul(h, sub(h, cos(h))));
    };
    const found = evaluate((w1, x) => grad((v) => loss(v, x))(w1), [parameters[0], points], { backend });
    const single = points.map((p) => evaluate((w1, x) => grad((v) => loss(v, x))(w1), [parameters[0], [p]], { backend }));
    expectNear(found, single.reduce((s, g) => s.map((v, k) => v + g[k])), 1e-13);
    expectNear(found, differences((q) => evaluate(loss, [[q.slice(0, 2), q.slice(2, 4), q.slice(4, 6)], points], { backend })[0], parameters[0].flat()), 1e-9);
  });
});
