import { describe, expect, test } from "vitest";
import { algorithms, fbdf, init, kvaerno5, odeProblem, radauIIA5, rk4, rodas5P, solve, tsit5, vcabm, vectorField, vern9, type Algorithm, type InPlaceRhs, type Integrator, type SolveOptions } from "./index.ts";

const decay: InPlaceRhs = (_t, u, _p, out) => void (out[0] = -u[0]);
const rotation: InPlaceRhs = (t, u, _p, out) => {
  out[0] = -t * u[1];
  out[1] = t * u[0];
};
const problem = odeProblem(rotation, [1, 0], [0, 3]);
const both: [Algorithm, SolveOptions][] = [[tsit5(), { reltol: 1e-8 }], [rk4(), { dt: 0.07 }]];
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe("stepping by hand", () => {
  test.each(both)("%# gives what solve gives, step by step", (algorithm, options) => {
    const integrator = init(problem, algorithm, options);
    const { t, u, stats } = solve(problem, algorithm, options);
    expect([integrator.t, [...integrator.u], integrator.done, integrator.retcode]).toEqual([0, [1, 0], false, undefined]);
    for (let i = 1; i < t.length; i++) {
      expect(integrator.step()).toBe(true);
      expect([integrator.t, integrator.u, integrator.stats.naccept]).toEqual([t[i], u[i], i]);
    }
    expect([integrator.done, integrator.retcode, integrator.step(), integrator.t]).toEqual([true, "success", false, 3]);
    expect(integrator.solution().u).toEqual(u);
    expect(integrator.stats).toEqual(stats);
  });

  test.each(both)("%# in a for loop", (algorithm, options) => {
    const times: number[] = [];
    const integrator = init(problem, algorithm, options);
    for (const { t } of integrator) times.push(t);
    expect([0, ...times]).toEqual([...solve(problem, algorithm, options).t]);
    expect([integrator.done, [...integrator]]).toEqual([true, []]);
  });

  test("the solution so far ends where the steps end, and does not grow with later steps", () => {
    const integrator = init(problem, rk4(), { dt: 0.5 });
    integrator.step();
    const { t, u, retcode, message, at } = integrator.solution();
    integrator.step();
    expect([[...t], u.length, retcode]).toEqual([[0, 0.5], 2, "aborted"]);
    expect(message).toContain("t = 0.5");
    expect(at(0.5)).toEqual(u[1]);
    expect(() => at(0.6)).toThrow(code("OUT_OF_RANGE"));
    integrator.run();
    expect(integrator.retcode).toBe("success");
  });

  test.each(both)("%# reinit starts anew, from another state and time, backwards as well", (algorithm, options) => {
    const integrator = init(problem, algorithm, options);
    for (let i = 0; i < 5; i++) integrator.step();
    integrator.reinit();
    integrator.run();
    const again = solve(problem, algorithm, options);
    expect([integrator.solution().u, integrator.stats]).toEqual([again.u, again.stats]);
    for (const t0 of [1, 5]) {
      integrator.reinit([0, 2], t0);
      expect([integrator.t, [...integrator.u], integrator.done]).toEqual([t0, [0, 2], false]);
      integrator.run();
      const other = solve(odeProblem(rotation, [0, 2], [t0, 3]), algorithm, options);
      expect([integrator.solution().t, integrator.solution().u, integrator.stats]).toEqual([other.t, other.u, other.stats]);
    }
    expect(() => integrator.reinit([1])).toThrow(code("SHAPE_MISMATCH"));
    expect(() => integrator.reinit([NaN, 1])).toThrow(code("NON_FINITE"));
  });

  test("state and parameters are not written by hand; reinit goes on from another state as a new solve does", () => {
    const falling = odeProblem((_t, u, p, out) => void (out[0] = -p[0] * u[0]), [1], [0, 10], [1]);
    const integrator = init(falling, tsit5());
    integrator.step();
    integrator.step();
    const { t } = integrator;
    // @ts-expect-error: the next step would go on with the slope at the state before.
    const writeState = (): void => void (integrator.u[0] = 5);
    // @ts-expect-error: what is solved is bound to parameters of its own.
    const writeParameters = (): void => void (integrator.p[0] = 5);
    expect([typeof writeState, typeof writeParameters]).toEqual(["function", "function"]);
    integrator.reinit([5], t);
    integrator.run();
    const { u, stats } = solve(odeProblem(falling.f, [5], [t, 10], [1]), tsit5());
    expect([integrator.u[0], integrator.stats]).toEqual([u.at(-1)![0], stats]);
    expect(Math.abs(integrator.u[0] - 5 * Math.exp(t - 10))).toBeLessThan(1e-8);
  });

  test("a span of length zero and a slope that is not finite are done at once", () => {
    expect(init(odeProblem(decay, [1], [2, 2]), tsit5()).retcode).toBe("success");
    expect(init(odeProblem((_t, _u, _p, out) => void (out[0] = NaN), [1], [0, 1]), tsit5()).retcode).toBe("nonFinite");
  });
});

