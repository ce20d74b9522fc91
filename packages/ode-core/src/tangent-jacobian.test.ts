import { describe, expect, test } from "vitest";
import { algorithms, odeProblem, solve, vectorField, vern9, type Algorithm, type Bandwidth, type OdeSolution, type SolveOptions, type VectorField } from "./index.ts";
import { jacobianOf } from "./jacobian.ts";
import { complexIterationMatrix, iterationMatrix } from "./linear-algebra/iteration-matrix.ts";

const implicit: readonly Algorithm[] = [
  algorithms.rosenbrock23(), algorithms.rodas4(), algorithms.rodas5P(), algorithms.implicitEuler(), algorithms.trbdf2(), algorithms.kenCarp4(), algorithms.kvaerno5(), algorithms.radauIIA5(), algorithms.fbdf(),
];
const n = 12;
const count = 3;
const p = Float64Array.of(50, 90, 7);
const calls = { jvp: 0, block: 0 };
/** A chain, the places of which stand in an order of no help. */
const order = Int32Array.from({ length: n }, (_, k) => (k * 7) % n);
const band: Bandwidth = { lower: 1, upper: 2, order };
const place = (u: Float64Array, k: number): number => (k >= 0 && k < n ? u[order[k]] : 0);

/** `x_k' = -p_0 x_k^3 + 40 x_k-1 - p_1 x_k + 30 x_k+2 + p_2 sin(t) cos(x_k)` by place. */
const chain = (bandwidth?: Bandwidth): VectorField => vectorField((t, u, q, out) => {
  for (let k = 0; k < n; k++) {
    const x = place(u, k);
    out[order[k]] = -q[0] * x ** 3 + 40 * place(u, k - 1) - q[1] * x + 30 * place(u, k + 2) + q[2] * Math.sin(t) * Math.cos(x);
  }
}, {
  dim: n,
  paramCount: count,
  bandwidth,
  jvp: (t, u, q, d, dq, out) => {
    calls.jvp++;
    for (let k = 0; k < n; k++) {
      const [x, dx] = [place(u, k), place(d, k)];
      out[order[k]] = (-3 * q[0] * x ** 2 - q[1] - q[2] * Math.sin(t) * Math.sin(x)) * dx + 40 * place(d, k - 1) + 30 * place(d, k + 2);
      if (dq) out[order[k]] += -dq[0] * x ** 3 - dq[1] * x + dq[2] * Math.sin(t) * Math.cos(x);
    }
  },
});

/** The chain with the sensitivities by its parameters, with its promise or without. */
function wide(promised: boolean, bandwidth?: Bandwidth): VectorField {
  const core = chain(bandwidth).bind(p);
  const directions = Array.from(p, (_, j) => Float64Array.from(p, (__, l) => (l === j ? 1 : 0)));
  const block = (j: number, t: number, u: Float64Array, s: Float64Array, out: Float64Array): void => {
    calls.block++;
    core.jvp!(t, u, s, directions[j], out);
  };
  const rhs = (t: number, w: Float64Array, out: Float64Array): void => {
    const u = w.slice(0, n);
    core.rhs(t, u, out);
    for (let j = 0; j < count; j++) core.jvp!(t, u, w.subarray(n * (1 + j), n * (2 + j)), directions[j], out.subarray(n * (1 + j), n * (2 + j)));
  };
  const known = { tangents: count, ...(bandwidth ? { bandwidth } : {}) };
  return { dim: n * (1 + count), paramCount: 0, provides: new Set(), ...(promised ? known : {}), bind: () => ({ rhs, tangents: { core, block } }) };
}

