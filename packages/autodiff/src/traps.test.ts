import { describe, expect, test } from "vitest";
import { expand } from "./expand.ts";
import {
  add, at, compile, concat, constant, contract, dot, eulerLagrange, evaluate, exp, gather, grad, hessian, identity, jacobian, jvp, log, matmul, mul, neg, pinv, reshape, scan, sigmoid, sin, slice, softplus, solveLinear,
  stack, sub, sum, tanh, tensor, trace, transpose, valueAndGrad, vjp, vmap, type NestedArray, type Shape, type Tensor,
} from "./index.ts";
import { topological } from "./trace.ts";

// What has been got wrong elsewhere, silently more often than not.

const values = (n: number, offset = 0): number[] => Array.from({ length: n }, (_, k) => Math.sin(1 + 1.7 * k + 0.3 * k * k + offset));
const rows = (m: number, n: number, offset = 0): number[][] => Array.from({ length: m }, (_, i) => values(n, i + offset));

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-13): void {
  expect(found.length).toBe(expected.length);
  for (let k = 0; k < expected.length; k++) if (!(Math.abs(found[k] - expected[k]) <= tolerance * Math.max(1, Math.abs(expected[k])))) expect.fail(`entry ${k}: ${found[k]} against ${expected[k]}`);
}

/** Largest array of a program. */
const largest = (f: (...x: Tensor[]) => Tensor[], shapes: readonly Shape[]): number => Math.max(...topological(expand(trace(f, shapes)).outputs).map((x) => x.size));