describe("tstops", () => {
  test.each(both)("%# are hit exactly, in any order, forwards and backwards; those outside of the span are ignored", (algorithm, options) => {
    for (const tspan of [[0, 3], [3, 0]] as const) {
      const { t, retcode } = solve(odeProblem(decay, [1], tspan), algorithm, { ...options, tstops: [2.9, 0.3, 1, 0.1 + 0.2, -1, 7, 0, 3] });
      expect(retcode).toBe("success");
      for (const stop of [1, 2.9]) expect(t).toContain(stop);
      expect([...t].filter((x) => Math.abs(x - 0.3) < 1e-12).length).toBe(1);
      expect(new Set(t).size).toBe(t.length);
    }
  });

  test("with fixed steps, whole steps begin at each stop", () => {
    const { t } = solve(odeProblem(decay, [1], [0, 1]), rk4(), { dt: 0.25, tstops: [0.6] });
    expect([...t]).toEqual([0, 0.25, 0.5, 0.6, 0.85, 1]);
  });

  test("make a solve see a short pulse that its steps pass over", () => {
    const pulse = odeProblem((t, _u, _p, out) => void (out[0] = Math.exp(-(((t - 50) / 0.01) ** 2))), [0], [0, 100]);
    expect(solve(pulse, tsit5()).u.at(-1)![0]).toBeCloseTo(0, 6);
    expect(solve(pulse, tsit5(), { tstops: [50] }).u.at(-1)![0]).toBeCloseTo(0.01 * Math.sqrt(Math.PI), 6);
  });

  test("a stop cuts one step and not the following ones", () => {
    const smooth = odeProblem(rotation, [1, 0], [0, 3]);
    const base = solve(smooth, tsit5()).stats.naccept;
    const at = solve(smooth, tsit5()).t[12] + 1e-6;
    expect(solve(smooth, tsit5(), { tstops: [at] }).stats.naccept).toBeLessThanOrEqual(base + 2);
  });
});

