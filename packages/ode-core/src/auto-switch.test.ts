import { describe, expect, test } from "vitest";
import {
  autoSwitch, autoTsit5, autoVern7, autoVern9, bs3, dop853, dp5, implicitEuler, init, kvaerno5, odeProblem, presetTimeCallback, radauIIA5, rodas5P, solve, trapezoid, tsit5, vectorField,
  velocityVerlet, vern6, vern7, vern8, vern9, type Algorithm, type InPlaceRhs, type OdeProblem, type OdeSolution, type SolveOptions, type Stepper,
} from "./index.ts";

const code = (value: string): unknown => expect.objectContaining({ code: value });
const lotkaVolterra: InPlaceRhs = (_t, u, _p, out) => {
  out[0] = 1.5 * u[0] - u[0] * u[1];
  out[1] = u[0] * u[1] - 3 * u[1];
};
const mild = odeProblem(lotkaVolterra, [1, 1], [0, 10]);
/** Follows `cos t` with rate `p[0]` until `t = 1`, and `p[1]` after. */
const follow = (first: number, then: number, end = 2): OdeProblem =>
  odeProblem((t, u, p, out) => void (out[0] = -(t < 1 ? p[0] : p[1]) * (u[0] - Math.cos(t)) - Math.sin(t)), [1], [0, end], [first, then]);

describe("a problem that is not stiff", () => {
  test.each([[autoTsit5, tsit5()], [autoVern7, vern7()]] as const)("%o takes the very steps of its non-stiff method, whatever the options", (make, pure) => {
    for (const options of [{}, { reltol: 1e-9, abstol: 1e-12 }, { abstol: [1e-6, 1e-8] }, { saveAt: 0.1 }, { dt: 0.01, adaptive: false }, { norm: (x: Float64Array) => Math.hypot(...x) }]) {
      const [a, b] = [solve(mild, make(rodas5P()), options), solve(mild, pure, options)];
      expect(a.u).toEqual(b.u);
      expect(a.stats).toEqual(b.stats);
      if (!("saveAt" in options)) expect(a.at(3.3)).toEqual(b.at(3.3));
    }
    expect(solve(mild, pure).stats.switches).toEqual([]);
  });

  const cubed = (...x: number[]): number => Math.hypot(...x) ** 3;
  const small = 0.012277471;
  const problems: Readonly<Record<string, OdeProblem>> = {
    "Lotka and Volterra": odeProblem(lotkaVolterra, [1, 1], [0, 50]),
    Lorenz: odeProblem((_t, u, _p, out) => out.set([10 * (u[1] - u[0]), u[0] * (28 - u[2]) - u[1], u[0] * u[1] - (8 / 3) * u[2]]), [1, 0, 0], [0, 20]),
    "van der Pol, mu = 1": odeProblem((_t, u, _p, out) => out.set([u[1], (1 - u[0] * u[0]) * u[1] - u[0]]), [2, 0], [0, 60]),
    Kepler: odeProblem((_t, u, _p, out) => out.set([u[2], u[3], -u[0] / cubed(u[0], u[1]), -u[1] / cubed(u[0], u[1])]), [0.1, 0, 0, Math.sqrt(19)], [0, 30]),
    // Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I (1993), section II.0.
    Arenstorf: odeProblem((_t, [x, y, v, w], _p, out) => {
      const large = 1 - small;
      const [a, b] = [large / cubed(x + small, y), small / cubed(x - large, y)];
      out.set([v, w, x + 2 * w - a * (x + small) - b * (x - large), y - 2 * v - (a + b) * y]);
    }, [0.994, 0, 0, -2.001585106379082], [0, 17.06521656015796]),
    // As there, section II.10.
    Pleiades: odeProblem((_t, u, _p, out) => {
      for (let i = 0; i < 14; i++) out[i] = u[14 + i];
      for (let i = 0; i < 7; i++) {
        out[14 + i] = out[21 + i] = 0;
        for (let j = 0; j < 7; j++) {
          if (i === j) continue;
          const [x, y] = [u[j] - u[i], u[7 + j] - u[7 + i]];
          out[14 + i] += ((j + 1) * x) / cubed(x, y);
          out[21 + i] += ((j + 1) * y) / cubed(x, y);
        }
      }
    }, [3, 3, -1, -3, 2, -2, 2, 3, -3, 2, 0, 0, -4, 4, 0, 0, 0, 0, 0, 1.75, -1.5, 0, 0, 0, -1.25, 1, 0, 0], [0, 3]),
  };

  test.each(Object.entries(problems))("%s never looks stiff, though wide tolerances let steps come near the limit of stability", (_name, problem) => {
    for (const tolerance of [1e-2, 1e-3, 1e-4, 1e-6, 1e-9]) {
      const options = { reltol: tolerance, abstol: 1e-3 * tolerance, saveAt: [problem.tspan[1]] };
      for (const nonstiff of [tsit5(), dp5(), vern6(), vern7(), vern8(), vern9()]) {
        expect(solve(problem, autoSwitch(nonstiff, rodas5P()), options).stats).toEqual(solve(problem, nonstiff, options).stats);
      }
    }
  });
});

