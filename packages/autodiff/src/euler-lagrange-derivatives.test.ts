import { checkGrads } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import {
  add, at, concat, contract, cos, div, dot, eulerLagrange, evaluate, exp, grad, hamilton, hessian, jacobian, jvp, massAndForce, matmul, mul, reshape, sin, slice, softplus, solveLinear, sub, sum,
  tanh, tensor, vjp, vmap, type NestedArray, type Tensor,
} from "./index.ts";
import { expand } from "./expand.ts";
import { tracing } from "./tensor.ts";
import { topological, trace, type Program } from "./trace.ts";
import { pullback } from "./vjp.ts";

type Lagrangian = (q: Tensor, v: Tensor) => Tensor;

/** The textbook: the whole Hessian of L, its blocks, and a linear solve that is differentiated as it stands. */
const textbook = (lagrangian: Lagrangian) => (q: Tensor, v: Tensor): Tensor => {
  const d = q.size;
  const joint = (u: Tensor): Tensor => lagrangian(slice(u, 0, d), slice(u, d, 2 * d));
  const u = concat([q, v]);
  const lower = slice(hessian(joint)(u), d, 2 * d);
  return solveLinear(slice(lower, d, 2 * d, 1), sub(slice(grad(joint)(u), 0, d), matmul(slice(lower, 0, d, 1), v)));
};

const values = (n: number, offset = 0): number[] => Array.from({ length: n }, (_, k) => 0.6 * Math.sin(1 + 1.7 * k + 0.3 * k * k + offset));
const rows = (m: number, n: number, offset = 0): number[][] => Array.from({ length: m }, (_, i) => values(n, i + offset));

/** A network with a regular, velocity- and position-dependent mass matrix, velocity-linear terms, and parameters w, b, c. */
const network = (w: Tensor, b: Tensor, c: Tensor, s: (x: Tensor) => Tensor = softplus): Lagrangian => (q, v) =>
  add(dot(c, s(add(matmul(w, concat([sin(q), q, v])), b))), mul(dot(v, v), 2));

const [d, h] = [2, 3];
const w0 = rows(h, 3 * d);
const [b0, c0] = [values(h, 1), values(h, 2)];
const [q0, v0] = [[0.4, -0.9], [0.8, 0.3]];
const all: NestedArray[] = [w0, b0, c0, q0, v0];

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  for (let k = 0; k < expected.length; k++) if (!(Math.abs(found[k] - expected[k]) <= tolerance * scale)) expect.fail(`entry ${k}: ${found[k]} against ${expected[k]}`);
}

const flat = (parts: readonly Tensor[]): Tensor => concat(parts.map((x) => reshape(x, [x.size])));
type Form = (lagrangian: Lagrangian) => (q: Tensor, v: Tensor) => Tensor;
const accelerations = (form: Form, s?: (x: Tensor) => Tensor) => (w: Tensor, b: Tensor, c: Tensor, q: Tensor, v: Tensor): Tensor => form(network(w, b, c, s))(q, v);
const pulled = (form: Form, s?: (x: Tensor) => Tensor) => (...x: Tensor[]): Tensor => flat(vjp(accelerations(form, s) as (...x: Tensor[]) => Tensor, ...x)[1](tensor([0.7, -1.3])));

