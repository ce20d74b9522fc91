import { expect, test } from "vitest";
import { algorithms, odeProblem, solve, vectorField } from "./index.ts";
import { jacobianOf } from "./jacobian.ts";
import { matrixLayout } from "./linear-algebra/matrix-layout.ts";

const context = { reltol: 1e-6, abstol: 1e-9 };

test("differences hold for states of any size, down to the end of the range of numbers", () => {
  const f = vectorField((_t, u, _p, out) => void (out[0] = -3e5 * u[0]), { dim: 1 }).bind(new Float64Array(0));
  const J = new Float64Array(1);
  for (const u of [0, 5e-324, 1e-310, 1e-200, 1e-9, 1, 1e150]) {
    jacobianOf(f, 1, context).evaluate(0, Float64Array.of(u), J);
    expect(Math.abs(J[0] / -3e5 - 1)).toBeLessThan(1e-8);
  }
});

test("a stiff decay is solved down to zero without a Jacobian", () => {
  const problem = odeProblem((_t, u, _p, out) => void (out[0] = -1e6 * u[0]), [1], [0, 1]);
  for (const name of ["rosenbrock23", "rodas4", "rodas5P", "trbdf2"] as const) {
    const { retcode, u } = solve(problem, algorithms[name](), { dtmax: 1 / 2000 });
    expect(retcode).toBe("success");
    expect(Math.abs(u.at(-1)![0])).toBeLessThan(1e-300);
  }
});

test("the norm is that of the rows of the matrix in the units of the tolerances, and bounds the eigenvalues", () => {
  // Eigenvalues of [[0, 1e6], [-1, 0]]: +-1e3 i.
  const J = Float64Array.of(0, 1e6, -1, 0);
  const f = { rhs: (): void => {} };
  const norm = (u: readonly number[], abstol: number): number => jacobianOf(f, 2, { reltol: 1e-6, abstol }).norm(J, Float64Array.from(u));
  expect(norm([1, 1], 0)).toBeCloseTo(1e6, 4);
  expect(norm([1e3, 1], 0)).toBeCloseTo(1e3, 9);
  expect(norm([0, 0], 1e-9)).toBeCloseTo(1e6, 4);
});

test("in a band it is that of the same matrix", () => {
  const n = 7;
  const bandwidth = { lower: 1, upper: 2 };
  const f = vectorField((_t, u, _p, out) => out.forEach((_, i) => void (out[i] = (i + 1) * u[i] - 3 * (u[i - 1] ?? 0) + 0.5 * (u[i + 2] ?? 0))), { dim: n }).bind(new Float64Array(0));
  const u = Float64Array.from({ length: n }, (_, i) => Math.sin(i + 1));
  const norms = [{}, { bandwidth }].map((band) => {
    const evaluator = jacobianOf(f, n, { ...context, ...band });
    const values = new Float64Array(evaluator.size);
    evaluator.evaluate(0, u, values);
    return evaluator.norm(values, u);
  });
  expect(Math.abs(norms[1] / norms[0] - 1)).toBeLessThan(1e-8);
});

/** Robertson's problem, the last equation of which is that of the whole, with its Jacobian. */
const robertson = vectorField((_t, u, _p, du) => du.set([-0.04 * u[0] + 1e4 * u[1] * u[2], 0.04 * u[0] - 1e4 * u[1] * u[2] - 3e7 * u[1] ** 2, u[0] + u[1] + u[2] - 1]), { dim: 3 });
const exact = ([, v, w]: readonly number[]): number[] => [-0.04, 1e4 * w, 1e4 * v, 0.04, -1e4 * w - 6e7 * v, -1e4 * v, 1, 1, 1];