describe("a problem that is stiff", () => {
  const vanDerPol: InPlaceRhs = (_t, u, p, out) => {
    out[0] = u[1];
    out[1] = p[0] * (1 - u[0] * u[0]) * u[1] - u[0];
  };
  const robertson: InPlaceRhs = (_t, u, _p, out) => {
    out[0] = -0.04 * u[0] + 1e4 * u[1] * u[2];
    out[2] = 3e7 * u[1] * u[1];
    out[1] = -out[0] - out[2];
  };
  const oregonator: InPlaceRhs = (_t, u, _p, out) => {
    out[0] = 77.27 * (u[1] + u[0] * (1 - 8.375e-6 * u[0] - u[1]));
    out[1] = (u[2] - (1 + u[0]) * u[1]) / 77.27;
    out[2] = 0.161 * (u[0] - u[2]);
  };
  const heat: InPlaceRhs = (_t, u, _p, out) => {
    const n = u.length;
    for (let i = 0; i < n; i++) out[i] = (n + 1) ** 2 * ((u[i - 1] ?? 0) - 2 * u[i] + (u[i + 1] ?? 0)) + u[i] * (1 - u[i]);
  };
  const hires: InPlaceRhs = (_t, y, _p, out) => {
    out[0] = -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007;
    out[1] = 1.71 * y[0] - 8.75 * y[1];
    out[2] = -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4];
    out[3] = 8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3];
    out[4] = -1.745 * y[4] + 0.43 * (y[5] + y[6]);
    out[5] = -280 * y[5] * y[7] + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6];
    out[6] = 280 * y[5] * y[7] - 1.81 * y[6];
    out[7] = -out[6];
  };
  const problems: Readonly<Record<string, OdeProblem>> = {
    relaxation: odeProblem((t, u, _p, out) => void (out[0] = -1e4 * (u[0] - Math.cos(t))), [1], [0, 50]),
    "a driven oscillator, overdamped": odeProblem((t, u, _p, out) => out.set([u[1], -1e4 * u[0] - 400 * u[1] + 1e4 * Math.sin(t)]), [0, 0], [0, 20]),
    "van der Pol, mu = 100": odeProblem(vanDerPol, [2, 0], [0, 300], [100]),
    "van der Pol, mu = 1000": odeProblem(vanDerPol, [2, 0], [0, 3000], [1000]),
    Robertson: odeProblem(robertson, [1, 0, 0], [0, 500]),
    Oregonator: odeProblem(oregonator, [1, 2, 3], [0, 360]),
    HIRES: odeProblem(hires, [1, 0, 0, 0, 0, 0, 0, 0.0057], [0, 321.8122]),
    heat: odeProblem(heat, Float64Array.from({ length: 20 }, (_, i) => Math.sin(3 * (i + 1))), [0, 20]),
  };

  test.each(Object.entries(problems))("%s is solved at all tolerances, and in few steps", (name, problem) => {
    for (const tolerance of [1e-3, 1e-5, 1e-7, 1e-9]) {
      const options = { reltol: tolerance, abstol: 1e-3 * tolerance, saveAt: [problem.tspan[1]] };
      const { stats: least } = solve(problem, rodas5P(), options);
      for (const make of [autoTsit5, autoVern7, autoVern9]) {
        // Here errors limit the steps before stability does.
        const isLimited = !(name.startsWith("a driven") && tolerance < 1e-6);
        for (const stiff of [rodas5P(), radauIIA5()]) {
          const { retcode, stats } = solve(problem, make(stiff), options);
          expect([name, tolerance, make.name, stiff.name, retcode]).toEqual([name, tolerance, make.name, stiff.name, "success"]);
          if (!isLimited) continue;
          expect(stats.switches.length).toBeGreaterThan(0);
          if (stiff.name === "rodas5P") expect(stats.naccept + stats.nreject).toBeLessThan(4 * (least.naccept + least.nreject) + 300);
        }
      }
    }
  });

  test("also where errors keep the steps well below the limit of stability, and where its rate goes up and down", () => {
    const solved = (problem: OdeProblem, algorithm: Algorithm, options: SolveOptions = {}): unknown[] => {
      const { retcode, stats } = solve(problem, algorithm, { ...options, saveAt: [problem.tspan[1]] });
      return [retcode, stats.switches.length > 0, stats.naccept < 2000];
    };
    for (const algorithm of [autoVern9(rodas5P()), autoSwitch(dp5(), kvaerno5()), autoSwitch(vern6(), rodas5P())]) {
      expect(solved(problems["relaxation"], algorithm, { reltol: 1e-8, abstol: 1e-11 })).toEqual(["success", true, true]);
    }
    expect(solved(problems["a driven oscillator, overdamped"], autoTsit5(rodas5P()))).toEqual(["success", true, true]);
    for (const make of [autoTsit5, autoVern7, autoVern9]) expect(solved(problems["Robertson"], make(rodas5P()), { reltol: 1e-5, abstol: 1e-5 })).toEqual(["success", true, true]);
  });

  test("steps that are rejected as they grew beyond all bounds count", () => {
    // Of kept steps alone too few are stiff before the state leaves the solutions that stay bounded.
    for (const [algorithm, reltol, abstol] of [[autoVern7(radauIIA5()), 1e-3, 1e-6], [autoSwitch(vern6(), rodas5P()), 1e-4, 1e-4]] as const) {
      const { retcode, u } = solve(problems["Robertson"], algorithm, { reltol, abstol });
      expect([algorithm.name, retcode]).toEqual([algorithm.name, "success"]);
      expect(Math.abs(u.at(-1)![0] - 0.42267)).toBeLessThan(1e-3);
    }
  });
});

