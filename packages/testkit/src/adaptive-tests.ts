import { continuousCallback, odeProblem, presetTimeCallback, solve, vectorField, type Algorithm, type InPlaceRhs, type OdeProblem, type OdeSolution, type SolveOptions, type Structure } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { adaptiveProblems } from "./adaptive-problems.ts";
import { exactProblems, type Exact } from "./exact-problems.ts";
import { slope } from "./slope.ts";

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
  jumps(algorithm, powers.ends);
  stops(algorithm, powers.ends);
  failures(algorithm);
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

const distance = (x: ArrayLike<number>, y: ArrayLike<number>): number => Math.max(...Array.from(x, (v, i) => Math.abs(v - y[i])));
const tight: SolveOptions = { reltol: 1e-7, abstol: 1e-7, maxIters: 20_000 };

const structureOf = ({ structure }: Algorithm): { structure?: Structure } => (structure ? { structure } : {});
const problemOf = (algorithm: Algorithm, { f, u0 }: { readonly f: InPlaceRhs; readonly u0: readonly number[] }, tspan: readonly [number, number]): OdeProblem =>
  odeProblem(vectorField(f, { dim: u0.length, ...structureOf(algorithm) }), u0, tspan);
const allowedError = (power: number): number => 10 * factor * 1e-7 ** power;

function jumps(algorithm: Algorithm, power: number): void {
  const allowed = allowedError(power);

  test("starts anew after events that change the state, and where the parameters change", () => {
    // Thrown back at zero with twice the speed, and of twice the frequency from the next turning point on.
    const oscillator = vectorField((_t, u, p, du) => du.set([u[1], -p[0] * u[0]]), { dim: 2, paramCount: 1, ...structureOf(algorithm) });
    const times: number[] = [];
    const thrown = continuousCallback({
      condition: (_t, u) => u[0],
      affect: ({ t, u }) => {
        times.push(t);
        u[1] *= -2;
      },
    });
    const faster = presetTimeCallback({ times: [1.5 * Math.PI], affect: ({ p }) => void (p[0] = 4) });
    const { retcode, at } = solve(odeProblem(oscillator, [0, 1], [0, 6], [1]), algorithm, { ...tight, callback: [thrown, faster] });
    expect(retcode).toBe("success");
    expect(times.length).toBe(2);
    expect(distance(times, [Math.PI, 1.75 * Math.PI])).toBeLessThan(allowed);
    for (const t of [1, 4, 5, 5.7]) {
      const [a, b, c] = [Math.sin(t), 2 * Math.sin(t - Math.PI), 2 * Math.cos(2 * t - 3 * Math.PI)];
      const u = t < Math.PI ? a : t < 1.5 * Math.PI ? b : t < 1.75 * Math.PI ? c : 4 * Math.sin(2 * t - 3.5 * Math.PI);
      expect(Math.abs(at(t)[0] - u)).toBeLessThan(allowed);
    }
  });
}

function stops(algorithm: Algorithm, power: number): void {
  const allowed = allowedError(power);

  test("keeps its tolerance across stops at no distance from each other, and a jump of the right-hand side at one", () => {
    const { kink } = adaptiveProblems(algorithm);
    const problem = problemOf(algorithm, kink, [0, 2]);
    const options = { ...tight, tstops: [0.5, 0.5 + 1e-7, 0.5001, 1, 1.3, 1.3 + 1e-9] };
    const { t, u, retcode, stats } = solve(problem, algorithm, options);
    expect(retcode).toBe("success");
    for (const stop of options.tstops) expect(t).toContain(stop);
    t.forEach((time, i) => expect(Math.abs(u[i][0] - kink.exact(time))).toBeLessThan(allowed));
    const plain = solve(problem, algorithm, { ...tight, tstops: [1] }).stats;
    expect(stats.nf).toBeLessThan(2 * plain.nf + 400);
  });
}

function failures(algorithm: Algorithm): void {
  const { blowUp, root, notFinite, wide, scales } = adaptiveProblems(algorithm);

  test("ends at a blow-up with what came before", () => {
    const solution = solve(problemOf(algorithm, blowUp, [0, 2]), algorithm, { reltol: 1e-4, abstol: 1e-4, saveAt: [0.5, 0.9, 1.5], maxIters: 20_000 });
    expect(["dtLessThanMin", "nonFinite"]).toContain(solution.retcode);
    expect([...solution.t]).toEqual([0.5, 0.9]);
  });

  test("takes a shorter step where the right-hand side or its value is not finite", () => {
    const solution = solve(problemOf(algorithm, root, [0, 0.9]), algorithm, { ...tight, dt: 5 });
    expect(solution.retcode).toBe("success");
    expect(solution.u.at(-1)![0]).toBeCloseTo(root.exact(0.9), 3);
    const start = solve(problemOf(algorithm, notFinite, [0, 1]), algorithm);
    expect([start.retcode, start.stats.naccept]).toEqual(["nonFinite", 0]);
  });

  test("does nothing in a span of length zero", () => {
    const { retcode, u, at } = solve(problemOf(algorithm, blowUp, [1, 1]), algorithm);
    expect([retcode, u.length, ...at(1)]).toEqual(["success", 1, ...blowUp.u0]);
  });

  test("solves systems of 10,000 components, where there is a matrix by its band", () => {
    const dim = wide.u0.length;
    const f = vectorField(wide.f, { dim, ...(algorithm.structure ? structureOf(algorithm) : { bandwidth: { lower: 0, upper: 0 } }) });
    const { retcode, u } = solve(odeProblem(f, wide.u0, [0, 1]), algorithm, { reltol: 1e-5, abstol: 1e-5, saveAt: [1], maxIters: 2000 });
    expect(retcode).toBe("success");
    expect(distance(u[0], wide.u0.map((x) => (x === 0 ? Math.sin(1) : Math.cos(1))))).toBeLessThan(5e-3);
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
