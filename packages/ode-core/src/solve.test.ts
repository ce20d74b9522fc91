import { describe, expect, test } from "vitest";
import { algorithms, euler, odeProblem, rk4, solve, tsit5, vectorField, type Algorithm, type InPlaceRhs, type SolveOptions } from "./index.ts";

const decay: InPlaceRhs = (_t, u, _p, out) => void (out[0] = -u[0]);
const rotation: InPlaceRhs = (t, u, _p, out) => {
  out[0] = -t * u[1];
  out[1] = t * u[0];
};
const blowUp: InPlaceRhs = (_t, u, _p, out) => void (out[0] = u[0] * u[0]);
const problem = odeProblem(decay, [1], [0, 1]);
const code = (expected: string): unknown => expect.objectContaining({ code: expected });

describe("solve", () => {
  test("meets the closed form to its tolerance, forwards and backwards", () => {
    for (const tol of [1e-5, 1e-8, 1e-11]) {
      for (const [t0, t1] of [[0, 3], [3, 0]]) {
        const u0 = [Math.cos((t0 * t0) / 2), Math.sin((t0 * t0) / 2)];
        const solution = solve(odeProblem(rotation, u0, [t0, t1]), tsit5(), { reltol: tol, abstol: tol });
        expect(solution.retcode).toBe("success");
        expect(solution.message).toBe("");
        solution.t.forEach((t, i) => expect(Math.hypot(solution.u[i][0] - Math.cos((t * t) / 2), solution.u[i][1] - Math.sin((t * t) / 2))).toBeLessThan(20 * tol));
        expect([solution.t[0], solution.t.at(-1)]).toEqual([t0, t1]);
      }
    }
  });

  test("undoes itself: forwards, then backwards", () => {
    const forth = solve(odeProblem(rotation, [1, 0], [0, 3]), tsit5(), { reltol: 1e-11, abstol: 1e-11 });
    const back = solve(odeProblem(rotation, forth.u.at(-1)!, [3, 0]), tsit5(), { reltol: 1e-11, abstol: 1e-11 });
    expect(Math.hypot(back.u.at(-1)![0] - 1, back.u.at(-1)![1])).toBeLessThan(2e-10);
  });

  test("counts: every evaluation it makes is in stats.nf", () => {
    for (const [algorithm, options] of [[tsit5(), {}], [tsit5(), { saveAt: 0.1 }], [rk4(), { dt: 0.03 }], [euler(), { dt: 0.03, dense: false }]] as [Algorithm, SolveOptions][]) {
      let calls = 0;
      const counted: InPlaceRhs = (t, u, p, out) => {
        calls++;
        rotation(t, u, p, out);
      };
      expect(solve(odeProblem(counted, [1, 0], [0, 3]), algorithm, options).stats.nf).toBe(calls);
      expect(calls).toBeGreaterThan(10);
    }
  });

  test("a rejected step costs its new stages only", () => {
    const { stats } = solve(odeProblem((t, u, _p, out) => void (out[0] = t < 1 ? -u[0] : 50 * Math.cos(30 * t)), [1], [0, 2]), tsit5(), { dense: false });
    expect(stats.nreject).toBeGreaterThan(3);
    expect(stats.nf).toBe(6 * (stats.naccept + stats.nreject) + 2);
  });

  test("leaves the problem alone and repeats itself bit by bit", () => {
    const start = odeProblem(rotation, [1, 0], [0, 3]);
    const [first, second] = [solve(start, tsit5()), solve(start, tsit5())];
    expect(start.u0).toEqual(Float64Array.of(1, 0));
    expect(first.t).toEqual(second.t);
    expect(first.u).toEqual(second.u);
  });

  test("honours dtmax, and onStep sees every kept step with its starting state", () => {
    const steps: { t: number; h: number; u: number }[] = [];
    const solution = solve(problem, tsit5(), { dtmax: 0.01, onStep: (t, h, u) => void steps.push({ t, h, u: u[0] }) });
    expect(steps.length).toBe(solution.stats.naccept);
    steps.forEach((step, i) => {
      expect(step.h).toBeLessThanOrEqual(0.01 * (1 + 1e-9));
      expect([step.t, step.u]).toEqual([solution.t[i], solution.u[i][0]]);
    });
    expect(steps.length).toBeGreaterThanOrEqual(100);
    expect(steps.length).toBeLessThan(110);
    // Ten steps leave 0.0005 over: less than is joined to a last step where dtmax allows it.
    solve(problem, tsit5(), { dt: 0.09995, dtmax: 0.09995, reltol: 1e-3, onStep: (_t, h) => expect(h).toBeLessThanOrEqual(0.09995 * (1 + 1e-9)) });
  });

  test("a tolerance may be zero where the other is not, also for a component that stays zero", () => {
    const still: InPlaceRhs = (_t, u, _p, out) => {
      out[0] = 0;
      out[1] = -u[1];
    };
    const solution = solve(odeProblem(still, [0, 1], [0, 1]), tsit5(), { abstol: 0, reltol: 1e-8 });
    expect(solution.retcode).toBe("success");
    expect(solution.u.at(-1)![1]).toBeCloseTo(Math.exp(-1), 7);
    expect(solve(problem, tsit5(), { abstol: 1e-8, reltol: 0 }).u.at(-1)![0]).toBeCloseTo(Math.exp(-1), 7);
  });

  test("dt is the first step of an adaptive solve, whatever its sign", () => {
    const first: number[] = [];
    solve(problem, tsit5(), { dt: -1e-3, onStep: (_t, h) => void first.push(h) });
    expect(first[0]).toBe(1e-3);
  });

  test("a span of length zero returns the initial state at once", () => {
    const still = odeProblem(decay, [2], [1, 1]);
    for (const algorithm of [tsit5(), rk4()]) {
      for (const saveAt of [undefined, 0.1, [1], [1, 1]]) {
        const solution = solve(still, algorithm, { dt: 0.1, dense: true, ...(saveAt === undefined ? {} : { saveAt }) });
        expect(solution.retcode).toBe("success");
        expect(solution.u.map((u) => u[0])).toEqual(Array.isArray(saveAt) ? saveAt.map(() => 2) : [2]);
        expect([solution.at(1)[0], solution.derivative(1)[0]]).toEqual([2, -2]);
      }
    }
  });
});