test("matrices are made when first needed", () => {
  const sizes: number[] = [];
  const stiff: Algorithm = { ...rodas5P(), stepper: (f, n, context) => (sizes.push(n), rodas5P().stepper(f, n, context)) };
  solve(mild, autoTsit5(stiff));
  // One of a single number, to see whether the method fits.
  expect(sizes).toEqual([1]);
  solve(follow(1e5, 1e5), autoTsit5(stiff));
  expect(sizes).toEqual([1, 1, 1]);
});

describe("where it switches", () => {
  const dt = 1 / 400;
  // The rate of a linear problem of one component is exact. Steps of the non-stiff method have a limit of 0.5 * 3.5069 / dt = 701, of the stiff one 0.4 * 3.5069 / dt = 561.
  test("after more than maxStiffStep stiff steps in a row, and back after more than maxNonstiffStep", () => {
    const options = { dt, adaptive: false };
    const times = (problem: OdeProblem, algorithm: Algorithm): number[] => solve(problem, algorithm, options).stats.switches.map((t) => Math.round(t / dt));
    expect(times(follow(690, 690), autoTsit5(rodas5P()))).toEqual([]);
    expect(times(follow(710, 710), autoTsit5(rodas5P()))).toEqual([21]);
    // Between both limits each method stays.
    expect(times(follow(710, 570), autoTsit5(rodas5P()))).toEqual([21]);
    expect(times(follow(710, 550), autoTsit5(rodas5P()))).toEqual([21, 404]);
    expect(times(follow(710, 550), autoTsit5(rodas5P(), { maxStiffStep: 4, maxNonstiffStep: 7 }))).toEqual([5, 408]);
    expect(times(follow(710, 550), autoTsit5(rodas5P(), { stiffTol: 0.38 }))).toEqual([21]);
    expect(times(follow(710, 550), autoTsit5(rodas5P(), { nonstiffTol: 0.55 }))).toEqual([]);
    expect(times(follow(100, 710), autoTsit5(kvaerno5()))).toEqual([421]);
  });

  test("backwards in time, too", () => {
    const stiff = odeProblem((t, u, _p, out) => void (out[0] = 1e5 * (u[0] - Math.cos(t)) - Math.sin(t)), [1], [0, -1]);
    const { u, stats } = solve(stiff, autoTsit5(rodas5P()));
    expect(stats.switches.length).toBe(1);
    expect(Math.abs(u.at(-1)![0] - Math.cos(1))).toBeLessThan(1e-6);
  });

  test("the solution joins at a switch, and dense output holds on both sides", () => {
    const problem = follow(1e5, 1, 6);
    const options = { tstops: [1], reltol: 1e-6, abstol: 1e-6 };
    const solution = solve(problem, autoTsit5(rodas5P()), options);
    expect(solution.stats.switches.length).toBe(2);
    const worst = ({ at }: OdeSolution): number => Math.max(...Array.from({ length: 600 }, (_, k) => Math.abs(at(k / 100)[0] - Math.cos(k / 100))));
    expect(worst(solution)).toBeLessThan(3e-5);
    expect(worst(solution)).toBeLessThan(worst(solve(problem, rodas5P(), options)));
    const saved = solve(problem, autoTsit5(rodas5P()), { ...options, saveAt: 0.5 });
    // The last is the state of the step itself, which dense output meets to rounding.
    saved.t.forEach((t, i) => expect(Math.abs(saved.u[i][0] - solution.at(t)[0])).toBeLessThan(t === 6 ? 1e-15 : Number.MIN_VALUE));
    for (const t of solution.stats.switches) expect(solution.t).toContain(t);
  });
});

