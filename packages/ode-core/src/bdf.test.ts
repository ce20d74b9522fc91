import { expect, test } from "vitest";
import { bdf } from "./bdf.ts";
import { fbdf, odeProblem, presetTimeCallback, solve, vectorField, type VectorField } from "./index.ts";

const linear = (lambda: number): VectorField => vectorField((_t, u, _p, du) => void (du[0] = lambda * u[0]), { dim: 1, jacobian: (_t, _u, _p, J) => void (J[0] = lambda) });

test("the first step is one of implicit Euler, also where the solution dies at once", () => {
  for (const lambda of [-0.3, -20, -1e6, 0.4]) {
    const stepper = fbdf().stepper(linear(lambda).bind(new Float64Array(0)), 1, { reltol: 1e-8, abstol: 1e-8 });
    const out = new Float64Array(1);
    expect(stepper.step(0, 1, Float64Array.of(1), out)).toBe(true);
    expect(Math.abs(out[0] - 1 / (1 - lambda))).toBeLessThan(1e-9);
  }
});

test.each([
  [1, [1]],
  [2, [4 / 3, -1 / 3]],
  [3, [18 / 11, -9 / 11, 2 / 11]],
  [4, [48 / 25, -36 / 25, 16 / 25, -3 / 25]],
  [5, [300 / 137, -300 / 137, 200 / 137, -75 / 137, 12 / 137]],
])("with equal steps the formula of order %d is that of the textbooks", (order, past) => {
  const [lambda, h, tol] = [-0.7, 1 / 16, 10 ** -order];
  const { t, u } = solve(odeProblem(linear(lambda), [1], [0, 8]), bdf("bdf", order), { reltol: tol, abstol: tol, dtmax: h });
  const lead = Array.from({ length: order }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b);
  // By then the order is the highest, and the matrix has been factorised for it, so that one iteration is exact.
  for (let n = t.length - 40; n < t.length - 2; n++) {
    expect(Math.abs(t[n] - t[n - 6] - 6 * h)).toBeLessThan(1e-13);
    const sum = past.reduce((s, a, j) => s + a * u[n - 1 - j][0], 0);
    expect(Math.abs(u[n][0] - sum / (1 - (h * lambda) / lead))).toBeLessThan(1e-15);
  }
});

test("stiff components die at every order while others are followed", () => {
  const f = vectorField((t, u, _p, du) => du.set([-1e7 * (u[0] - Math.sin(t)) + Math.cos(t), -u[1]]), { dim: 2, jacobian: (_t, _u, _p, J) => J.set([-1e7, 0, 0, -1]) });
  const { u, t, stats } = solve(odeProblem(f, [1, 1], [0, 5]), fbdf(), { reltol: 1e-7, abstol: 1e-7 });
  t.forEach((time, i) => time > 1e-4 && expect(Math.hypot(u[i][0] - Math.sin(time), u[i][1] - Math.exp(-time))).toBeLessThan(1e-5));
  expect(stats.naccept).toBeLessThan(300);
});

test("a step whose equations have no solution is tried again with a quarter of its length", () => {
  // u1 = 1 + h u1^2 has no real solution for h > 1/4.
  const f = vectorField((_t, u, _p, du) => void (du[0] = u[0] * u[0]), { dim: 1 });
  const { retcode, stats, u } = solve(odeProblem(f, [1], [0, 0.9]), fbdf(), { dt: 0.89, reltol: 1e-7, abstol: 1e-7 });
  expect(retcode).toBe("success");
  expect(stats.nreject).toBeGreaterThan(0);
  expect(Math.abs(u.at(-1)![0] - 10)).toBeLessThan(1e-3);
});

test("begins anew with short steps after an event, and not where nothing jumped", () => {
  const lengths: number[] = [];
  const steps = solve(odeProblem(linear(-1), [1], [0, 4]), fbdf(), {
    onStep: (_t, h) => void lengths.push(h),
    callback: [presetTimeCallback({ times: [1], affect: ({ u }) => void (u[0] += 1) }), presetTimeCallback({ times: [3], affect: () => {} })],
  });
  const at = (time: number): number => [...steps.t].lastIndexOf(time);
  expect(steps.retcode).toBe("success");
  const after = (time: number): number => steps.t[at(time) + 1] - time;
  const before = (time: number): number => time - steps.t[[...steps.t].indexOf(time) - 1];
  expect(after(1)).toBeLessThan(0.1 * before(1));
  expect(after(3)).toBeGreaterThan(0.4 * before(3));
  expect(lengths.length).toBe(steps.stats.naccept);
});

test("of an index-1 problem, algebraic components that follow others many times over are seen: the transistor amplifier", () => {
  const [Ub, Uf, alpha, beta, R0, R] = [6, 0.026, 0.99, 1e-6, 1000, 9000];
  const current = (u: number): number => beta * Math.expm1(u / Uf);
  const f = vectorField((t, u, _p, du) => {
    const [first, second] = [current(u[1] - u[2]), current(u[4] - u[5])];
    du[0] = (u[0] - 0.1 * Math.sin(200 * Math.PI * t)) / R0;
    du[1] = (2 * u[1] - Ub) / R + (1 - alpha) * first;
    du[2] = u[2] / R - first;
    du[3] = (u[3] - Ub) / R + alpha * first;
    du[4] = (2 * u[4] - Ub) / R + (1 - alpha) * second;
    du[5] = u[5] / R - second;
    du[6] = (u[6] - Ub) / R + alpha * second;
    du[7] = u[7] / R;
  }, { dim: 8 });
  const massMatrix = new Float64Array(64);
  for (const [i, j, capacity] of [[0, 1, 1e-6], [2, 2, 2e-6], [3, 4, 3e-6], [5, 5, 4e-6], [6, 7, 5e-6]]) {
    massMatrix[9 * i] = massMatrix[9 * j] = -capacity;
    if (i !== j) massMatrix[8 * i + j] = massMatrix[8 * j + i] = capacity;
  }
  const { u, retcode, stats } = solve(odeProblem(f, [0, 3, 3, 6, 3, 3, 6, 0], [0, 0.2], [], { massMatrix }), fbdf(), { reltol: 1e-7, abstol: 1e-7, saveAt: [0.2] });
  expect(retcode).toBe("success");
  // Mazzia, Magherini, Test Set for Initial Value Problem Solvers (2008), II-3.
  const expected = [-0.5562145012262709e-2, 0.3006522471903042e1, 0.2849958788608128e1, 0.2926422536206241e1, 0.2704617865010554e1, 0.2761837778393145e1, 0.4770927631616772e1, 0.1236995868091548e1];
  expected.forEach((x, i) => expect(Math.abs(u[0][i] - x)).toBeLessThan(1e-6));
  // Far fewer than where the next longer step is found to be wrong each time: 36,000 are rejected then.
  expect(stats.naccept).toBeLessThan(12_000);
  expect(stats.nreject).toBeLessThan(1000);
});