describe.each(["interpreter", "js", "wasm"] as const)("derivatives of eulerLagrange, %s", (backend) => {
  // The interpreter is slow and the same derivatives are compiled: first order is enough for it.
  const order = backend === "js" ? 2 : 1;
  const run = (f: (...x: Tensor[]) => Tensor, args: readonly NestedArray[]): Float64Array => evaluate(f, args, { backend });

  test.each([["softplus", softplus], ["tanh", tanh]] as const)("%s network: its reverse rule equals the textbook formula's derivative", (_name, s) => {
    expectNear(run(accelerations(eulerLagrange, s) as (...x: Tensor[]) => Tensor, all), run(accelerations(textbook, s) as (...x: Tensor[]) => Tensor, all), 1e-12);
    expectNear(run(pulled(eulerLagrange, s), all), run(pulled(textbook, s), all), 1e-10);
  });

  test("forward and reverse mode agree with differences, to second order", () => {
    checkGrads(accelerations(eulerLagrange) as (...x: Tensor[]) => Tensor, all, { backend, order, tolerance: 1e-6 });
  });

  test("the gradient of a gradient equals the textbook's", () => {
    const second = (form: Form) => (...x: Tensor[]): Tensor => {
      const norm = (...y: Tensor[]): Tensor => sum(mul(pulled(form)(...y), pulled(form)(...y)));
      return flat(vjp(norm, ...x)[1](tensor(1)));
    };
    expectNear(run(second(eulerLagrange), all), run(second(textbook), all), 1e-10);
  });

  test("Jacobians by the state, both directions", () => {
    const byState = (form: Form) => (w: Tensor, b: Tensor, c: Tensor, q: Tensor, v: Tensor): Tensor =>
      jacobian((u) => form(network(w, b, c))(slice(u, 0, d), slice(u, d, 2 * d)))(concat([q, v]));
    const byPosition = (form: Form) => (w: Tensor, b: Tensor, c: Tensor, q: Tensor, v: Tensor): Tensor => jacobian((u) => form(network(w, b, c))(u, v))(q);
    expectNear(run(byState(eulerLagrange) as (...x: Tensor[]) => Tensor, all), run(byState(textbook) as (...x: Tensor[]) => Tensor, all), 1e-10);
    expectNear(run(byPosition(eulerLagrange) as (...x: Tensor[]) => Tensor, all), run(byPosition(textbook) as (...x: Tensor[]) => Tensor, all), 1e-10);
  });

  test("velocity-linear terms: the pull-back of the charge in a growing field", () => {
    // a = B (1 + x) (vy, -vx), L = v^2 / 2 + B (x + x^2 / 2) vy.
    const f = (b: Tensor, q: Tensor, v: Tensor): Tensor =>
      eulerLagrange((r, u) => add(mul(0.5, dot(u, u)), mul(mul(b, add(at(r, 0), mul(0.5, mul(at(r, 0), at(r, 0))))), at(u, 1))))(q, v);
    const [b, x, vx, vy, g1, g2] = [2, 0.3, 1.5, -0.4, 0.9, -1.1];
    const found = run((...args) => flat(vjp(f as (...y: Tensor[]) => Tensor, ...args)[1](tensor([g1, g2]))), [b, [x, 5], [vx, vy]]);
    const field = b * (1 + x);
    expectNear(found, [(1 + x) * (g1 * vy - g2 * vx), b * (g1 * vy - g2 * vx), 0, -field * g2, field * g1], 1e-14);
    checkGrads(f as (...y: Tensor[]) => Tensor, [b, [x, 5], [vx, vy]], { backend, order });
  });

  test("mapped over a batch, then differentiated by the parameters", () => {
    const [qs, vs] = [rows(4, d, 3), rows(4, d, 7)];
    const loss = (form: Form) => (w: Tensor, b: Tensor, c: Tensor, q: Tensor, v: Tensor): Tensor => {
      const a = vmap(form(network(w, b, c)))(q, v);
      return sum(mul(a, add(a, sin(q))));
    };
    const byParameters = (form: Form) => (...x: Tensor[]): Tensor => flat(vjp(loss(form) as (...y: Tensor[]) => Tensor, ...x)[1](tensor(1)));
    const found = run(byParameters(eulerLagrange), [w0, b0, c0, qs, vs]);
    expectNear(found, run(byParameters(textbook), [w0, b0, c0, qs, vs]), 1e-10);
    const each = qs.map((q, r) => run(byParameters(eulerLagrange), [w0, b0, c0, [q], [vs[r]]]));
    const parameters = 3 * h * d + 2 * h;
    expectNear(found.subarray(0, parameters), each.reduce((s, x) => s.map((y, k) => y + x[k])).subarray(0, parameters), 1e-12);
    expectNear(found.subarray(parameters), [...each.flatMap((x) => [...x.subarray(parameters, parameters + d)]), ...each.flatMap((x) => [...x.subarray(parameters + d)])], 1e-12);
  });

  test("a batch of parameters, of everything, and twice over", () => {
    const ws = [w0, rows(h, 3 * d, 5), rows(h, 3 * d, 9)];
    const f = (form: Form) => (w: Tensor, q: Tensor, v: Tensor): Tensor => form(network(w, tensor(b0), tensor(c0)))(q, v);
    const mapped = vmap(f(eulerLagrange) as (...x: Tensor[]) => Tensor, [0, null, null]);
    expectNear(run(mapped, [ws, q0, v0]), ws.flatMap((w) => [...run(f(eulerLagrange) as (...x: Tensor[]) => Tensor, [w, q0, v0])]), 1e-13);
    const gradients = (form: Form) => vmap((w, q, v) => grad((u) => sum(f(form)(u, q, v)))(w), [0, null, 0]);
    expectNear(run(gradients(eulerLagrange), [ws, q0, rows(3, d, 4)]), run(gradients(textbook), [ws, q0, rows(3, d, 4)]), 1e-10);
    const twice = (form: Form) => (w: Tensor, q: Tensor, v: Tensor): Tensor => flat(vjp((u, r, z) => vmap((x) => vmap((y) => f(form)(u, x, y))(z))(r), w, q, v)[1](tensor([rows(2, d, 3), rows(2, d, 6), rows(2, d, 8)])));
    const args = [w0, rows(3, d, 2), rows(2, d, 5)];
    expectNear(run(twice(eulerLagrange) as (...x: Tensor[]) => Tensor, args), run(twice(textbook) as (...x: Tensor[]) => Tensor, args), 1e-10);
  });

  test("a captured value that depends on q or v outside is held fixed inside", () => {
    // Inside: L = m v^2 / 2 - k x^2 / 2 with m = e^q and k = cos v fixed, so a = -k x / m.
    const f = (q: Tensor, v: Tensor): Tensor => {
      const [m, k] = [exp(at(q, 0)), cos(at(v, 0))];
      return eulerLagrange((x, u) => sub(mul(mul(m, 0.5), dot(u, u)), mul(mul(k, 0.5), dot(x, x))))(q, v);
    };
    const [x, u] = [0.7, 1.2];
    expectNear(run(f, [[x], [u]]), [-Math.cos(u) * x * Math.exp(-x)], 1e-15);
    expectNear(run((...args) => flat(vjp(f as (...y: Tensor[]) => Tensor, ...args)[1](tensor([1]))), [[x], [u]]), [-Math.cos(u) * (1 - x) * Math.exp(-x), Math.sin(u) * x * Math.exp(-x)], 1e-14);
    checkGrads(f as (...y: Tensor[]) => Tensor, [[x], [u]], { backend, order });
    // The argument itself captured: L = q_fixed . q v^2 / 2 - q, a = -(1 + q_fixed v^2 / 2) / q_fixed q at q_fixed = q.
    const self = (q: Tensor, v: Tensor): Tensor => eulerLagrange((r, z) => sub(mul(mul(dot(q, r), 0.5), dot(z, z)), sum(r)))(q, v);
    expectNear(run(self, [[x], [u]]), [-(1 + 0.5 * x * u * u) / (x * x)], 1e-14);
    expectNear(run((q, v) => grad((y) => sum(self(y, v)))(q), [[x], [u]]), [2 / x ** 3 + (0.5 * u * u) / x ** 2], 1e-13);
  });

  test("a Lagrangian that solves a linear system of captured numbers", () => {
    const f = (a: Tensor, q: Tensor, v: Tensor): Tensor => eulerLagrange((r, u) => sub(mul(2, dot(u, u)), mul(0.5, dot(r, solveLinear(a, sin(r))))))(q, v);
    checkGrads(f as (...y: Tensor[]) => Tensor, [[[2, 0.5], [-0.3, 1.5]], q0, v0], { backend, order });
    expectNear(run(f as (...y: Tensor[]) => Tensor, [[[2, 0], [0, 1]], q0, v0]), q0.map((x, i) => (-(Math.sin(x) + x * Math.cos(x)) / (i === 0 ? 2 : 1)) / 8), 1e-14);
  });

  test("a Lagrangian that itself holds a derivative, and one equation of motion within another", () => {
    const inner = (a: Tensor): Lagrangian => (r, u) => sub(mul(add(1, mul(a, 0.1)), dot(u, u)), sum(cos(r)));
    const f = (a: Tensor, q: Tensor, v: Tensor): Tensor =>
      eulerLagrange((r, u) => add(mul(3, dot(u, u)), add(dot(u, grad((z) => sum(sin(mul(z, a))))(r)), mul(0.1, dot(r, eulerLagrange(inner(a))(r, u))))))(q, v);
    checkGrads(f as (...y: Tensor[]) => Tensor, [1.3, q0, v0], { backend, order, modes: ["reverse"] });
    const twin = (a: Tensor, q: Tensor, v: Tensor): Tensor =>
      textbook((r, u) => add(mul(3, dot(u, u)), add(dot(u, mul(a, cos(mul(r, a)))), mul(0.1, dot(r, div(sin(r), mul(2, add(1, mul(a, 0.1)))))))))(q, v);
    expectNear(run(f as (...y: Tensor[]) => Tensor, [1.3, q0, v0]), run(twin as (...y: Tensor[]) => Tensor, [1.3, q0, v0]), 1e-12);
  });

  test("massAndForce and hamilton have all derivatives too", () => {
    const forces = (w: Tensor, q: Tensor, v: Tensor): Tensor => {
      const { mass, force } = massAndForce(network(w, tensor(b0), tensor(c0)))(q, v);
      return concat([reshape(mass, [d * d]), force]);
    };
    checkGrads(forces as (...x: Tensor[]) => Tensor, [w0, q0, v0], { backend, order, tolerance: 1e-6 });
    const canonical = (w: Tensor, q: Tensor, p: Tensor): Tensor => concat(hamilton(network(w, tensor(b0), tensor(c0)))(q, p));
    checkGrads(canonical as (...x: Tensor[]) => Tensor, [w0, q0, v0], { backend, order });
    // Liouville: the divergence of the flow is zero.
    const flow = (u: Tensor): Tensor => concat(hamilton(network(tensor(w0), tensor(b0), tensor(c0)))(slice(u, 0, d), slice(u, d, 2 * d)));
    const j = run(jacobian(flow), [[...q0, ...v0]]);
    expectNear([[0, 1, 2, 3].reduce((s, i) => s + j[5 * i], 0)], [0], 1e-14);
    expectNear(run((w, q, v) => jvp((u) => forces(u, q, v), [w], [w])[1], [w0, q0, v0]), run((w, q, v) => contract("ij,j->i", jacobian((u) => forces(reshape(u, [h, 3 * d]), q, v))(reshape(w, [3 * h * d])), reshape(w, [3 * h * d])), [w0, q0, v0]), 1e-12);
  });
});