describe("events", () => {
  const times = Array.from({ length: 20 }, (_, k) => 0.5 + k / 10);

  test("a change of parameters leaves the method as it is", () => {
    const more = presetTimeCallback({ times, affect: ({ p }) => void (p[1] += 1) });
    const { u, stats, retcode } = solve(follow(1e5, 1e5, 3), autoTsit5(rodas5P()), { callback: more });
    expect([retcode, stats.switches.length]).toEqual(["success", 1]);
    expect(stats.switches[0]).toBeLessThan(0.1);
    expect(stats.njac).toBeGreaterThan(20);
    expect(Math.abs(u.at(-1)![0] - Math.cos(3))).toBeLessThan(1e-6);
  });

  test("a transient that a changed state begins is a reason to switch back", () => {
    const kicks = presetTimeCallback({ times, affect: ({ u }) => void (u[0] += 0.1) });
    const { t, u, stats } = solve(follow(1e5, 1e5, 3), autoTsit5(rodas5P()), { callback: kicks });
    const back = stats.switches.filter((_, i) => i % 2 === 1);
    expect(back.length).toBeGreaterThan(10);
    for (const time of back) expect(Math.min(...times.map((kick) => Math.abs(time - kick)))).toBeLessThan(1e-3);
    const left = (time: number): number => 0.1 * Math.exp(-1e5 * Math.min(...times.map((kick) => (time > kick ? time - kick : Infinity))));
    t.forEach((time, i) => void (times.includes(time) || expect(Math.abs(u[i][0] - Math.cos(time) - left(time))).toBeLessThan(1e-5)));
  });

  test("stops every few steps do not keep it from seeing that the problem is stiff", () => {
    const stops = presetTimeCallback({ times: Array.from({ length: 300 }, (_, k) => (k + 1) / 1e4), affect: () => {} });
    const { stats } = solve(follow(1e5, 1e5, 0.1), autoTsit5(rodas5P()), { callback: stops });
    expect(stats.switches.length).toBe(1);
    expect(stats.switches[0]).toBeLessThan(0.02);
  });

  test("a step whose equations cannot be solved is retried as the stiff method has it", () => {
    const factors: number[] = [];
    const stiff: Algorithm = {
      ...radauIIA5(),
      stepper: (f, n, context) => {
        const inner = radauIIA5().stepper(f, n, context);
        const controller = inner.controller!;
        let failed = false;
        const once: Stepper = {
          step: (t, h, u, out) => (!failed && t > 0.05 ? !(failed = true) : inner.step(t, h, u, out)),
          error: (out) => inner.error!(out),
          accept: () => inner.accept!(),
          reset: () => inner.reset!(),
          rate: () => inner.rate!(),
          capture: () => inner.capture(),
          controller: { ...controller, fail: () => (factors.push(0.37), 0.37) },
          get nf() {
            return inner.nf;
          },
        };
        return once;
      },
    };
    const { retcode } = solve(follow(1e5, 1e5, 3), autoSwitch(tsit5(), stiff));
    expect([retcode, factors]).toEqual(["success", [0.37]]);
  });

  test("steps are counted, and left out, across a change of parameters as without one", () => {
    const dt = 1 / 400;
    /** Steps before the switch, with rates that change at the end of step `at`. */
    const switchAfter = (at: number, before: number, after: number): number => {
      const change = presetTimeCallback({ times: [at * dt], affect: ({ p }) => void (p[0] = p[1] = after) });
      const { switches } = solve(follow(before, before), autoTsit5(rodas5P()), { dt, adaptive: false, callback: change }).stats;
      expect(switches.length).toBe(1);
      return Math.round(switches[0] / dt);
    };
    expect(switchAfter(10, 710, 715)).toBe(21);
    // After the first step, which is not stiff, three are not looked at.
    expect(switchAfter(1, 690, 710)).toBe(25);
  });

  test("counts go on over a change of parameters, and begin anew with reinit", () => {
    let calls = 0;
    const counted = odeProblem((t, u, p, out) => void (calls++, out[0] = -p[0] * (u[0] - Math.cos(t))), [1], [0, 3], [1e5]);
    const integrator = init(counted, autoTsit5(rodas5P()), { callback: presetTimeCallback({ times, affect: ({ p }) => void (p[0] += 1) }) });
    integrator.run();
    expect(integrator.stats.nf).toBe(calls);
    expect(integrator.stats.switches.length).toBe(1);
    const first = integrator.solution();
    integrator.reinit();
    expect(integrator.stats.switches).toEqual([]);
    integrator.run();
    expect(integrator.solution().u).toEqual(first.u);
    expect(integrator.stats).toEqual(first.stats);
  });
});

