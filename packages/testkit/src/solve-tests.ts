import { continuousCallback, odeProblem, presetTimeCallback, solve, vectorField, type Algorithm, type InPlaceRhs, type OdeProblem, type SolveOptions, type Structure } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { adaptiveProblems } from "./adaptive-problems.ts";
import { exactProblems } from "./exact-problems.ts";

/** A way in which an algorithm solves. */
export interface Way {
  readonly name: string;
  readonly options: SolveOptions;
  /** Largest error that is allowed, at the ends of steps and between. */
  readonly allowed: number;
  /** For less accuracy, and what is then allowed. */
  readonly coarse: SolveOptions;
  readonly coarseAllowed: number;
}

export const distance = (x: ArrayLike<number>, y: ArrayLike<number>): number => Math.max(...Array.from(x, (v, i) => Math.abs(v - y[i])));

const structureOf = ({ structure }: Algorithm): { structure?: Structure } => (structure ? { structure } : {});
export const problemOf = (algorithm: Algorithm, { f, u0 }: { readonly f: InPlaceRhs; readonly u0: readonly number[] }, tspan: readonly [number, number]): OdeProblem =>
  odeProblem(vectorField(f, { dim: u0.length, ...structureOf(algorithm) }), u0, tspan);

/** Whole solves in one way: events, stops, times that are saved, what is not finite, and sizes. */
export function solveTests(algorithm: Algorithm, way: Way): void {
  describe(`solves with ${way.name}`, () => {
    jumps(algorithm, way);
    stops(algorithm, way);
    savedTimes(algorithm, way);
    failures(algorithm, way);
    sizes(algorithm, way);
  });
}