describe("fixed steps", () => {
  test("0 to 1 by 0.05 is 20 steps, by 0.3 four, and both end at 1", () => {
    expect(solve(odeProblem(decay, [1], [0.1, 0.4]), rk4(), { dt: 0.3 })).toMatchObject({ retcode: "success", stats: { naccept: 1 } });
    for (const [dt, count] of [[0.05, 20], [0.1, 10], [0.01, 100], [0.3, 4], [1, 1], [7, 1], [1 / 3, 3], [1e-3, 1000]]) {
      for (const tspan of [[0, 1], [1, 0], [0.1, 1.1], [-5.3, -4.3]] as const) {
        const solution = solve(odeProblem(decay, [1], tspan), rk4(), { dt });
        expect(solution.stats.naccept).toBe(count);
        expect(solution.t.length).toBe(count + 1);
        expect(solution.t.at(-1)).toBe(tspan[1]);
      }
    }
  });

  test("are also taken by an adaptive method on request", () => {
    const { stats, t } = solve(problem, tsit5(), { adaptive: false, dt: 0.25 });
    expect([stats.naccept, stats.nreject]).toEqual([4, 0]);
    expect([...t]).toEqual([0, 0.25, 0.5, 0.75, 1]);
  });

  test("a saved time that is a step's end gives the step's own state", () => {
    const every = solve(odeProblem(rotation, [1, 0], [0, 1]), rk4(), { dt: 0.05 });
    const saved = solve(odeProblem(rotation, [1, 0], [0, 1]), rk4(), { dt: 0.05, saveAt: 0.1 });
    const listed = solve(odeProblem(rotation, [1, 0], [0, 1]), rk4(), { dt: 0.05, saveAt: [0.3, 0.1 + 0.2, 0.7, 1] });
    expect(saved.u).toEqual(every.u.filter((_, i) => i % 2 === 0));
    expect(listed.u).toEqual([6, 6, 14, 20].map((i) => every.u[i]));
    expect(saved.stats.nf).toBe(80);
  });
});