describe("products with a matrix of H x H in the right-hand side and in its vector-Jacobian product", () => {
  const size = 11;
  const lagrangian = (w1: Tensor, w2: Tensor): Lagrangian => (q, v) => add(sum(softplus(matmul(w2, softplus(matmul(w1, concat([q, v])))))), dot(v, v));
  const rhs = (n: number): Program => trace((w1, w2, q, v) => [eulerLagrange(lagrangian(w1, w2))(q, v)], [[size, 2 * n], [size, size], [n], [n]]);
  const both = ({ inputs, outputs }: Program): Program => ({ inputs, outputs: [...outputs, ...pullback({ inputs: inputs.slice(2), outputs }, [inputs[2]])] });
  const products = (program: Program): number =>
    topological(expand(program).outputs)
      .filter((x) => x.primitive.name === "contract" && x.args.some((y) => y.shape.join() === `${size},${size}`) && x.attrs.out.length <= 2)
      .reduce((total, x) => total + x.size / size, 0);

  test("their number does not grow with that of the coordinates", () => {
    const [two, five] = [2, 5].map((n) => tracing(() => both(rhs(n))));
    expect(products(rhs(5)) - products(rhs(2))).toBe(3);
    expect(products(five) - products(two)).toBe(3);
    expect(products(rhs(2))).toBe(5);
    expect(products(two)).toBeLessThanOrEqual(13);
  });

  test("they are shared with a right-hand side that was traced before, for a kernel of its own", () => {
    const traced = rhs(2);
    expect(products(tracing(() => both(traced)))).toBe(products(tracing(() => both(rhs(2)))));
  });
});
