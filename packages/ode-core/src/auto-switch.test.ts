import { describe, expect, test } from "vitest";
import {
  autoSwitch, autoTsit5, autoVern7, bs3, dop853, implicitEuler, init, kvaerno5, odeProblem, presetTimeCallback, radauIIA5, rodas5P, solve, trapezoid, tsit5, vectorField,
  velocityVerlet, vern7, type Algorithm, type InPlaceRhs, type OdeProblem, type OdeSolution, type Stepper,
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
  // The rate of a linear problem of one component is exact. Steps of both methods have a limit of 0.9 * 3.5069 / dt = 1262.
  test("after more than maxStiffStep stiff steps in a row, and back after more than maxNonstiffStep", () => {
    const options = { dt, adaptive: false };
    const times = (problem: OdeProblem, algorithm: Algorithm): number[] => solve(problem, algorithm, options).stats.switches.map((t) => Math.round(t / dt));
    expect(times(follow(1250, 1250), autoTsit5(rodas5P()))).toEqual([]);
    expect(times(follow(1275, 1275), autoTsit5(rodas5P()))).toEqual([11]);
    expect(times(follow(1275, 1250), autoTsit5(rodas5P()))).toEqual([11, 404]);
    expect(times(follow(1275, 1250), autoTsit5(rodas5P(), { maxStiffStep: 4, maxNonstiffStep: 7 }))).toEqual([5, 408]);
    expect(times(follow(1275, 1250), autoTsit5(rodas5P(), { stiffTol: 0.88 }))).toEqual([11]);
    expect(times(follow(1275, 1250), autoTsit5(rodas5P(), { nonstiffTol: 0.95 }))).toEqual([]);
    expect(times(follow(100, 1275), autoTsit5(kvaerno5()))).toEqual([411]);
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
    const kicks = presetTimeCallback({ times, affect: ({ u }) => void (u[0] += 1e-3) });
    const { t, u, stats } = solve(follow(1e5, 1e5, 3), autoTsit5(rodas5P()), { callback: kicks });
    const back = stats.switches.filter((_, i) => i % 2 === 1);
    expect(back.length).toBeGreaterThan(10);
    for (const time of back) expect(Math.min(...times.map((kick) => Math.abs(time - kick)))).toBeLessThan(1e-3);
    const left = (time: number): number => 1e-3 * Math.exp(-1e5 * Math.min(...times.map((kick) => (time > kick ? time - kick : Infinity))));
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
          step: (t, h, u, out) => (!failed && t > 0.5 ? !(failed = true) : inner.step(t, h, u, out)),
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
