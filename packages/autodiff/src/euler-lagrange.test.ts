import { describe, expect, test } from "vitest";
import {
  add, at, compile, concat, cos, dot, eulerLagrange, evaluate, grad, hamilton, jacobian, massAndForce, matmul, mul, reshape, sin, slice, stack, sub, sum, tensor, type Tensor,
} from "./index.ts";

type Lagrangian = (q: Tensor, v: Tensor) => Tensor;
type Acceleration = (q: readonly number[], v: readonly number[]) => number[];

/** Uniform numbers in [-1, 1). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  };
}

/** Gauss elimination with row exchanges: independent of the library's. */
function gauss(a: readonly (readonly number[])[], b: readonly number[]): number[] {
  const rows = a.map((row, i) => [...row, b[i]]);
  const n = b.length;
  for (let k = 0; k < n; k++) {
    const p = rows.reduce((best, row, i) => (i >= k && Math.abs(row[k]) > Math.abs(rows[best][k]) ? i : best), k);
    [rows[k], rows[p]] = [rows[p], rows[k]];
    for (let i = k + 1; i < n; i++) {
      const w = rows[i][k] / rows[k][k];
      for (let j = k; j <= n; j++) rows[i][j] -= w * rows[k][j];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) x[i] = (rows[i][n] - rows[i].slice(i + 1, n).reduce((s, v, j) => s + v * x[i + 1 + j], 0)) / rows[i][i];
  return x;
}

const g = 9.81;
const sq = (x: Tensor): Tensor => mul(x, x);
const part = (x: Tensor, d: number): Tensor[] => Array.from({ length: d }, (_, i) => at(x, i));

/** Two unit masses on unit rods. */
const doublePendulum: Lagrangian = (q, v) => {
  const [[q1, q2], [v1, v2]] = [part(q, 2), part(v, 2)];
  const kinetic = add(add(sq(v1), mul(sq(v2), 0.5)), mul(mul(v1, v2), cos(sub(q1, q2))));
  return add(kinetic, add(mul(cos(q1), 2 * g), mul(cos(q2), g)));
};

/** Closed form with M = [[2, c], [c, 1]], c = cos(q1 - q2), s = sin(q1 - q2), det M = 1 + s^2. */
const doublePendulumAcceleration: Acceleration = ([q1, q2], [v1, v2]) => {
  const [c, s] = [Math.cos(q1 - q2), Math.sin(q1 - q2)];
  const f1 = -s * v2 * v2 - 2 * g * Math.sin(q1);
  const f2 = s * v1 * v1 - g * Math.sin(q2);
  return [(f1 - c * f2) / (1 + s * s), (2 * f2 - c * f1) / (1 + s * s)];
};

const masses = [1.2, 0.7, 0.4];
const lengths = [1, 0.8, 1.3];

/** Point masses on a chain of rods, angles from below: x_k = sum l sin q, y_k = -sum l cos q. */
const chain: Lagrangian = (q, v) => {
  const [angles, rates] = [part(q, 3), part(v, 3)];
  let total = mul(at(q, 0), 0);
  let [xRate, yRate, height] = [mul(at(q, 0), 0), mul(at(q, 0), 0), mul(at(q, 0), 0)];
  masses.forEach((m, k) => {
    xRate = add(xRate, mul(mul(lengths[k], cos(angles[k])), rates[k]));
    yRate = add(yRate, mul(mul(lengths[k], sin(angles[k])), rates[k]));
    height = sub(height, mul(lengths[k], cos(angles[k])));
    total = add(total, sub(mul(0.5 * m, add(sq(xRate), sq(yRate))), mul(m * g, height)));
  });
  return total;
};

const chainAcceleration: Acceleration = (q, v) => {
  const beyond = (i: number): number => masses.slice(i).reduce((s, m) => s + m, 0);
  const mass = q.map((x, i) => q.map((y, j) => beyond(Math.max(i, j)) * lengths[i] * lengths[j] * Math.cos(x - y)));
  const force = q.map((x, i) => q.reduce((s, y, j) => s - beyond(Math.max(i, j)) * lengths[i] * lengths[j] * Math.sin(x - y) * v[j] ** 2, -beyond(i) * g * lengths[i] * Math.sin(x)));
  return gauss(mass, force);
};

const spherical: Lagrangian = (q, v) => {
  const [[theta], [thetaRate, phiRate]] = [part(q, 2), part(v, 2)];
  return add(mul(0.5, add(sq(thetaRate), mul(sq(sin(theta)), sq(phiRate)))), mul(g, cos(theta)));
};

const [b0, k0] = [2, 1];
const uniformField: Lagrangian = (q, v) => {
  const [[x, y], [vx, vy]] = [part(q, 2), part(v, 2)];
  return sub(add(mul(0.5, dot(v, v)), mul(b0 / 2, sub(mul(x, vy), mul(y, vx)))), mul(k0 / 2, dot(q, q)));
};
const growingField: Lagrangian = (q, v) => {
  const x = at(q, 0);
  return add(mul(0.5, dot(v, v)), mul(mul(b0, add(x, mul(0.5, sq(x)))), at(v, 1)));
};

interface System {
  readonly lagrangian: Lagrangian;
  readonly acceleration: Acceleration;
  readonly d: number;
  /** Puts numbers in [-1, 1) into the range of the coordinates. */
  readonly q: (unit: number, i: number) => number;
}

const systems: Readonly<Record<string, System>> = {
  "double pendulum": { lagrangian: doublePendulum, acceleration: doublePendulumAcceleration, d: 2, q: (x) => Math.PI * x },
  "chain of three": { lagrangian: chain, acceleration: chainAcceleration, d: 3, q: (x) => Math.PI * x },
  "spherical pendulum": {
    lagrangian: spherical,
    acceleration: ([theta], [u, w]) => [Math.sin(theta) * Math.cos(theta) * w * w - g * Math.sin(theta), (-2 * u * w * Math.cos(theta)) / Math.sin(theta)],
    d: 2,
    q: (x, i) => (i === 0 ? 1.45 + 1.05 * x : Math.PI * x),
  },
  "charge in a uniform field and a trap": { lagrangian: uniformField, acceleration: ([x, y], [vx, vy]) => [b0 * vy - k0 * x, -b0 * vx - k0 * y], d: 2, q: (x) => 3 * x },
  "charge in a growing field": { lagrangian: growingField, acceleration: ([x], [vx, vy]) => [b0 * (1 + x) * vy, -b0 * (1 + x) * vx], d: 2, q: (x) => 3 * x },
};

function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(found.length).toBe(expected.length);
  const scale = Math.max(1, ...Array.from(expected, Math.abs));
  for (let k = 0; k < expected.length; k++) if (!(Math.abs(found[k] - expected[k]) <= tolerance * scale)) expect.fail(`entry ${k}: ${found[k]} against ${expected[k]}`);
}

