import { algorithms, odeProblem, solve, vectorField, type Algorithm, type OdeSolution, type SolveOptions, type VectorField } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { brusselatorByRodas, countedProblems, countedStarts, stiffCounts } from "./fixtures/evaluation-counts.ts";
import { stiffProblems, withoutJacobian, type StiffProblem } from "./fixtures/stiff-problems.ts";

type Name = "rosenbrock23" | "rodas4" | "rodas5P";
const problemIds = Object.keys(stiffProblems) as (keyof typeof stiffProblems)[];
const autonomous = { autonomous: true };
const make: Readonly<Record<Name, () => Algorithm>> = {
  rosenbrock23: () => algorithms.rosenbrock23(autonomous),
  rodas4: () => algorithms.rodas4(autonomous),
  rodas5P: () => algorithms.rodas5P(autonomous),
};

/** Largest error by component, each beside its own size plus `scale`. */
const relativeError = (u: ArrayLike<number>, expected: readonly number[], scale = 0): number =>
  Math.max(...expected.map((x, i) => Math.abs(u[i] - x) / (scale + Math.abs(x))));

function solveStiff({ f, u0, tspan, scale }: StiffProblem, algorithm: Algorithm, reltol: number, options: SolveOptions = {}, field: VectorField = f): OdeSolution {
  return solve(odeProblem(field, u0, tspan), algorithm, { reltol, abstol: scale * reltol, ...options });
}

/** Without a look into the steps, which costs an evaluation each. */
const endOf = (problem: StiffProblem, algorithm: Algorithm, reltol: number): OdeSolution => solveStiff(problem, algorithm, reltol, { saveAt: [problem.tspan[1]] });

/**
 * Evaluations and errors of rodas4 are those of Hairer and Wanner's RODAS code, which differs in its first steps. Errors allowed, relative at the end and scaled by the tolerances at times of dense output, in units
 * of the tolerance.
 */
const bounds: Readonly<Record<Name, { end: number; between: number; tolerances: readonly number[]; nf: Readonly<Record<keyof typeof stiffProblems, readonly number[]>> }>> = {
  rosenbrock23: {
    end: 180,
    between: 60,
    tolerances: [1e-3, 1e-5],
    nf: { vdp1e3: [403, 1620], robertson40: [105, 625], robertson1e11: [420, 2370], hires: [260, 1570] },
  },
  rodas4: {
    end: 6,
    between: 6,
    tolerances: [1e-3, 1e-5, 1e-7, 1e-9],
    nf: { vdp1e3: stiffCounts.vdp1e3.rodas, robertson40: stiffCounts.robertson40.rodas, robertson1e11: [575, 1670, 4990, 24500], hires: stiffCounts.hires.rodas },
  },
  rodas5P: {
    end: 6,
    between: 6,
    tolerances: [1e-3, 1e-5, 1e-7],
    nf: { vdp1e3: [1050, 1980, 4760], robertson40: [165, 322, 690], robertson1e11: [775, 1600, 3540], hires: [340, 900, 3260] },
  },
};

describe.each(Object.keys(bounds) as Name[])("%s against references", (name) => {
  const { end, between, tolerances, nf } = bounds[name];
  test.each(problemIds)("%s: errors in proportion to the tolerance, at known cost", (id) => {
    tolerances.forEach((tol, i) => {
      const solution = solveStiff(stiffProblems[id], make[name](), tol, { saveAt: stiffProblems[id].reference.map((r) => r.t) });
      expect(solution.retcode).toBe("success");
      stiffProblems[id].reference.forEach(({ t, u }, j) => {
        const last = t === stiffProblems[id].tspan[1];
        expect(relativeError(solution.u[j], u, last ? 0 : stiffProblems[id].scale)).toBeLessThan((last ? end : between) * tol);
      });
      expect(endOf(stiffProblems[id], make[name](), tol).stats.nf).toBeLessThanOrEqual(nf[id][i]);
      expect(solution.stats.njac).toBe(solution.stats.naccept);
      expect(solution.stats.nlu).toBe(solution.stats.naccept + solution.stats.nreject);
    });
  });
});