describe.each(["interpreter", "js", "wasm"] as const)("%s", (backend) => {
  const run = (f: (...x: Tensor[]) => Tensor, ...args: readonly NestedArray[]): Float64Array => evaluate(f, args, { backend });

  test("gradients by shared weights of a mapped network are sums over the examples, at every width and batch", () => {
    for (const [batch, width] of [[1, 4], [2, 4], [3, 1], [4, 5], [5, 8], [7, 3], [8, 9], [9, 16], [2, 17]]) {
      const net = (w1: Tensor, w2: Tensor, x: Tensor): Tensor => dot(w2, tanh(matmul(w1, x)));
      const loss = (w1: Tensor, w2: Tensor, x: Tensor, y: Tensor): Tensor => {
        const error = sub(vmap(net, [null, null, 0])(w1, w2, x), y);
        return dot(error, error);
      };
      const [w1, w2, x, y] = [rows(width, 3), values(width), rows(batch, 3, 4), values(batch, 9)];
      const gradients = (a: Tensor, b: Tensor, c: Tensor, d: Tensor): Tensor => {
        const { grads } = valueAndGrad((p, q) => loss(p, q, c, d))(a, b);
        return concat([reshape(grads[0], [width * 3]), grads[1]]);
      };
      const expected = new Float64Array(width * 4);
      for (let r = 0; r < batch; r++) {
        const hidden = w1.map((row) => Math.tanh(row.reduce((s, v, j) => s + v * x[r][j], 0)));
        const error = 2 * (hidden.reduce((s, v, k) => s + v * w2[k], 0) - y[r]);
        hidden.forEach((h, k) => {
          expected[width * 3 + k] += error * h;
          for (let j = 0; j < 3; j++) expected[3 * k + j] += error * w2[k] * (1 - h * h) * x[r][j];
        });
      }
      // The loops that were wrong were those of float32.
      for (const [dtype, tolerance] of [["f64", 1e-12], ["f32", 1e-5]] as const) expectNear(evaluate(gradients, [w1, w2, x, y], { backend, dtype }), expected, tolerance);
    }
  });

  test("a Jacobian without symmetry is not transposed, whichever way it is computed", () => {
    const a = [[1, 2], [3, 4]];
    const f = (x: Tensor): Tensor => matmul(tensor(a), x);
    expectNear(run(jacobian(f), [5, 6]), [1, 2, 3, 4]);
    expectNear(run((x) => transpose(vmap((dx) => jvp(f, [x], [dx])[1])(identity(2))), [5, 6]), [1, 2, 3, 4]);
    expectNear(run((x) => vmap((g) => vjp(f, x)[1](g)[0])(identity(2)), [5, 6]), [1, 2, 3, 4]);
  });

  test("a gradient by one argument does not stop the gradients of the others", () => {
    // L = x^2 sin v, and its mixed derivative 2 x cos v, by arguments and by closures.
    const lagrangian = (x: Tensor, v: Tensor): Tensor => mul(mul(x, x), sin(v));
    const momentum = (x: Tensor, v: Tensor): Tensor => grad((u, y) => lagrangian(y, u))(v, x);
    const expected = [2 * 0.7 * Math.cos(0.3)];
    expectNear(run((x, v) => grad(momentum)(x, v), 0.7, 0.3), expected);
    expectNear(run((x, v) => grad((y) => momentum(y, v))(x), 0.7, 0.3), expected);
    expectNear(run((x, v) => valueAndGrad((u, y) => valueAndGrad((z, w) => lagrangian(w, z))(u, y).grads[0])(v, x).grads[1], 0.7, 0.3), expected);
  });

  test("double precision is double, not single in disguise", () => {
    const x = Array.from({ length: 402 }, (_, k) => (k - 200.5) / 20);
    const relative = (f: (y: Tensor) => Tensor, truth: (y: number) => number): number => run(f, x).reduce((worst, found, k) => Math.max(worst, Math.abs(found - truth(x[k])) / Math.abs(truth(x[k]))), 0);
    expect(relative(exp, Math.exp)).toBeLessThan(1e-15);
    expect(relative((y) => log(mul(y, y)), (y) => Math.log(y * y))).toBeLessThan(1e-15);
    expect(relative(tanh, Math.tanh)).toBeLessThan(1e-15);
    expect(relative(softplus, (y) => Math.max(y, 0) + Math.log1p(Math.exp(-Math.abs(y))))).toBeLessThan(1e-15);
    // Near multiples of pi what counts is the absolute error.
    expect(run(sin, x).reduce((worst, found, k) => Math.max(worst, Math.abs(found - Math.sin(x[k]))), 0)).toBeLessThan(3e-16);
  });

  test("functions whose slopes come from their results have second and third derivatives", () => {
    const derivatives = (f: (x: Tensor) => Tensor): Float64Array => run((x) => stack([grad(grad(f))(x), grad(grad(grad(f)))(x)]), 0.4);
    const e = Math.exp(0.4);
    const [t, s] = [Math.tanh(0.4), 1 / (1 + Math.exp(-0.4))];
    const [s1, s2, s3] = [s * (1 - s), s * (1 - s) * (1 - 2 * s), s * (1 - s) * (1 - 6 * s + 6 * s * s)];
    expectNear(derivatives(exp), [e, e]);
    expectNear(derivatives(tanh), [-2 * t * (1 - t * t), (1 - t * t) * (6 * t * t - 2)]);
    expectNear(derivatives(sigmoid), [s2, s3]);
    expectNear(derivatives(softplus), [s1, s2]);
    expectNear(derivatives((x) => log(add(1, exp(x)))), [s1, s2]);
    expectNear(derivatives((x) => mul(x, sigmoid(x))), [2 * s1 + 0.4 * s2, 3 * s2 + 0.4 * s3]);
  });

  test("an argument that drops out of the result has the gradient 0", () => {
    // The last bias of a Lagrangian, for instance.
    const acceleration = (b: Tensor): Tensor => sum(eulerLagrange((q, v) => add(dot(v, v), add(dot(q, q), b)))(tensor([1, 2]), tensor([3, 4])));
    expectNear(run(grad(acceleration), 5), [0]);
    expectNear(run(grad((x) => sum(mul(x, 0))), [1, 2]), [0, 0]);
    expectNear(run((x, y) => vjp((a, _b) => a, x, y)[1](x)[1], 1, [2, 3]), [0, 0]);
  });

  test("joined arrays of which some are constant have a gradient", () => {
    expectNear(run(grad((x) => { const y = concat([x, tensor([2, 3]), x]); return dot(y, y); }), [5, 7]), [20, 28]);
    expectNear(run(grad((x) => sum(mul(stack([x, constant(1, [2])]), tensor([[1, 2], [3, 4]])))), [5, 7]), [1, 2]);
  });

  test("an array may be used as often as one likes", () => {
    expectNear(run((x) => grad((y) => sum(mul(mul(y, y), mul(y, y))))(x), [3, -2]), [108, -32]);
    expectNear(run((x) => grad((y) => dot(gather(y, [0, 0, 1]), gather(y, [0, 1, 1])))(x), [3, -2]), [6 + -2, 3 + -4]);
  });

  test("the equation of motion by a pseudoinverse of a Hessian, differentiated by parameters", () => {
    // L = (a v0^2 + v1^2 + 2 b v0 v1) / 2 - (q0^2 + b q1^2) / 2
    const lagrangian = (p: Tensor, q: Tensor, v: Tensor): Tensor => {
      const [a, b] = [at(p, 0), at(p, 1)];
      const kinetic = add(add(mul(a, mul(at(v, 0), at(v, 0))), mul(at(v, 1), at(v, 1))), mul(mul(b, 2), mul(at(v, 0), at(v, 1))));
      return mul(sub(kinetic, add(mul(at(q, 0), at(q, 0)), mul(b, mul(at(q, 1), at(q, 1))))), 0.5);
    };
    const byPinv = (p: Tensor, q: Tensor, v: Tensor): Tensor => matmul(pinv(hessian((u) => lagrangian(p, q, u))(v)), grad((x) => lagrangian(p, x, v))(q));
    const bySolve = (p: Tensor, q: Tensor, v: Tensor): Tensor => eulerLagrange((x, u) => lagrangian(p, x, u))(q, v);
    const args = [[3, 0.5], [0.7, -1.1], [0.2, 0.4]];
    // M a = -(q0, b q1), M = [[a, b], [b, 1]].
    const accelerations = ([a, b]: readonly number[], [x, y]: readonly number[]): number[] => [(-x + b * b * y) / (a - b * b), (b * x - a * b * y) / (a - b * b)];
    expectNear(run(byPinv, ...args), accelerations(args[0], args[1]));
    const slope = (f: typeof byPinv) => (p: Tensor, q: Tensor, v: Tensor): Tensor => jacobian((s) => f(s, q, v))(p);
    expectNear(run(slope(byPinv), ...args), run(slope(bySolve), ...args), 1e-12);
    const h = 1e-5;
    const differences = [0, 1].map((i) => accelerations(args[0].with(i, args[0][i] + h), args[1]).map((y, k) => (y - accelerations(args[0].with(i, args[0][i] - h), args[1])[k]) / (2 * h)));
    expectNear(run(slope(byPinv), ...args), [0, 1].flatMap((k) => differences.map((d) => d[k])), 1e-8);
  });

  test("linear systems compile inside every transform", () => {
    const [a, b] = [[[0, 2, 1], [4, 8, 0], [1, 1, 5]], [1, 2, 3]];
    const f = (m: Tensor, y: Tensor): Tensor => sum(mul(solveLinear(m, y), y));
    const lone = run((m, y) => grad((z) => f(m, z))(y), a, b);
    expectNear(run(vmap((m, y) => grad((z) => f(m, z))(y)), [a, a], [b, b]), [...lone, ...lone], 1e-14);
    expectNear(run((m, y) => scan((c, z) => [add(c, grad((u) => f(m, u))(z)), []], constant(0, [3]), y)[0], a, [b, b]), lone.map((x) => 2 * x), 1e-14);
  });

  test("programs that differ in a number only are not taken for one another", () => {
    const kernels = [1.5, 1.5000000000000002, -0, 0].map((c) => compile((x) => add(mul(x, c), neg(constant(c))), [[1]], { backend }));
    const results = kernels.map((kernel) => {
      const out = new Float64Array(1);
      kernel([Float64Array.of(3)], [out]);
      return out[0];
    });
    expect(results.slice(0, 2)).toEqual([3, 3 * 1.5000000000000002 - 1.5000000000000002]);
    expect(results[1]).not.toBe(3);
    expect(results.slice(2).map(Math.abs)).toEqual([0, 0]);
  });
});

