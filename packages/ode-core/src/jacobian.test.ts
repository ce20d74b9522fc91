import { expect, test } from "vitest";
import { algorithms, odeProblem, solve, vectorField } from "./index.ts";
import { jacobianOf } from "./jacobian.ts";

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
