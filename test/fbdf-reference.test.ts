import { continuousCallback, fbdf, odeProblem, presetTimeCallback, solve, vectorField, type OdeSolution, type VectorField } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { cvodeBdf } from "./fixtures/cvode-counts.ts";
import { stiffProblems, withoutJacobian } from "./fixtures/stiff-problems.ts";
import { workPrecision, type WorkPoint } from "./fixtures/work-precision.ts";

type Id = keyof typeof stiffProblems;
const tolerances = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9];

const relativeError = (u: ArrayLike<number>, expected: readonly number[]): number => Math.max(...expected.map((x, i) => Math.abs(u[i] - x) / Math.abs(x)));

function solveStiff(id: Id, reltol: number, f: VectorField = stiffProblems[id].f): { solution: OdeSolution; error: number } {
  const { u0, tspan, scale, reference } = stiffProblems[id];
  const solution = solve(odeProblem(f, u0, tspan), fbdf(), { reltol, abstol: scale * reltol, saveAt: [tspan[1]] });
  expect(solution.retcode).toBe("success");
  return { solution, error: relativeError(solution.u[0], reference.at(-1)!.u) };
}

describe.each(Object.keys(cvodeBdf) as Id[])("fbdf on %s", (id) => {
  test("takes at most 1.5 times the evaluations of CVODE for the same error, and a Jacobian for many steps", () => {
    const points = tolerances.map((tol): WorkPoint => {
      const { solution: { stats }, error } = solveStiff(id, tol);
      expect(stats.njac).toBeLessThan(0.15 * stats.naccept);
      expect(stats.nlu).toBeLessThan(0.4 * stats.naccept);
      return [stats.nf, error];
    });
    const [own, theirs] = [workPrecision(points), workPrecision(cvodeBdf[id])];
    for (const [, error] of cvodeBdf[id]) expect(own(error) / theirs(error)).toBeLessThan(1.5);
  });

  test("meets its tolerances as far as the problem lets a multistep method, with differences for the Jacobian too", () => {
    for (const tol of [1e-4, 1e-6, 1e-8]) {
      // Between its jumps the van der Pol oscillator keeps the error of its phase.
      const allowed = (id === "vdp1e3" ? 1000 : 300) * tol;
      const exact = solveStiff(id, tol);
      const differences = solveStiff(id, tol, withoutJacobian(stiffProblems[id]));
      expect(exact.error).toBeLessThan(allowed);
      expect(differences.error).toBeLessThan(allowed);
      expect(differences.solution.stats.naccept).toBeLessThan(1.4 * exact.solution.stats.naccept);
    }
  });
});

describe("fbdf at loose tolerances and at the limits of its stability", () => {
  test("does not step over a jump of the van der Pol oscillator", () => {
    const { f, u0, tspan, reference } = stiffProblems.vdp1e3;
    for (let exponent = 2; exponent <= 4; exponent += 1 / 8) {
      const tol = 10 ** -exponent;
      const { u } = solve(odeProblem(f, u0, tspan), fbdf(), { reltol: tol, abstol: tol, saveAt: reference.map((r) => r.t) });
      reference.forEach((r, i) => expect(Math.abs(u[i][0] / r.u[0] - 1), `${tol}`).toBeLessThan(0.35));
    }
  });

  test("lowers its order for fast oscillations that are damped, where the higher ones are unstable", () => {
    // Eigenvalues -100 +- 1000 i about (sin t, cos t).
    const f = vectorField((t, u, _p, du) => {
      const [x, y] = [u[0] - Math.sin(t), u[1] - Math.cos(t)];
      du.set([-100 * x - 1000 * y + Math.cos(t), 1000 * x - 100 * y - Math.sin(t)]);
    }, { dim: 2, jacobian: (_t, _u, _p, J) => J.set([-100, -1000, 1000, -100]) });
    for (const [tol, steps] of [[1e-3, 250], [1e-5, 600], [1e-7, 1100]]) {
      const { u, stats } = solve(odeProblem(f, [0.01, 1], [0, 20]), fbdf(), { reltol: tol, abstol: tol, dense: false });
      expect(stats.naccept).toBeLessThan(steps);
      expect(Math.abs(u.at(-1)![0] - Math.sin(20))).toBeLessThan(tol);
    }
  });

  test("works down to rounding", () => {
    const { u0, tspan, reference, f } = stiffProblems.hires;
    const { u, stats } = solve(odeProblem(f, u0, tspan), fbdf(), { reltol: 1e-13, abstol: 1e-17, saveAt: [tspan[1]] });
    expect(relativeError(u[0], reference[0].u)).toBeLessThan(5e-11);
    expect(stats.nf).toBeLessThan(7000);
  });
});

