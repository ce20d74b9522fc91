import { describe, expect, test } from "vitest";
import { algorithms, odeProblem, OdeError, solve, vectorField, type Algorithm, type Bandwidth, type OdeSolution, type VectorField } from "./index.ts";
import { jacobianOf } from "./jacobian.ts";
import { complexIterationMatrix, iterationMatrix } from "./linear-algebra/iteration-matrix.ts";

const implicit: readonly Algorithm[] = [
  algorithms.rosenbrock23(), algorithms.rodas4(), algorithms.rodas5P(), algorithms.implicitEuler(), algorithms.trbdf2(), algorithms.kenCarp4(), algorithms.kvaerno5(), algorithms.radauIIA5(), algorithms.fbdf(),
];
const n = 24;
const count = 2;
/** A chain, the places of which stand in an order of no help. */
const order = Int32Array.from({ length: n }, (_, k) => (k * 7) % n);
const band: Bandwidth = { lower: 1, upper: 2, order };
const calls = { jvp: 0, rows: 0 };

/** `x_k' = -50 x_k^3 + 40 x_k-1 - 90 x_k + 30 x_k+2` by place, with the integrals of `sum_k x_k^2 / k` and of `t sum_k sin(x_k)`. */
function chain(more: Partial<VectorField>, { withJvp = true, withRows = false } = {}): VectorField {
  const place = (u: Float64Array, k: number): number => (k >= 0 && k < n ? u[order[k]] : 0);
  const f = vectorField((t, u, _p, out) => {
    out[n] = out[n + 1] = 0;
    for (let k = 0; k < n; k++) {
      const x = place(u, k);
      out[order[k]] = -50 * x ** 3 + 40 * place(u, k - 1) - 90 * x + 30 * place(u, k + 2);
      out[n] += x ** 2 / (k + 1);
      out[n + 1] += t * Math.sin(x);
    }
  }, {
    dim: n + count,
    ...(withJvp && {
      jvp: (t, u, _p, d, _dp, out) => {
        calls.jvp++;
        out[n] = out[n + 1] = 0;
        for (let k = 0; k < n; k++) {
          const [x, dx] = [place(u, k), place(d, k)];
          out[order[k]] = (-150 * x ** 2 - 90) * dx + 40 * place(d, k - 1) + 30 * place(d, k + 2);
          out[n] += (2 * x * dx) / (k + 1);
          out[n + 1] += t * Math.cos(x) * dx;
        }
      },
    }),
  });
  const quadratureRows = (t: number, u: Float64Array, out: Float64Array): void => {
    calls.rows++;
    for (let k = 0; k < n; k++) {
      out[order[k]] = (2 * place(u, k)) / (k + 1);
      out[n + order[k]] = t * Math.cos(place(u, k));
    }
  };
  return { ...f, ...more, bind: (p) => ({ ...f.bind(p), ...(withRows ? { quadratureRows } : {}) }) };
}

const start = Float64Array.from({ length: n + count }, (_, i) => (i < n ? 0.3 + Math.sin(3 * i) ** 2 : 0));
const run = (field: VectorField, algorithm: Algorithm, abstol: number | number[] = 1e-6): OdeSolution => solve(odeProblem(field, start, [0, 1]), algorithm, { reltol: 1e-6, abstol, saveAt: [1] });
const distance = (x: ArrayLike<number>, y: ArrayLike<number>): number => Math.max(...Array.from(x, (v, i) => Math.abs(v - y[i])));
// Not that of factorisations: whether radauIIA5 takes one for steps of the same length hangs on the last bit of that.
const steps = ({ stats: { naccept, nreject, njac } }: OdeSolution): number[] => [naccept, nreject, njac];