describe("dense output", () => {
  test("agrees with the saved states and the closed form, and its derivative with the right-hand side", () => {
    for (const tspan of [[0, 3], [3, 0]] as const) {
      const a = (tspan[0] * tspan[0]) / 2;
      const start = odeProblem(rotation, [Math.cos(a), Math.sin(a)], tspan);
      const solution = solve(start, tsit5(), { reltol: 1e-10, abstol: 1e-10 });
      solution.t.forEach((t, i) => expect(Math.abs(solution.at(t)[0] - solution.u[i][0])).toBeLessThan(1e-14));
      const slope = new Float64Array(2);
      for (const t of [2.9, 0.1, 1.7, 1.71, 0, 3, 2.2, 0.9]) {
        const u = solution.at(t);
        expect(Math.hypot(u[0] - Math.cos((t * t) / 2), u[1] - Math.sin((t * t) / 2))).toBeLessThan(2e-9);
        rotation(t, u, slope, slope);
        expect(Math.abs(solution.derivative(t)[0] - slope[0])).toBeLessThan(1e-6);
      }
    }
  });

  test("saves the same between steps as the interpolant gives", () => {
    const times = [0.123, 1.5, 2.97];
    const solution = solve(odeProblem(rotation, [1, 0], [0, 3]), tsit5(), { saveAt: times, dense: true });
    expect(solution.u).toEqual(times.map((t) => solution.at(t)));
  });

  test("is off with saveAt, and says so; outside the span it throws", () => {
    expect(() => solve(problem, tsit5(), { saveAt: 0.1 }).at(0.5)).toThrow(code("INVALID_OPTION"));
    expect(() => solve(problem, tsit5(), { dense: false }).derivative(0.5)).toThrow(code("INVALID_OPTION"));
    const solution = solve(problem, tsit5());
    for (const t of [-1e-9, 1 + 1e-9, NaN]) expect(() => solution.at(t)).toThrow(code("OUT_OF_RANGE"));
  });
});

describe("numerical failure", () => {
  test("a blow-up ends in dtLessThanMin or nonFinite just before it, with what came before", () => {
    const solution = solve(odeProblem(blowUp, [1], [0, 2]), tsit5(), { saveAt: [0.5, 0.9, 1.5] });
    expect(["dtLessThanMin", "nonFinite"]).toContain(solution.retcode);
    expect([...solution.t]).toEqual([0.5, 0.9]);
    const where = Number(/t = ([\d.]+)/.exec(solution.message)![1]);
    expect(Math.abs(where - 1)).toBeLessThan(1e-5);
  });

  test("with fixed steps it names the first component that is not finite, and where", () => {
    const f: InPlaceRhs = (t, u, _p, out) => {
      out[0] = -u[0];
      out[1] = t > 0.55 ? NaN : 1;
    };
    const solution = solve(odeProblem(f, [1, 0], [0, 1]), rk4(), { dt: 0.1 });
    expect(solution.retcode).toBe("nonFinite");
    expect(solution.message).toContain("Stopped at t = 0.5: component 1 of the right-hand side is NaN at t = 0.6");
    expect(solution.u.length).toBe(6);
    expect(solution.at(0.4)[1]).toBeCloseTo(0.4, 14);
    expect(() => solution.at(0.8)).toThrow(code("OUT_OF_RANGE"));
  });

  test("a right-hand side that is NaN from the start, or from some time on, is nonFinite", () => {
    const start = solve(odeProblem((_t, _u, _p, out) => void (out[0] = NaN), [1], [0, 1]), tsit5());
    expect([start.retcode, start.stats.naccept, start.u.length]).toEqual(["nonFinite", 0, 1]);
    expect(start.message).toContain("t = 0");
    const later = solve(odeProblem((t, _u, _p, out) => void (out[0] = t > 0.5 ? NaN : 1), [1], [0, 1]), tsit5());
    expect(later.retcode).toBe("nonFinite");
    expect(later.t.at(-1)).toBeCloseTo(0.5, 10);
  });

  test("a trial step out of the domain is retried with a smaller one", () => {
    const root: InPlaceRhs = (_t, u, _p, out) => void (out[0] = -2 * Math.sqrt(u[0]));
    const solution = solve(odeProblem(root, [1], [0, 0.999]), tsit5(), { dt: 5, reltol: 1e-8, abstol: 1e-10 });
    expect(solution.retcode).toBe("success");
    expect(solution.stats.nreject).toBeGreaterThan(0);
    expect(solution.u.at(-1)![0]).toBeCloseTo(1e-6, 8);
  });

  test("an overflow is no success, although its error is nothing beside an infinite state", () => {
    const solution = solve(odeProblem((_t, _u, _p, out) => void (out[0] = 1e307), [1.7e308], [0, 10]), tsit5());
    expect(solution.retcode).toBe("nonFinite");
    expect(solution.t.at(-1)).toBeCloseTo(0.977, 3);
  });

  test("maxIters counts kept and rejected steps", () => {
    for (const [algorithm, options] of [[tsit5(), { maxIters: 5, dtmax: 0.01 }], [rk4(), { maxIters: 5, dt: 0.01 }]] as [Algorithm, SolveOptions][]) {
      const solution = solve(problem, algorithm, options);
      expect(solution.retcode).toBe("maxIters");
      expect(solution.stats.naccept + solution.stats.nreject).toBe(5);
      expect(solution.message).toContain("maxIters = 5");
      expect(solution.t.at(-1)).toBeLessThan(1);
    }
  });

  test("a fixed step too small to change the time is dtLessThanMin", () => {
    expect(solve(odeProblem(decay, [1], [1e9, 1e9 + 1]), rk4(), { dt: 1e-9 }).retcode).toBe("dtLessThanMin");
  });
});