test("methods and options that do not fit are refused", () => {
  for (const nonstiff of [velocityVerlet(), rodas5P()]) expect(() => autoSwitch(nonstiff, rodas5P())).toThrow(code("INVALID_ARGUMENT"));
  for (const nonstiff of [bs3(), dop853()]) expect(() => autoSwitch(nonstiff, rodas5P())).toThrow(code("INVALID_ARGUMENT"));
  expect(() => autoSwitch(tsit5(), vern7())).toThrow(code("INVALID_ARGUMENT"));
  for (const stiff of [trapezoid(), autoTsit5(rodas5P())]) expect(() => autoTsit5(stiff)).toThrow(code("INVALID_ARGUMENT"));
  expect(() => autoTsit5(rodas5P(), { maxStiffStep: 0 })).toThrow(code("INVALID_OPTION"));
  expect(() => autoTsit5(rodas5P(), { stiffFirst: true } as never)).toThrow(code("INVALID_OPTION"));
  const algebraic = odeProblem(lotkaVolterra, [1, 1], [0, 1], [], { massMatrix: [1, 0, 0, 0] });
  expect(() => solve(algebraic, autoTsit5(rodas5P()))).toThrow(code("MISSING_CAPABILITY"));
});

test("a rate is that of the Jacobian, in units in which components of different sizes weigh the same", () => {
  const u = Float64Array.of(1e3, 1);
  const f = vectorField((_t, x, _p, out) => out.set([-2e4 * x[1], 1e-2 * x[0] - 30 * x[1]]), { dim: 2 }).bind(new Float64Array(0));
  for (const algorithm of [rodas5P(), implicitEuler()]) {
    const stepper = algorithm.stepper(f, 2, { reltol: 1e-6, abstol: 0 });
    stepper.step(0, 1e-3, u, new Float64Array(2));
    // Rows of |J| scaled by u: 2e4 / 1e3, and 1e-2 * 1e3 + 30.
    expect(stepper.rate!()).toBeCloseTo(40, 4);
  }
});

test("times saved inside of a step of a stiff method share one interpolant", () => {
  let captures = 0;
  const stiff: Algorithm = { ...rodas5P(), stepper: (f, n, context) => {
    const stepper = rodas5P().stepper(f, n, context);
    const capture = stepper.capture.bind(stepper);
    return Object.assign(stepper, { capture: () => (captures++, capture()) });
  } };
  const { stats, u } = solve(follow(1e5, 1e5), autoTsit5(stiff), { saveAt: 1e-3 });
  expect(stats.switches.length).toBeGreaterThan(0);
  expect(captures).toBeGreaterThan(0);
  expect(captures).toBeLessThanOrEqual(stats.naccept);
  expect(u.length).toBeGreaterThan(3 * stats.naccept);
});