describe("fbdf with a mass matrix", () => {
  test("solves Robertson's problem with its conservation law as an algebraic equation", () => {
    const dae = vectorField((_t, u, _p, du) => {
      du[0] = -0.04 * u[0] + 1e4 * u[1] * u[2];
      du[1] = 0.04 * u[0] - 1e4 * u[1] * u[2] - 3e7 * u[1] * u[1];
      du[2] = u[0] + u[1] + u[2] - 1;
    }, { dim: 3 });
    const { u0, tspan, reference, scale } = stiffProblems.robertson40;
    const solution = solve(odeProblem(dae, u0, tspan, [], { massMatrix: [1, 0, 0, 0, 1, 0, 0, 0, 0] }), fbdf(), { reltol: 1e-7, abstol: scale * 1e-7 });
    expect(solution.retcode).toBe("success");
    for (const { t, u } of reference) expect(relativeError(solution.at(t), u)).toBeLessThan(1e-5);
    for (const u of solution.u) expect(Math.abs(u[0] + u[1] + u[2] - 1)).toBeLessThan(1e-10);
    expect(solution.stats.nf).toBeLessThan(700);
  });

  test("solves M du/dt = f(t, u) with a full M, its error going down with the tolerance", () => {
    // u = (sin t, exp(-t)) and M = [[2, 1], [1, 3]].
    const f = vectorField((t, u, _p, du) => {
      du[0] = 2 * Math.cos(t) - u[1] + 5 * (Math.sin(t) - u[0]);
      du[1] = Math.cos(t) - 3 * Math.exp(-t) + u[0] - Math.sin(t);
    }, { dim: 2 });
    for (const tol of [1e-4, 1e-6, 1e-8, 1e-10]) {
      const { t, u, at } = solve(odeProblem(f, [0, 1], [0, 2], [], { massMatrix: [2, 1, 1, 3] }), fbdf(), { reltol: tol, abstol: tol });
      t.forEach((time, i) => expect(Math.hypot(u[i][0] - Math.sin(time), u[i][1] - Math.exp(-time))).toBeLessThan(20 * tol));
      for (const time of [0.3, 0.77, 1.2345]) expect(Math.abs(at(time)[0] - Math.sin(time))).toBeLessThan(20 * tol);
    }
  });

  /** `du0/dt = -u1`, `0 = u1 - u0 - sin t` with `u0 = (exp(-t) + cos t - sin t) / 2`. */
  const driven = vectorField((t, u, _p, du) => du.set([-u[1], u[1] - u[0] - Math.sin(t)]), { dim: 2 });
  const exact = (t: number): number => (Math.exp(-t) + Math.cos(t) - Math.sin(t)) / 2;
  const drivenProblem = (u0: number[], tspan: [number, number] = [0, 5]) => odeProblem(driven, u0, tspan, [], { massMatrix: [1, 0, 0, 0] });

  test("follows an algebraic equation that depends on time, forwards and backwards, and over jumps and events", () => {
    for (const tol of [1e-4, 1e-6, 1e-8]) {
      for (const tspan of [[0, 5], [5, 0]] as [number, number][]) {
        const { t, u, retcode } = solve(drivenProblem([exact(tspan[0]), exact(tspan[0]) + Math.sin(tspan[0])], tspan), fbdf(), { reltol: tol, abstol: tol });
        expect(retcode).toBe("success");
        // Backwards errors grow by exp(5).
        const allowed = tspan[0] === 0 ? 30 * tol : 3000 * tol;
        t.forEach((time, i) => expect(Math.abs(u[i][0] - exact(time)) + Math.abs(u[i][1] - exact(time) - Math.sin(time))).toBeLessThan(allowed));
      }
    }
    const options = { reltol: 1e-7, abstol: 1e-7 };
    const jumped = solve(drivenProblem([1, 1]), fbdf(), { ...options, callback: presetTimeCallback({ times: [2], affect: ({ u }) => void ((u[0] += 1), (u[1] += 1)) }) });
    expect(Math.abs(jumped.u.at(-1)![0] - exact(5) - Math.exp(-3))).toBeLessThan(3e-6);
    let zero = NaN;
    solve(drivenProblem([1, 1]), fbdf(), { ...options, callback: continuousCallback({ condition: (_t, u) => u[0], affect: ({ t }) => void (zero = t), terminal: true }) });
    expect(Math.abs(exact(zero))).toBeLessThan(1e-6);
  });

  test("a singular pencil gives no solution", () => {
    const singular = vectorField((_t, u, _p, du) => du.set([-u[0], 1]), { dim: 2 });
    const { retcode, u } = solve(odeProblem(singular, [1, 0], [0, 1], [], { massMatrix: [1, 0, 0, 0] }), fbdf());
    expect([retcode, u.length]).toEqual(["initialFailure", 1]);
  });
});