describe("control of the steps", () => {
  test("dtmin ends a solve that would go below it, not one that only ends so", () => {
    const kink = odeProblem((t, _u, _p, out) => void (out[0] = t < 0.5 ? 0 : 1e3), [0], [0, 1]);
    const solution = solve(kink, tsit5(), { dtmin: 1e-3 });
    expect(solution.retcode).toBe("dtLessThanMin");
    expect(solution.message).toContain("dtmin");
    const lengths: number[] = [];
    expect(solve(odeProblem(decay, [1], [0, 1]), tsit5(), { dtmin: 0.3, reltol: 1e-2, abstol: 1e-2, onStep: (_t, h) => void lengths.push(h) }).retcode).toBe("success");
    expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThanOrEqual(0.3);
    expect(() => solve(kink, tsit5(), { dtmin: 1, dtmax: 0.1 })).toThrow(code("INVALID_OPTION"));
  });

  test("isOutOfDomain rejects steps, so that what is kept stays inside", () => {
    // With loose tolerances the steps leave u >= 0, where the true solution stays.
    const stiff = odeProblem((_t, u, _p, out) => void (out[0] = -50 * u[0] * (1 + u[0])), [1], [0, 3]);
    const options = { reltol: 1e-2, abstol: 1e-2 };
    const least = ({ u }: { u: readonly Float64Array[] }): number => Math.min(...u.map((x) => x[0]));
    expect(least(solve(stiff, tsit5(), options))).toBeLessThan(0);
    const inside = solve(stiff, tsit5(), { ...options, isOutOfDomain: (_t, u) => u[0] < 0 });
    expect(inside.retcode).toBe("success");
    expect(least(inside)).toBeGreaterThanOrEqual(0);
    const never = solve(odeProblem(decay, [1], [0, 1]), tsit5(), { isOutOfDomain: (t) => t > 0.5 });
    expect([never.retcode, never.message.includes("isOutOfDomain")]).toEqual(["dtLessThanMin", true]);
    expect(never.t.at(-1)).toBeCloseTo(0.5, 10);
    expect(() => solve(stiff, rk4(), { dt: 0.1, isOutOfDomain: () => false })).toThrow(code("INVALID_OPTION"));
  });

  test("tolerances per component: equal ones are as one, a tight one is met", () => {
    const one = solve(problem, tsit5(), { abstol: 1e-7, reltol: 0 });
    expect(solve(problem, tsit5(), { abstol: [1e-7, 1e-7], reltol: 0 }).u).toEqual(one.u);
    const scales = odeProblem((_t, u, _p, out) => void ([out[0], out[1]] = [-u[0], -u[1]]), [1, 1e-8], [0, 1]);
    const relative = (abstol: number | number[]): number => Math.abs(solve(scales, tsit5(), { abstol, reltol: 0 }).u.at(-1)![1] / 1e-8 / Math.exp(-1) - 1);
    const loose = odeProblem((t, u, _p, out) => void ([out[0], out[1]] = [-u[0], 1e-8 * 20 * Math.cos(20 * t)]), [1, 0], [0, 1]);
    const error = (abstol: number | number[]): number => Math.abs(solve(loose, tsit5(), { abstol, reltol: 0 }).u.at(-1)![1] - 1e-8 * Math.sin(20));
    expect(relative([1e-5, 1e-13])).toBeLessThan(1e-4);
    expect(error([1e-5, 1e-13])).toBeLessThan(2e-12);
    expect(error(1e-5)).toBeGreaterThan(1e-10);
    expect(() => solve(problem, tsit5(), { abstol: [1e-6] })).toThrow(code("SHAPE_MISMATCH"));
    expect(() => solve(problem, tsit5(), { abstol: [1e-6, -1] })).toThrow(code("INVALID_OPTION"));
    expect(() => solve(problem, tsit5(), { abstol: [1e-6, 0], reltol: 0 })).toThrow(code("INVALID_OPTION"));
  });

  test("a norm of the user's: the root mean square is the default's, the largest component asks for more steps", () => {
    const wide = odeProblem((t, u, _p, out) => out.forEach((_, i) => void (out[i] = i === 0 ? 30 * Math.cos(30 * t) : -u[i])), new Float64Array(50), [0, 1]);
    const rms = (x: Float64Array): number => Math.sqrt(x.reduce((sum, e) => sum + e * e, 0) / x.length);
    const largest = (x: Float64Array): number => x.reduce((m, e) => Math.max(m, Math.abs(e)), 0);
    const base = solve(wide, tsit5());
    expect(solve(wide, tsit5(), { norm: rms }).u).toEqual(base.u);
    expect(solve(wide, tsit5(), { norm: largest }).stats.naccept).toBeGreaterThan(1.3 * base.stats.naccept);
  });

  test.each(both)("%# stops where the signal is aborted, with what was solved", (algorithm, options) => {
    const controller = new AbortController();
    const solution = solve(problem, algorithm, { ...options, signal: controller.signal, onStep: (t) => void (t > 1 && controller.abort()) });
    expect(solution.retcode).toBe("aborted");
    expect(solution.t.at(-1)).toBeGreaterThan(1);
    expect(solution.t.at(-1)).toBeLessThan(2);
    expect(solution.message).toContain("signal");
    expect(solve(problem, algorithm, { ...options, signal: controller.signal }).stats.naccept).toBe(0);
    expect(() => solve(problem, algorithm, { ...options, signal: {} as never })).toThrow(code("INVALID_OPTION"));
  });
});

test.each([tsit5(), vern9(), vcabm(), rodas5P(), radauIIA5(), kvaerno5(), fbdf()])("$name: an autonomous problem is solved as well at large times as from zero", (algorithm) => {
  const f: InPlaceRhs = (_t, u, _p, out) => void ([out[0], out[1], out[2]] = [-u[0], 20 * u[2], -20 * u[1]]);
  const errorFrom = (t0: number): number => {
    const { t, u } = solve(odeProblem(f, [1, 1, 0], [t0, t0 + 1]), algorithm, { reltol: 1e-8, abstol: 1e-8 });
    return Math.max(...u.map((x, i) => Math.hypot(x[1] - Math.cos(20 * (t[i] - t0)), x[2] + Math.sin(20 * (t[i] - t0)))));
  };
  const fromZero = errorFrom(0);
  for (const t0 of [1e6, 1.7e9, -1.7e9]) expect(errorFrom(t0)).toBeLessThan(1.1 * fromZero);
});