test("rodas4 on the Brusselator with diffusion, 64 components: errors in proportion to the tolerance, at the cost of RODAS", () => {
  const { u0, tspan } = countedStarts.brusselator1d_32;
  const end = (algorithm: Algorithm, tol: number): OdeSolution => solve(odeProblem(countedProblems.brusselator1d_32, u0, tspan), algorithm, { reltol: tol, abstol: tol, dt: 1e-6, saveAt: [tspan[1]] });
  const expected = [...end(algorithms.vern9(), 1e-12).u[0]];
  [1e-3, 1e-5, 1e-7, 1e-9].forEach((tol, i) => {
    const { u, stats } = end(make.rodas4(), tol);
    expect(relativeError(u[0], expected)).toBeLessThan(2 * tol);
    // A Jacobian by differences takes 128 more.
    expect(stats.nf - 128 * stats.njac).toBe(brusselatorByRodas[i]);
  });
});

/** Errors at the end in units of the tolerance, and evaluations at the tolerances given; a Jacobian serves several steps. */
describe("diagonally implicit methods against references", () => {
  const cases = [
    ["implicitEuler", algorithms.implicitEuler(), [1e-3], 300, { vdp1e3: [1900], robertson40: [310], robertson1e11: [1720], hires: [755] }],
    ["trbdf2", algorithms.trbdf2(), [1e-3, 1e-5], 300, { vdp1e3: [1350, 3500], robertson40: [162, 545], robertson1e11: [780, 3120], hires: [480, 1270] }],
    ["kenCarp4", algorithms.kenCarp4(), [1e-3, 1e-5, 1e-7], 130, { vdp1e3: [1700, 3330, 6150], robertson40: [187, 405, 985], robertson1e11: [835, 1700, 4100], hires: [672, 1300, 3030] }],
    ["kvaerno5", algorithms.kvaerno5(), [1e-3, 1e-5, 1e-7], 14, { vdp1e3: [2600, 4120, 7600], robertson40: [245, 443, 920], robertson1e11: [1050, 2080, 4380], hires: [835, 1620, 3680] }],
  ] as const;
  test.each(cases)("%s: errors in proportion to the tolerance, at known cost", (_name, algorithm, tolerances, error, nf) => {
    for (const id of problemIds) {
      tolerances.forEach((tol, i) => {
        const { retcode, u, stats } = endOf(stiffProblems[id], algorithm, tol);
        expect(retcode).toBe("success");
        expect(relativeError(u.at(-1)!, stiffProblems[id].reference.at(-1)!.u), id).toBeLessThan(error * tol);
        expect(stats.nf, id).toBeLessThanOrEqual(nf[id][i]);
        expect(stats.njac, id).toBeLessThan(stats.nlu);
      });
    }
  });
});

/** Errors allowed at the end, in units of the tolerance. */
describe("radauIIA5 against references", () => {
  const tolerances = [1e-3, 1e-5, 1e-7, 1e-9];
  test.each([["vdp1e3", 60], ["robertson40", 0.1], ["robertson1e11", 0.1], ["hires", 15]] as const)("%s: errors in proportion to the tolerance, at the cost of RADAU5", (id, error) => {
    const nf = stiffCounts[id].radau5;
    tolerances.forEach((tol, i) => {
      const { retcode, u, stats } = endOf(stiffProblems[id], algorithms.radauIIA5(), tol);
      expect(retcode).toBe("success");
      expect(relativeError(u.at(-1)!, stiffProblems[id].reference.at(-1)!.u)).toBeLessThan(error * tol);
      // RADAU5 carries a rate of convergence from one step to the next (see newton-cascades.test.ts).
      expect(stats.nf / nf[i]).toBeLessThan(1.07);
      expect(stats.nf / nf[i]).toBeGreaterThan(i === 0 ? 0.88 : 0.95);
      expect(stats.njac).toBeLessThan(stats.nlu);
    });
  });

  test("dense output between the steps has errors in proportion to the tolerance", () => {
    for (const id of ["vdp1e3", "robertson40"] as const) {
      const solution = solveStiff(stiffProblems[id], algorithms.radauIIA5(), 1e-6);
      for (const { t, u } of stiffProblems[id].reference) expect(relativeError(solution.at(t), u, stiffProblems[id].scale)).toBeLessThan(20e-6);
    }
  });

  test("an inexact Jacobian costs little", () => {
    const problem = stiffProblems.robertson1e11;
    const { u, stats } = solveStiff(problem, algorithms.radauIIA5(), 1e-6, {}, withoutJacobian(problem));
    expect(relativeError(u.at(-1)!, problem.reference[0].u)).toBeLessThan(0.1e-6);
    expect(stats.nf - 6 * stats.njac).toBeLessThan(1.02 * solveStiff(problem, algorithms.radauIIA5(), 1e-6).stats.nf);
  });
});