const start = Float64Array.from({ length: n * (1 + count) }, (_, i) => (i < n ? 0.3 + Math.sin(3 * i) ** 2 : 0));
const run = (field: VectorField, algorithm: Algorithm, options: SolveOptions = {}): OdeSolution => solve(odeProblem(field, start, [0, 1]), algorithm, { reltol: 1e-6, abstol: 1e-9, saveAt: [1], ...options });
const sizes = (x: ArrayLike<number>): number[] => Array.from({ length: 1 + count }, (_, j) => Math.max(...Array.from(x).slice(n * j, n * (j + 1)).map(Math.abs)));
/** The largest difference in parts of the size of its block. */
const distance = (x: ArrayLike<number>, y: ArrayLike<number>): number => Math.max(...Array.from(x, (v, i) => Math.abs(v - y[i]) / sizes(y)[Math.floor(i / n)]));
const exact = run(wide(false), vern9(), { reltol: 1e-12, abstol: 1e-14 }).u[0];

describe("tangents", () => {
  test.each(implicit.map((algorithm) => [algorithm.name, algorithm] as const))("%s is as right as without the promise, with one matrix of the size of the state", (_name, algorithm) => {
    const plain = run(wide(false), algorithm);
    for (const [bandwidth, width, looks] of [[undefined, n, 0], [band, 4, 2]] as const) {
      calls.jvp = calls.block = 0;
      const known = run(wide(true, bandwidth), algorithm);
      expect(known.retcode).toBe("success");
      expect(distance(known.u[0], exact)).toBeLessThan(2 * distance(plain.u[0], exact) + 1e-7);
      expect(Math.abs(known.stats.naccept - plain.stats.naccept)).toBeLessThan(0.05 * plain.stats.naccept + 2);
      // The Jacobian of the state by jvp, that of each block by differences. In a band both are looked into with the first.
      const { nf, njac } = known.stats;
      expect(calls.block).toBe(2 * width * count * njac + looks);
      expect(calls.jvp).toBe(count * nf + width * njac + calls.block + looks);
    }
  });

  test.each(["rosenbrock23", "rodas4", "rodas5P"] as const)("%s has the very errors of fixed steps, for which it needs the blocks below the diagonal", (name) => {
    for (const steps of [50, 100]) {
      const [known, plain] = [wide(true, band), wide(false)].map((field) => distance(run(field, algorithms[name](), { adaptive: false, dt: 1 / steps }).u[0], exact));
      expect(Math.abs(known / plain - 1)).toBeLessThan(0.01);
    }
  });

  test("solves with the very matrix of all blocks, real and complex", () => {
    const J = jacobianOf(wide(true, band).bind(p), n * (1 + count), { reltol: 1e-6, abstol: 1e-9, tangents: count, bandwidth: band });
    const dense = jacobianOf({ rhs: wide(false).bind(p).rhs }, n * (1 + count), { reltol: 1e-6, abstol: 1e-9 });
    const w = start.map((x, i) => x + Math.cos(i));
    const [blocks, whole] = [J, dense].map((one) => {
      const out = new Float64Array(one.size);
      one.evaluate(0.7, w, out);
      return out;
    });
    const [b, c] = [0, 1].map((k) => Float64Array.from(w, (_, i) => Math.sin(k + 2 * i)));
    const context = { reltol: 1e-6, abstol: 1e-9, tangents: count, bandwidth: band };
    const [ours, theirs] = [iterationMatrix(w.length, context), iterationMatrix(w.length, { reltol: 1e-6, abstol: 1e-9 })].map((matrix, k) => {
      expect(matrix.factor(300, k === 0 ? blocks : whole)).toBe(true);
      const x = b.slice();
      matrix.solve(x);
      return x;
    });
    expect(distance(ours, theirs)).toBeLessThan(1e-7);
    const [mine, other] = [complexIterationMatrix(w.length, context), complexIterationMatrix(w.length, { reltol: 1e-6, abstol: 1e-9 })].map((matrix, k) => {
      expect(matrix.factor(300, -200, k === 0 ? blocks : whole)).toBe(true);
      const [x, y] = [b.slice(), c.slice()];
      matrix.solve(x, y);
      return [...x, ...y];
    });
    mine.forEach((x, i) => expect(Math.abs(x - other[i])).toBeLessThan(1e-8));
  });
});