test.each<[string, { reltol: number; abstol: number; abstols?: Float64Array }]>([
  ["one tolerance", { reltol: 1e-3, abstol: 1e-14 }],
  ["one for each component", { reltol: 1e-2, abstol: 1e-14, abstols: Float64Array.of(1e-8, 1e-14, 1e-6) }],
])("no entry is lost beside the other terms of its equation, nor taken from far away where it is not: %s", (_name, tolerances) => {
  const J = new Float64Array(9);
  for (const u of [[1, 0, 0], [1, 2.6e-9, 4e-12], [1 - 1e-6, 1e-6, 1e-13], [0.98, 3e-5, 0.02], [0.98, 1e-11, 0.02], [2e-8, 8e-14, 1]]) {
    jacobianOf(robertson.bind(new Float64Array(0)), 3, { ...tolerances }).evaluate(0, Float64Array.from(u), J);
    exact(u).forEach((x, at) => {
      const row = exact(u).slice(3 * Math.floor(at / 3), 3 * Math.floor(at / 3) + 3);
      expect(Math.abs(J[at] - x)).toBeLessThan(1e-3 * Math.max(...row.map(Math.abs)));
    });
  }
  // A saturation below what others are measured by: seen as steep as it is.
  const steep = vectorField((_t, u, _p, du) => du.set([-u[0], u[1] / (1e-11 + Math.abs(u[1])) - u[0]]), { dim: 2 });
  const small = new Float64Array(4);
  jacobianOf(steep.bind(new Float64Array(0)), 2, { ...tolerances, abstols: Float64Array.of(1e-14, 1e-14) }).evaluate(0, Float64Array.of(1, 1e-12), small);
  expect(Math.abs(small[3] / (1e-11 / 1.1e-11 ** 2) - 1)).toBeLessThan(1e-3);
});

test("an increment that is lost in one equation only is enlarged for that one, in bands, too", () => {
  const n = 12;
  const rhs = (u: Float64Array, i: number): number => (i % 2 === 0 ? u[i] + (u[i + 1] ?? 0) - 1 : -1e6 * u[i] ** 3 - 1e3 * u[i]);
  const f = vectorField((_t, u, _p, du) => du.forEach((_, i) => void (du[i] = rhs(u, i))), { dim: n });
  const u = Float64Array.from({ length: n }, (_, i) => (i % 2 === 0 ? 1 : 1e-15 * i));
  for (const band of [{}, { bandwidth: { lower: 0, upper: 1 } }]) {
    const evaluator = jacobianOf(f.bind(new Float64Array(0)), n, { reltol: 1e-3, abstol: 1e-14, ...band });
    const J = new Float64Array(evaluator.size);
    evaluator.evaluate(0, u, J);
    const { rowStep, shift } = matrixLayout(n, { reltol: 1e-3, abstol: 1e-14, ...band });
    for (let i = 0; i < n; i++) {
      expect(Math.abs(J[i * rowStep + i + shift] / (i % 2 === 0 ? 1 : -1e3) - 1)).toBeLessThan(1e-6);
      if (i % 2 === 0) expect(Math.abs(J[i * rowStep + i + 1 + shift] - 1)).toBeLessThan(1e-6);
    }
  }
});

// SUNDIALS, example idaRoberts_dns: 1e-2 and 1e-3 in the place of its 1e-4. The end is that of SciPy on the three differential equations: Radau at rtol 1e-12.
test.each(["rosenbrock23", "rodas4", "rodas5P", "radauIIA5", "fbdf"] as const)("%s solves a conservation law without a Jacobian, and is not told that its index is above 1", (name) => {
  for (const reltol of [1e-2, 1e-3]) {
    const abstol = [1e-8, 1e-14, 1e-6];
    const { retcode, u } = solve(odeProblem(robertson, [1, 0, 0], [0, 4000], [], { massMatrix: [1, 0, 0, 0, 1, 0, 0, 0, 0] }), algorithms[name](), { reltol, abstol, saveAt: [4000] });
    expect(retcode).toBe("success");
    [0.18320225777671, 8.942371252776e-7, 0.81679684798617].forEach((x, i) => expect(Math.abs(u[0][i] - x)).toBeLessThan(10 * (abstol[i] + reltol * x)));
  }
});