describe("misuse throws", () => {
  const wrong: [string, SolveOptions][] = [
    ["a negative tolerance", { reltol: -1 }],
    ["a NaN tolerance", { abstol: NaN }],
    ["no tolerance at all", { reltol: 0, abstol: 0 }],
    ["dt = 0", { dt: 0 }],
    ["dtmax = 0", { dtmax: 0 }],
    ["half an iteration", { maxIters: 0.5 }],
    ["saveAt outside the span", { saveAt: [0.5, 1.1] }],
    ["saveAt before the span", { saveAt: [-0.1] }],
    ["unsorted saveAt", { saveAt: [0.5, 0.4] }],
    ["a NaN in saveAt", { saveAt: [0.5, NaN] }],
    ["an empty saveAt", { saveAt: [] }],
    ["saveAt = 0", { saveAt: 0 }],
    ["saveAt = NaN", { saveAt: NaN }],
    ["an unknown option", { relTol: 1e-3 } as SolveOptions],
    ["a dense that is no flag", { dense: 1 as never }],
  ];
  test.each(wrong)("%s", (_what, options) => {
    for (const make of Object.values(algorithms).filter((factory) => !factory().structure)) expect(() => solve(problem, make(), { dt: 0.1, ...options })).toThrow(code("INVALID_OPTION"));
  });

  test("fixed steps without dt, and error control without an error estimate", () => {
    for (const algorithm of [euler(), rk4()]) expect(() => solve(problem, algorithm)).toThrow('option "dt" is required');
    expect(() => solve(problem, tsit5(), { adaptive: false })).toThrow('option "dt" is required');
    expect(() => solve(problem, rk4(), { adaptive: true, dt: 0.1 })).toThrow('"rk4" has no error estimate');
  });

  test("a field without the kernels or the structure that the algorithm needs", () => {
    expect(() => solve(problem, { ...tsit5(), requires: ["jacobian"] })).toThrow(code("MISSING_CAPABILITY"));
    expect(() => solve(problem, { ...tsit5(), structure: "second-order" })).toThrow(code("MISSING_CAPABILITY"));
    const second = vectorField(rotation, { dim: 2, structure: "second-order" });
    expect(solve(odeProblem(second, [1, 0], [0, 1]), { ...tsit5(), structure: "second-order" }).retcode).toBe("success");
  });
});

test("a solution is posted in parts", () => {
  const solution = solve(odeProblem((_t, u, _p, out) => void (out[0] = -u[0]), [1], [0, 1]), tsit5());
  const { t, u, retcode, message } = solution;
  expect(structuredClone({ t, u, retcode, message })).toEqual({ t, u, retcode, message });
  expect(() => structuredClone(solution)).toThrow("could not be cloned");
});