describe("quadratures", () => {
  test.each(implicit.map((algorithm) => [algorithm.name, algorithm] as const))("%s takes the steps that it takes without knowing of them, and the calls of jvp of the others", (_name, algorithm) => {
    const plain = run(chain({}), algorithm);
    for (const [field, perJacobian, looks, rows] of [
      [chain({ quadratures: count }), n, 1, 0],
      [chain({ quadratures: count, bandwidth: band }), 4 + n, 3, 0],
      [chain({ quadratures: count, bandwidth: band }, { withRows: true }), 4, 3, 1],
    ] as const) {
      calls.jvp = calls.rows = 0;
      const known = run(field, algorithm);
      expect(known.retcode).toBe("success");
      expect(steps(known)).toEqual(steps(plain));
      expect(distance(known.u[0], plain.u[0])).toBeLessThan(1e-11);
      expect([calls.jvp, calls.rows]).toEqual([perJacobian * known.stats.njac + looks, rows * known.stats.njac]);
    }
  });

  test("components may have tolerances of their own", () => {
    const abstol = Array.from(start, (_, i) => 10 ** -(5 + (i % 4)));
    for (const algorithm of [algorithms.fbdf(), algorithms.radauIIA5(), algorithms.rodas5P()]) {
      const [plain, known] = [run(chain({}), algorithm, abstol), run(chain({ quadratures: count, bandwidth: band }), algorithm, abstol)];
      expect(steps(known)).toEqual(steps(plain));
      expect(distance(known.u[0], plain.u[0])).toBeLessThan(1e-11);
    }
  });

  test("without jvp, and with a mass matrix, the promise and its band are left alone", () => {
    const massMatrix = Float64Array.from({ length: (n + count) ** 2 }, (_, at) => (at % (n + count + 1) === 0 ? 2 : 0));
    const end = (field: VectorField, options = {}): OdeSolution => solve(odeProblem(field, start, [0, 1], [], options), algorithms.rodas4(), { saveAt: [1] });
    for (const [withJvp, options] of [[false, {}], [true, { massMatrix }]] as const) {
      const [plain, known] = [end(chain({}, { withJvp }), options), end(chain({ quadratures: count, bandwidth: band }, { withJvp }), options)];
      expect(known.stats).toEqual(plain.stats);
      expect(known.u).toEqual(plain.u);
    }
  });

  test("a component that depends on them is named", () => {
    const f = chain({});
    const broken = (at: number): VectorField => ({ ...f, quadratures: count, bind: (p) => ({ ...f.bind(p), jvp: (t, u, d, dp, out) => {
      f.bind(p).jvp!(t, u, d, dp, out);
      out[at] += d[n + 1];
    } }) });
    for (const at of [5, n, n + 1]) {
      expect(() => run(broken(at), algorithms.fbdf())).toThrow(expect.objectContaining({
        constructor: OdeError, code: "INVALID_ARGUMENT", message: `Cannot use quadratures: 2 as no component of the right-hand side must depend on the last 2: component ${at} does`,
      }));
    }
  });
});

test.each([["a band", { bandwidth: { lower: 1, upper: 2, order } }], ["all entries", {}]])("the matrix of %s with rows is solved as a dense one", (_name, structure) => {
  const context = { reltol: 1e-6, abstol: 1e-6 };
  const [dense, known] = [context, { ...context, ...structure, quadratures: count }].map((own) => {
    const evaluator = jacobianOf(chain({}).bind(new Float64Array(0)), n + count, own);
    const J = new Float64Array(evaluator.size);
    evaluator.evaluate(0.7, start, J);
    const slope = new Float64Array(n + count), inTime = new Float64Array(n + count);
    chain({}).bind(new Float64Array(0)).rhs(0.7, start, slope);
    evaluator.timeDerivative(0.7, 0.01, start, slope, inTime);
    const [real, re, im] = [1, 2, 3].map((by) => start.map((_, i) => Math.sin(by * i + 1)));
    const [matrix, complex] = [iterationMatrix(n + count, own), complexIterationMatrix(n + count, own)];
    expect([matrix.factor(30, J), complex.factor(20, -15, J)]).toEqual([true, true]);
    matrix.solve(real);
    complex.solve(re, im);
    return { real, re, im, inTime, norm: evaluator.norm(J, start) };
  });
  for (const key of ["real", "re", "im"] as const) expect(distance(known[key], dense[key])).toBeLessThan(1e-14);
  // The others do not depend on time, and the second integrand is t times what it is at t = 1.
  expect(known.inTime.slice(0, n + 1)).toEqual(new Float64Array(n + 1));
  expect(known.inTime[n + 1]).toBeCloseTo(start.subarray(0, n).reduce((sum, x) => sum + Math.sin(x), 0), 7);
  expect(known.norm).toBeLessThanOrEqual(dense.norm);
});