describe.each(["interpreter", "js", "wasm"] as const)("eulerLagrange of known systems, %s", (backend) => {
  test.each(Object.entries(systems))("%s: accelerations at many states", (_name, { lagrangian, acceleration, d, q: place }) => {
    const kernel = compile(eulerLagrange(lagrangian), [[d], [d]], { backend });
    const random = generator(7);
    const out = new Float64Array(d);
    for (let sample = 0; sample < (backend === "js" ? 1000 : 200); sample++) {
      const q = Array.from({ length: d }, (_, i) => place(random(), i));
      const v = Array.from({ length: d }, () => 10 * random());
      kernel([Float64Array.from(q), Float64Array.from(v)], [out]);
      expectNear(out, acceleration(q, v), 1e-12);
    }
  });

  test.each(Object.entries(systems))("%s: mass matrix and force", (_name, { lagrangian, acceleration, d, q: place }) => {
    const random = generator(3);
    const q = Array.from({ length: d }, (_, i) => place(random(), i));
    const v = Array.from({ length: d }, () => 3 * random());
    const both = evaluate((x, y) => {
      const { mass, force } = massAndForce(lagrangian)(x, y);
      return concat([reshape(mass, [d * d]), force]);
    }, [q, v], { backend });
    const mass = Array.from({ length: d }, (_, i) => [...both.subarray(d * i, d * i + d)]);
    expectNear(mass.flat(), mass.flatMap((_, j) => mass.map((row) => row[j])), 1e-15);
    expectNear(gauss(mass, [...both.subarray(d * d)]), acceleration(q, v), 1e-13);
    expectNear(both.subarray(0, d * d), evaluate((x, y) => jacobian((w) => grad((u) => lagrangian(x, u))(w))(y), [q, v], { backend }), 1e-14);
  });

  test("the mass matrix of the chain in closed form", () => {
    const q = [0.3, -1.1, 2];
    const found = evaluate((x, y) => massAndForce(chain)(x, y).mass, [q, [1, 2, 3]], { backend });
    const beyond = [2.3, 1.1, 0.4];
    expectNear(found, q.flatMap((x, i) => q.map((y, j) => beyond[Math.max(i, j)] * lengths[i] * lengths[j] * Math.cos(x - y))), 1e-15);
  });

  test("a Lagrangian without position, without force, or with one coordinate", () => {
    expectNear(evaluate(eulerLagrange((_q, v) => mul(2, dot(v, v))), [[1, 2], [3, 4]], { backend }), [0, 0], 0);
    expect(Array.from(evaluate(eulerLagrange((q, v) => sub(dot(v, v), sum(q))), [[1, 2], [3, 4]], { backend }))).toEqual([-0.5, -0.5]);
    expect(Array.from(evaluate(eulerLagrange((q, v) => sub(mul(0.5, dot(v, v)), mul(2, dot(q, q)))), [[3], [4]], { backend }))).toEqual([-12]);
    expect(evaluate(eulerLagrange((q) => dot(q, q)), [[1], [1]], { backend }).every(Number.isFinite)).toBe(false);
  });

  test("a coupling of two matrices, and a velocity-dependent mass", () => {
    // L = v' A v / 2 + v' B q - q' K q / 2 + (v . v)^2 / 4: M = sym(A) + 2 v v' + (v . v) I, force = (B' - B) v - sym(K) q.
    const [a, b, k] = [[[3, 1], [0, 4]], [[0.5, -2], [1, 0.3]], [[2, 1], [0, 5]]];
    const [q, v] = [[0.7, -0.4], [1.1, 0.6]];
    const lagrangian: Lagrangian = (x, y) =>
      add(sub(add(mul(0.5, dot(y, matmul(tensor(a), y))), dot(y, matmul(tensor(b), x))), mul(0.5, dot(x, matmul(tensor(k), x)))), mul(0.25, sq(dot(y, y))));
    const speed2 = v[0] ** 2 + v[1] ** 2;
    const mass = [0, 1].map((i) => [0, 1].map((j) => (a[i][j] + a[j][i]) / 2 + 2 * v[i] * v[j] + (i === j ? speed2 : 0)));
    const force = [0, 1].map((i) => [0, 1].reduce((s, j) => s + (b[j][i] - b[i][j]) * v[j] - ((k[i][j] + k[j][i]) / 2) * q[j], 0));
    expectNear(evaluate(eulerLagrange(lagrangian), [q, v], { backend }), gauss(mass, force), 1e-14);
  });

  test("hamilton gives the canonical equations", () => {
    const hamiltonian = (q: Tensor, p: Tensor): Tensor => add(mul(mul(at(p, 0), at(p, 0)), add(at(q, 1), 2)), mul(sin(at(q, 0)), at(p, 1)));
    const found = evaluate((q, p) => concat(hamilton(hamiltonian)(q, p)), [[0.4, 1.5], [2, -3]], { backend });
    expectNear(found, [2 * 2 * 3.5, Math.sin(0.4), 3 * Math.cos(0.4), -4], 1e-15);
  });
});

test("refuses what is no Lagrangian", () => {
  const one = tensor([1]);
  expect(() => evaluate(() => eulerLagrange(() => one)(tensor([1, 2]), tensor([1])), [[1]])).toThrow("Cannot trace eulerLagrange as q and v must be vectors of one length: current shapes are [2] and [1]");
  expect(() => evaluate((q) => eulerLagrange((x, y) => mul(x, y))(q, q), [[1, 2]])).toThrow("Cannot trace eulerLagrange as the Lagrangian must return a scalar: current shape is [2]");
  expect(() => evaluate((q) => massAndForce((x, y) => stack([dot(x, y)]))(q, q).mass, [[1, 2]])).toThrow("must return a scalar: current shape is [1]");
  expect(() => evaluate((q) => hamilton((x, y) => mul(x, y))(q, q)[0], [[1, 2]])).toThrow("the function must return a scalar");
  expect(() => evaluate((q) => eulerLagrange(() => 3 as unknown as Tensor)(q, slice(q, 0, 2)), [[1, 2]])).toThrow("must return traced arrays: it returned number");
});