describe("sizes of programs", () => {
  test("products and their gradients make no array of all terms", () => {
    const [m, k, n] = [20, 30, 40];
    expect(largest((x, y) => vjp((a, b) => matmul(a, b), x, y)[1](matmul(x, y)), [[m, k], [k, n]])).toBe(Math.max(m * k, k * n, m * n));
    expect(largest((x, y) => vjp((a, b) => contract("bik,kj->bij", a, b), x, y)[1](contract("bik,kj->bij", x, y)), [[5, m, k], [k, n]])).toBe(5 * m * n);
  });

  test("a mapped network repeats no weights, nor do its gradients", () => {
    const [batch, width] = [100, 50];
    const net = (w: Tensor, x: Tensor): Tensor => sum(tanh(matmul(w, tanh(matmul(w, x)))));
    const gradient = (w: Tensor, x: Tensor): Tensor => grad((v) => sum(vmap((y) => net(v, y))(x)))(w);
    expect(largest((w, x) => [gradient(w, x)], [[width, width], [batch, width]])).toBe(batch * width);
    const force = (w: Tensor, x: Tensor): Tensor => sum(vmap((y) => sum(grad((z) => net(w, z))(y)))(x));
    expect(largest((w, x) => [grad((v) => force(v, x))(w)], [[width, width], [batch, width]])).toBeLessThanOrEqual(2 * batch * width);
  });

  test("a rollout is as long to compile for a thousand steps as for ten", () => {
    const rollout = (steps: number) => (w: Tensor, u: Tensor): Tensor => sum(scan((c) => [add(c, mul(tanh(matmul(w, c)), 0.05)), []], u, [], steps)[0]);
    const nodes = (steps: number): number => {
      const count = (roots: readonly Tensor[]): number => topological(roots).reduce((n, node) => n + 1 + (node.primitive.programs?.of(node.attrs) ?? []).reduce((k, inner) => k + count(inner.outputs), 0), 0);
      return count(expand(trace((w, u) => [grad((v) => rollout(steps)(v, u))(w)], [[4, 4], [4]])).outputs);
    };
    expect(nodes(1000)).toBe(nodes(10));
    const [w, u] = [rows(4, 4), values(4)];
    let [state, expected] = [u, 0];
    for (let t = 0; t < 1000; t++) state = state.map((x, i) => x + 0.05 * Math.tanh(w[i].reduce((s, v, j) => s + v * state[j], 0)));
    expected = state.reduce((s, x) => s + x, 0);
    expectNear(evaluate(rollout(1000), [w, u]), [expected], 1e-11);
  });

  test("an entry of a sum of padded arrays reads the arrays", () => {
    // Gradients by slices of a parameter vector, sliced again.
    const f = (p: Tensor): Tensor => { const g = grad((q) => add(dot(slice(q, 0, 3), slice(q, 0, 3)), sum(sin(slice(q, 3, 6)))))(p); return slice(g, 3, 6); };
    expectNear(evaluate(f, [[1, 2, 3, 4, 5, 6]]), [4, 5, 6].map(Math.cos));
  });
});