function jumps(algorithm: Algorithm, { options, allowed }: Way): void {
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
    const { retcode, at } = solve(odeProblem(oscillator, [0, 1], [0, 6], [1]), algorithm, { ...options, callback: [thrown, faster] });
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

function stops(algorithm: Algorithm, { options, allowed }: Way): void {
  test("keeps its accuracy across stops at no distance from each other", () => {
    const [problem] = exactProblems(algorithm);
    const given = problemOf(algorithm, { f: problem.f, u0: problem.u(0.2) }, [0.2, 1.7]);
    const tstops = [0.5, 0.5 + 1e-7, 0.5001, 1, 1.3, 1.3 + 1e-9];
    const { t, u, retcode, stats } = solve(given, algorithm, { ...options, tstops });
    expect(retcode).toBe("success");
    for (const stop of tstops) expect(t).toContain(stop);
    expect(Math.max(...Array.from(t, (time, i) => distance(u[i], problem.u(time))))).toBeLessThan(allowed);
    expect(stats.nf).toBeLessThan(2 * solve(given, algorithm, options).stats.nf + 400);
  });
}

function savedTimes(algorithm: Algorithm, { options, allowed }: Way): void {
  const [problem] = exactProblems(algorithm);
  const forwards: readonly [saveAt: number | number[], times: number[]][] = [
    [0.3, [0.2, 0.5, 0.8, 1.1, 1.3]],
    [0.55, [0.2, 0.75, 1.3]],
    [5, [0.2, 1.3]],
    ...[[0.2, 0.21, 0.4, 0.4, 0.9999, 1.3], [0.2], [1.3], [0.7, 0.7001, 0.9]].map((list): [number[], number[]] => [list, list]),
  ];
  const backwards = forwards.map(([saveAt, times]): [number | number[], number[]] => {
    // By their distance from the start.
    const mirrored = times.map((t) => 1.5 - t);
    return [typeof saveAt === "number" ? saveAt : mirrored, mirrored];
  });

  test.each([["forwards", 0.2, 1.3, forwards], ["backwards", 1.3, 0.2, backwards]] as const)("saves at the times asked for what dense output has there, %s", (_name, t0, t1, patterns) => {
    const given = problemOf(algorithm, { f: problem.f, u0: problem.u(t0) }, [t0, t1]);
    const whole = solve(given, algorithm, { ...options, dense: true });
    // Some methods check their dense output where it is looked at, and may take shorter steps then.
    const ends = solve(given, algorithm, { ...options, saveAt: [t1] }).stats.naccept;
    expect(ends).toBeLessThanOrEqual(whole.stats.naccept);
    expect([whole.retcode, whole.t[0], whole.t.at(-1)]).toEqual(["success", t0, t1]);
    for (const [saveAt, times] of patterns) {
      const { retcode, t, u, stats } = solve(given, algorithm, { ...options, saveAt });
      const isEnds = t.every((time) => time === t0 || time === t1);
      expect([retcode, stats.naccept, t.length, u.length]).toEqual(["success", isEnds ? ends : whole.stats.naccept, times.length, times.length]);
      t.forEach((time, i) => {
        expect(Math.abs(time - times[i])).toBeLessThan(4e-16);
        // Times are rounded differently where the slope at the end of a step is kept for dense output.
        if (!isEnds || ends === whole.stats.naccept) expect(distance(u[i], whole.at(time))).toBeLessThan(1e-13);
        expect(distance(u[i], problem.u(time))).toBeLessThan(allowed);
        if (time === t0) expect(u[i]).toEqual(given.u0);
      });
    }
  });
}

function failures(algorithm: Algorithm, { options, allowed, coarse }: Way): void {
  const { blowUp, notFinite, kink } = adaptiveProblems(algorithm);

  test("ends at a blow-up with what came before", () => {
    const isFixed = options.adaptive === false;
    const before = isFixed ? [0.3, 0.5] : [0.5, 0.9];
    const { retcode, t, stats } = solve(problemOf(algorithm, blowUp, [0, 2]), algorithm, { ...(isFixed ? options : coarse), saveAt: [...before, 1.9] });
    // Fixed steps with a matrix may pass the pole, to the solution on its other side.
    if (retcode === "success") expect([isFixed, stats.njac > 0]).toEqual([true, true]);
    else {
      expect(["dtLessThanMin", "nonFinite", ...(isFixed ? ["stepFailed"] : [])]).toContain(retcode);
      expect([...t]).toEqual(before);
    }
  });

  test("ends where the right-hand side is not finite, with what came before", () => {
    const start = solve(problemOf(algorithm, notFinite, [0, 1]), algorithm, options);
    expect([start.retcode, start.stats.naccept]).toEqual(["nonFinite", 0]);
    // At no multiple of a step; the slope at the end of a step may be that of the next one.
    const [last, reach] = [Math.SQRT1_2, options.dt ?? 0.05];
    const f: InPlaceRhs = (t, u, p, du) => (t < last ? kink.f(t, u, p, du) : du.fill(NaN));
    const later = solve(problemOf(algorithm, { f, u0: kink.u0 }, [0, 1]), algorithm, options);
    expect(later.retcode).toBe("nonFinite");
    expect(later.t.at(-1)).toBeGreaterThan(last - 2 * reach);
    expect(later.t.at(-1)).toBeLessThan(last + reach);
    expect(Math.max(...Array.from(later.t, (time, i) => Math.abs(later.u[i][0] - kink.exact(time))))).toBeLessThan(allowed);
  });

  test("does nothing in a span of length zero", () => {
    const { retcode, u, at, stats } = solve(problemOf(algorithm, blowUp, [1, 1]), algorithm, options);
    expect([retcode, u.length, stats.naccept, ...at(1)]).toEqual(["success", 1, 0, ...blowUp.u0]);
  });
}

function sizes(algorithm: Algorithm, { coarse, coarseAllowed }: Way): void {
  test("solves systems of 10,000 components, where there is a matrix by its band", () => {
    const { wide } = adaptiveProblems(algorithm);
    const dim = wide.u0.length;
    const f = vectorField(wide.f, { dim, ...(algorithm.structure ? structureOf(algorithm) : { bandwidth: { lower: 0, upper: 0 } }) });
    const { retcode, u } = solve(odeProblem(f, wide.u0, [0, 1]), algorithm, { ...coarse, saveAt: [1], maxIters: 2000 });
    expect(retcode).toBe("success");
    const error = distance(u[0], wide.u0.map((x) => (x === 0 ? Math.sin(1) : Math.cos(1))));
    expect(error).toBeLessThan(coarseAllowed);
  });
}
