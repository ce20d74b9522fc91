import { solve, type Algorithm, type OdeSolution } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { adaptiveProblems } from "./adaptive-problems.ts";
import { exactProblems, type Exact } from "./exact-problems.ts";
import { slope } from "./slope.ts";
import { distance, problemOf, solveTests } from "./solve-tests.ts";

/** As which powers of the tolerance the errors of whole solves go down. */
export interface AdaptivePowers {
  /** Errors at the ends of steps. */
  readonly ends: number;
  /** Errors of dense output. */
  readonly between: number;
}

/** Errors may be this many times the power of the tolerance. */
const factor = 200;
const tolerances = [1e-4, 1e-5, 1e-6, 1e-7];

/** Error-controlled solves: what a step alone cannot show, and all there is to show of a method that chooses its order. */
export function adaptiveTests(algorithm: Algorithm, powers: AdaptivePowers): void {
  for (const problem of exactProblems(algorithm)) {
    for (const [t0, t1] of [[0.2, 4.2], [4.2, 0.2]] as const) {
      test(`meets its tolerances on ${problem.name} from ${t0} to ${t1}, at steps and between`, () => {
        const errors = tolerances.map((tol) => {
          const solution = solve(problemOf(algorithm, { f: problem.f, u0: problem.u(t0) }, [t0, t1]), algorithm, { reltol: tol, abstol: tol, maxIters: 20_000 });
          expect(solution.retcode).toBe("success");
          const [ends, between] = errorsOf(solution, problem);
          expect(between).toBeLessThan(4 * ends + factor * tol ** powers.between);
          return ends;
        });
        errors.forEach((error, i) => expect(error).toBeLessThan(factor * tolerances[i] ** powers.ends));
        expect(slope(tolerances, errors)).toBeGreaterThan(0.65 * powers.ends);
        expect(slope(tolerances, errors)).toBeLessThan(1.35 * powers.ends);
      });
    }
  }
  const allowed = 10 * factor * tight.reltol ** powers.ends;
  kink(algorithm, allowed);
  solveTests(algorithm, { name: "error control", options: tight, allowed, coarse: { reltol: 1e-5, abstol: 1e-5, maxIters: 20_000 }, coarseAllowed: 5e-3 });
  rejections(algorithm);
  if (algorithm.startOrder !== undefined) orders(algorithm, algorithm.startOrder);
}

/** Largest error at the ends of steps, and inside of them. */
function errorsOf({ t, u, at }: OdeSolution, problem: Exact): [number, number] {
  let [ends, between] = [0, 0];
  t.forEach((time, i) => {
    ends = Math.max(ends, distance(u[i], problem.u(time)));
    if (i === 0) return;
    for (const theta of [0.25, 0.5, 0.75]) {
      const inside = t[i - 1] + theta * (time - t[i - 1]);
      between = Math.max(between, distance(at(inside), problem.u(inside)));
    }
  });
  return [ends, between];
}

const tight = { reltol: 1e-7, abstol: 1e-7, maxIters: 20_000 };

function kink(algorithm: Algorithm, allowed: number): void {
  test("keeps its tolerance across stops, at one of which the right-hand side jumps", () => {
    const { kink: { f, u0, exact } } = adaptiveProblems(algorithm);
    const { t, u, retcode } = solve(problemOf(algorithm, { f, u0 }, [0, 2]), algorithm, { ...tight, tstops: [0.5, 0.5 + 1e-7, 1, 1.3] });
    expect(retcode).toBe("success");
    t.forEach((time, i) => expect(Math.abs(u[i][0] - exact(time))).toBeLessThan(allowed));
  });

  for (const [told, tstops] of [["is a stop", [1]], ["nobody told of", []]] as const) {
    test(`keeps its tolerance over a kink of the right-hand side that ${told}`, () => {
      const { bend: { f, u0, exact } } = adaptiveProblems(algorithm);
      const { t, u, retcode } = solve(problemOf(algorithm, { f, u0 }, [0, 3]), algorithm, { ...tight, tstops });
      expect(retcode).toBe("success");
      t.forEach((time, i) => expect(Math.abs(u[i][0] - exact(time))).toBeLessThan(allowed));
    });
  }
}

function rejections(algorithm: Algorithm): void {
  const { root, scales } = adaptiveProblems(algorithm);

  test("takes a shorter step where the right-hand side is not finite", () => {
    const solution = solve(problemOf(algorithm, root, [0, 0.9]), algorithm, { ...tight, dt: 5 });
    expect(solution.retcode).toBe("success");
    expect(solution.u.at(-1)![0]).toBeCloseTo(root.exact(0.9), 3);
  });

  test("weighs components by their own tolerances", () => {
    const solved = (abstol: number | readonly number[]): OdeSolution => solve(problemOf(algorithm, scales, [0, 1]), algorithm, { abstol, reltol: 0 });
    expect(solved(scales.abstol.map(() => 1e-5)).u).toEqual(solved(1e-5).u);
    const error = ({ u }: OdeSolution): number => Math.abs(u.at(-1)![1] - scales.exact(1));
    expect(error(solved(scales.abstol))).toBeLessThan(0.1 * error(solved(1e-3)));
  });
}

function orders(algorithm: Algorithm, startOrder: number): void {
  test("raises its order where tolerances are tight", () => {
    const [, problem] = exactProblems(algorithm);
    const [loose, fine] = [1e-5, 1e-9].map((tol) => {
      const { retcode, stats } = solve(problemOf(algorithm, { f: problem.f, u0: problem.u(0.2) }, [0.2, 4.2]), algorithm, { reltol: tol, abstol: tol, maxIters: 10_000 });
      expect(retcode).toBe("success");
      return stats.naccept;
    });
    // Steps go as the tolerance to the power of -1 / (k + 1).
    const observed = 4 / Math.log10(fine / loose) - 1;
    expect(observed).toBeGreaterThan((startOrder + algorithm.order) / 2);
    expect(observed).toBeLessThan(2 * algorithm.order);
  });

  test("refuses fixed steps", () => {
    const fixed = (): OdeSolution => solve(problemOf(algorithm, adaptiveProblems(algorithm).kink, [0, 1]), algorithm, { adaptive: false, dt: 0.1 });
    expect(fixed).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });
}