describe("Rosenbrock methods on Robertson's problem to 1e11 without a Jacobian", () => {
  test.each(["rodas4", "rodas5P"] as const)("%s: as accurate and in as many steps as with the exact one", (name) => {
    const problem = stiffProblems.robertson1e11;
    for (const tol of [1e-3, 1e-6, 1e-9]) {
      const exact = solveStiff(problem, make[name](), tol);
      const differences = solveStiff(problem, make[name](), tol, {}, withoutJacobian(problem));
      expect(differences.retcode).toBe("success");
      expect(relativeError(differences.u.at(-1)!, problem.reference[0].u)).toBeLessThan(0.7 * tol);
      expect(differences.stats.naccept).toBeLessThanOrEqual(1.01 * exact.stats.naccept);
      expect(Math.abs(differences.u.at(-1)!.reduce((sum, x) => sum + x, 0) - 1)).toBeLessThan(1e-12);
    }
  });
});

describe("mass matrices", () => {
  const dae = vectorField((_t, u, _p, du) => {
    du[0] = -0.04 * u[0] + 1e4 * u[1] * u[2];
    du[1] = 0.04 * u[0] - 1e4 * u[1] * u[2] - 3e7 * u[1] * u[1];
    du[2] = u[0] + u[1] + u[2] - 1;
  }, { dim: 3 });

  const methods = { ...make, radauIIA5: () => algorithms.radauIIA5({ newtonTolerance: 1e-6 }) };
  const names = Object.keys(methods) as (keyof typeof methods)[];

  test.each(names)("%s solves Robertson's problem with its conservation law as an algebraic equation", (name) => {
    const { u0, tspan, reference, scale } = stiffProblems.robertson40;
    const tol = name === "rosenbrock23" ? 1e-5 : 1e-7;
    const problem = odeProblem(dae, u0, tspan, [], { massMatrix: [1, 0, 0, 0, 1, 0, 0, 0, 0] });
    const solution = solve(problem, methods[name](), { reltol: tol, abstol: scale * tol });
    expect(solution.retcode).toBe("success");
    for (const { t, u } of reference) expect(relativeError(solution.at(t), u)).toBeLessThan((name === "rodas4" ? bounds.rodas4.between : 4) * tol);
    // Not stiffly accurate, it keeps the law as well as its Jacobian, here of differences, is known.
    const law = name === "rosenbrock23" ? 1e-10 : 1e-11;
    for (const u of solution.u) expect(Math.abs(u[0] + u[1] + u[2] - 1)).toBeLessThan(law);
  });

  test.each(names)("%s solves M du/dt = f(t, u) with a full M", (name) => {
    // u = (sin t, exp(-t)) and M = [[2, 1], [1, 3]].
    const f = vectorField((t, u, _p, du) => {
      du[0] = 2 * Math.cos(t) - u[1] + 5 * (Math.sin(t) - u[0]);
      du[1] = Math.cos(t) - 3 * Math.exp(-t) + u[0] - Math.sin(t);
    }, { dim: 2 });
    const algorithm = name === "radauIIA5" ? methods[name]() : algorithms[name]();
    const problem = odeProblem(f, [0, 1], [0, 2], [], { massMatrix: [2, 1, 1, 3] });
    const errors = [0.1, 0.05, 0.025].map((dt) => {
      const { u } = solve(problem, algorithm, { adaptive: false, dt });
      return Math.hypot(u.at(-1)![0] - Math.sin(2), u.at(-1)![1] - Math.exp(-2));
    });
    expect(Math.log2(errors[1] / errors[2])).toBeGreaterThan(algorithm.order - 0.2);
    const adaptive = solve(problem, algorithm, { reltol: 1e-6, abstol: 1e-6 }).u.at(-1)!;
    expect(Math.abs(adaptive[0] - Math.sin(2))).toBeLessThan(name === "rosenbrock23" ? 5e-5 : 1e-6);
  });

  test.each(["rosenbrock23", "rodas4", "rodas5P", "radauIIA5"] as const)("%s: a matrix that stays singular ends the solve and is no solution", (name) => {
    const f = vectorField((_t, u, _p, du) => du.set([-u[0], 1]), { dim: 2 });
    const solution = solve(odeProblem(f, [1, 0], [0, 1], [], { massMatrix: [1, 0, 0, 0] }), algorithms[name]());
    expect([solution.retcode, solution.u.length]).toEqual(["initialFailure", 1]);
  });
});