describe("failure", () => {
  const vanDerPol: InPlaceRhs = (_t, u, _p, out) => {
    out[0] = u[1];
    out[1] = 1000 * (1 - u[0] * u[0]) * u[1] - u[0];
  };

  const isExplicit = ({ stepper }: Algorithm): boolean => {
    const { error, njac } = stepper({ rhs: (_t, _u, out) => void out.fill(0) }, 2, { reltol: 1e-6, abstol: 1e-6 });
    return error !== undefined && njac === undefined;
  };
  const explicit = Object.values(algorithms).map((make) => make()).filter(isExplicit);

  test("the explicit methods with error control are these", () => {
    expect(explicit.map(({ name }) => name)).toEqual(["midpoint", "heun", "ralston", "bs3", "dp5", "tsit5", "vern6", "vern7", "vern8", "vern9", "dop853", "vcab3", "vcab4", "vcab5", "vcabm", "dprkn6"]);
  });

  test.each(explicit)("$name: maxIters says that a stiff problem is stiff, and of no other", (algorithm) => {
    const { structure } = algorithm;
    const message = (f: InPlaceRhs, u0: number[], end: number, options: SolveOptions): string => {
      const { retcode, message: text } = solve(odeProblem(vectorField(f, { dim: u0.length, ...(structure ? { structure } : {}) }), u0, [0, end]), algorithm, options);
      expect(retcode).toBe("maxIters");
      return text;
    };
    const oscillator: InPlaceRhs = (_t, u, _p, out) => void ([out[0], out[1]] = [u[1], -u[0]]);
    const [stiff, u0]: [InPlaceRhs, number[]] = structure ? [(t, u, _p, out) => void ([out[0], out[1]] = [u[1], 1e10 * (Math.cos(t) - u[0])]), [1, 0]] : [vanDerPol, [2, 0]];
    for (const maxIters of [2000, 20_000]) {
      expect(message(stiff, u0, 2000, { maxIters })).toContain("the problem is stiff");
      if (!structure) expect(message((t, u, _p, out) => void (out[0] = 1e5 * (Math.cos(t) - u[0])), [1], 100, { maxIters })).toContain("the problem is stiff");
    }
    expect(message(stiff, u0, 2000, { maxIters: 2000, dtmax: structure ? 1e-6 : 2e-5 })).not.toContain("stiff");
    // Steps that accuracy allows to methods of high order are longer than the slowest of what they resolve.
    expect(message(oscillator, [1, 0], 1e5, { maxIters: 200 })).not.toContain("stiff");
  });

  test("what the hint costs is counted", () => {
    let calls = 0;
    const counted = solve(odeProblem((t, u, p, out) => void (calls++, vanDerPol(t, u, p, out)), [2, 0], [0, 2000]), tsit5(), { maxIters: 200 });
    expect(counted.message).toContain("stiff");
    expect(counted.stats.nf).toBe(calls);
    expect(solve(odeProblem(rotation, [1, 0], [0, 30]), tsit5(), { maxIters: 50 }).message).not.toContain("stiff");
  });

  test.each([1, 10_000])("a state of %d components: every save pattern agrees with the dense output", (n) => {
    const wide = odeProblem((t, u, _p, out) => {
      for (let i = 0; i < n; i++) out[i] = Math.cos(t) - u[i] * (i / n);
    }, new Float64Array(n).fill(0.5), [0, 1]);
    const dense = solve(wide, tsit5());
    expect(dense.retcode).toBe("success");
    for (const saveAt of [0.25, [0.3, 0.3, 0.7], [0], [1], [0, 1]]) {
      const saved = solve(wide, tsit5(), { saveAt });
      expect(saved.t.length).toBe(typeof saveAt === "number" ? 5 : saveAt.length);
      saved.t.forEach((t, i) => expect(Math.max(...saved.u[i].subarray(0, 9).map((x, j) => Math.abs(x - dense.at(t)[j])))).toBeLessThan(1e-14));
    }
    expect(dense.u.at(-1)![0]).toBeCloseTo(0.5 + Math.sin(1), 6);
  });
});

test("a solve is neither started anew nor stepped nor stopped by what its steps call", () => {
  for (const act of ["reinit", "step", "stop", "run"] as const) {
    const integrator: Integrator = init(odeProblem((_t, u, _p, out) => void (out[0] = -u[0]), [1], [0, 1]), tsit5(), { onStep: () => void integrator[act]() });
    expect(() => integrator.run()).toThrow("no step may be on its way");
  }
});
