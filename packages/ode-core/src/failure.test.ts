import { describe, expect, test } from "vitest";
import type { Algorithm } from "./algorithm.ts";
import { algorithms, continuousCallback, discreteCallback, fbdf, implicitEuler, implicitMidpoint, init, kenCarp4, kvaerno5, odeProblem, presetTimeCallback, radauIIA5, rk4, rodas5P, rosenbrock23, solve, trapezoid, trbdf2, tsit5, vcab3, vcabm, vectorField, vern7, type Callback, type InPlaceRhs, type Integrator, type SolveOptions } from "./index.ts";

const adaptive: readonly Algorithm[] = [tsit5(), vern7(), vcabm(), rosenbrock23(), rodas5P(), radauIIA5(), fbdf(), trbdf2(), kenCarp4(), kvaerno5(), implicitEuler()];
const fixed: readonly Algorithm[] = [rk4(), trapezoid(), implicitMidpoint()];

describe.each([...adaptive, ...fixed].map((algorithm) => [algorithm.name, algorithm] as const))("%s", (_name, algorithm) => {
  const options = fixed.includes(algorithm) ? { dt: 0.01 } : {};

  test.each<[string, InPlaceRhs, number[], number]>([
    ["from some time on", (t, u, _p, du) => void ([du[0], du[1]] = [-u[0], t > 0.5 ? NaN : 1]), [1, 0], 1],
    ["in a component that others need", (t, u, _p, du) => void ([du[0], du[1]] = [u[1], t > 0.5 ? NaN : -u[0]]), [1, 0], 1],
    ["beyond a state", (_t, u, _p, du) => void ([du[0], du[1]] = [1, u[0] > 0.5 ? Infinity : 0]), [0, 1], 1],
  ])("a right-hand side that is not finite %s ends in nonFinite, with the component and where it began", (_what, f, u0, component) => {
    let calls = 0;
    const counted: InPlaceRhs = (time, u, p, du) => (calls++, f(time, u, p, du));
    const { retcode, message, t, stats } = solve(odeProblem(counted, u0, [0, 1]), algorithm, options);
    expect([retcode, stats.nf]).toEqual(["nonFinite", calls]);
    const [, stopped, found, value, where] = /^Stopped at t = ([\d.]+): component (\d) of the right-hand side is (NaN|Infinity) at t = ([\d.]+)$/.exec(message)!;
    expect([Number(found), ["NaN", "Infinity"].includes(value)]).toEqual([component, true]);
    for (const time of [Number(stopped), Number(where), t.at(-1)!]) expect(Math.abs(time - 0.5)).toBeLessThan(0.02);
  });
});

test.each(Object.values(algorithms).map((make) => make()).filter(({ structure }) => structure))("$name: the message tells a time near that from which an acceleration is not finite", (algorithm) => {
  const f = vectorField((t, u, _p, du) => void ([du[0], du[1]] = [u[1], t > 0.5 ? NaN : -u[0]]), { dim: 2, structure: "second-order" });
  const { message } = solve(odeProblem(f, [1, 0], [0, 1]), algorithm, { dt: 0.01, dtmax: 0.01 });
  const [, stopped, where] = /^Stopped at t = ([\d.]+): component 1 of the right-hand side is NaN at t = ([\d.]+)$/.exec(message)!;
  for (const time of [stopped, where]) expect(Math.abs(Number(time) - 0.5)).toBeLessThan(0.021);
});

test("equations without a solution are said to be that, and steps that the user made too short, too", () => {
  const helpless: Algorithm = { name: "helpless", order: 1, stepper: () => ({ step: () => false, error: () => {}, capture: () => expect.fail(), nf: 0 }) };
  const { retcode, message } = solve(odeProblem((_t, _u, _p, du) => void (du[0] = 1), [0], [0, 1]), helpless);
  expect(retcode).toBe("dtLessThanMin");
  expect(message).toMatch(/^Stopped at t = 0: the equations of no step down to [\d.e-]+ could be solved$/);
  const early = solve(odeProblem((_t, _u, _p, du) => void (du[0] = 1), [0], [0, 1]), tsit5(), { dt: 1e-9, dtmin: 1e-6 });
  expect([early.retcode, early.message]).toEqual(["dtLessThanMin", "Stopped at t = 0: a first step of 1e-9 is shorter than dtmin = 0.000001"]);
});

test("an exception leaves a solve where it was: it can be looked at, and go on", () => {
  let calls = 0;
  const f: InPlaceRhs = (_t, u, _p, du) => {
    if (++calls === 80) throw new Error("enough");
    du[0] = -u[0];
  };
  const integrator = init(odeProblem(f, [1], [0, 20]), tsit5());
  expect(() => integrator.run()).toThrow("enough");
  const { t, naccept } = { t: integrator.t, naccept: integrator.stats.naccept };
  expect(t).toBeGreaterThan(0);
  expect(integrator.solution().t.at(-1)).toBe(t);
  expect(integrator.solution().t.length).toBe(naccept + 1);
  integrator.run();
  const { t: times, u, retcode } = integrator.solution();
  expect(retcode).toBe("success");
  expect([...times]).toEqual([...times].toSorted((a, b) => a - b));
  expect(Math.abs(u.at(-1)![0] - Math.exp(-20))).toBeLessThan(1e-7);
});

test.each<[string, Algorithm, SolveOptions]>([
  ["rk4", rk4(), { dt: 0.1 }],
  ["vern7", vern7(), {}],
  ["tsit5", tsit5(), { saveAt: 0.03 }],
  ["vcab3", vcab3(), { dt: 0.01, saveAt: 0.013 }],
  ["vcabm", vcabm(), {}],
  ["tsit5 with an event", tsit5(), { callback: continuousCallback({ condition: (_t, u) => u[0] - 0.6 }) }],
  ["rk4 with an event", rk4(), { dt: 0.1, callback: continuousCallback({ condition: (_t, u) => u[0] - 0.6 }) }],
])("%s goes on rightly from any exception, of the right-hand side or of onStep", (_name, algorithm, options) => {
  const exact = (t: number): number => Math.exp(-t) + Math.sin(t);
  let thrown = 0;
  for (const onStepToo of [false, true]) {
    for (let fatal = 1; fatal < 60; fatal++) {
      let [calls, steps] = [-Infinity, 0];
      const f: InPlaceRhs = (t, u, _p, du) => {
        if (++calls === fatal) throw new Error("enough");
        du[0] = Math.sin(t) - u[0] + Math.cos(t);
      };
      const onStep = (): void => {
        if (++steps % 3 === 0 && steps < fatal) throw new Error("enough");
      };
      const integrator = init(odeProblem(f, [1], [0, 1]), algorithm, { reltol: 1e-8, abstol: 1e-8, ...options, ...(onStepToo ? { onStep } : {}) });
      calls = 0;
      while (!integrator.done) {
        try {
          integrator.run();
        } catch {
          thrown++;
        }
      }
      const { t, u, retcode } = integrator.solution();
      expect(retcode).toBe("success");
      expect([...t]).toEqual([...t].toSorted((a, b) => a - b));
      t.forEach((time, k) => expect(Math.abs(u[k][0] - exact(time))).toBeLessThan(3e-6));
    }
  }
  expect(thrown).toBeGreaterThan(60);
});

test("what is not finite beyond the end, or throws there, is not what a failed solve is about", () => {
  const table = (beyond: () => number): InPlaceRhs => (t, u, _p, du) => void (du[0] = t > 1 ? beyond() : u[0] * u[0] + 1);
  for (const beyond of [() => NaN, () => expect.fail("beyond the table")]) {
    const { retcode } = solve(odeProblem(table(beyond), [0], [0, 1]), implicitEuler(), { adaptive: false, dt: 1 });
    expect(retcode).toBe("stepFailed");
  }
});

test("a first step finds its length where a component rests at zero and has no absolute tolerance", () => {
  for (const options of [{ abstol: 0 }, { abstol: [1e-9, 0] }]) {
    const { retcode, u } = solve(odeProblem((_t, v, _p, du) => void ([du[0], du[1]] = [1, -v[1]]), [0, 1], [0, 1]), tsit5(), options);
    expect(retcode).toBe("success");
    expect(Math.abs(u.at(-1)![0] - 1)).toBeLessThan(1e-9);
  }
});

test.each([rodas5P(), rosenbrock23(), radauIIA5(), trbdf2(), kvaerno5(), implicitEuler(), fbdf()].map((algorithm) => [algorithm.name, algorithm] as const))("%s starts at the edge of the domain of a field without a Jacobian", (_name, algorithm) => {
  const { retcode, u } = solve(odeProblem((_t, v, _p, du) => void (du[0] = 1 - Math.sqrt(v[0])), [0], [0, 1]), algorithm, { reltol: 1e-6, abstol: 1e-9 });
  expect(retcode).toBe("success");
  // t = -2 (sqrt u + log(1 - sqrt u))
  const s = Math.sqrt(u.at(-1)![0]);
  expect(Math.abs(-2 * (s + Math.log(1 - s)) - 1)).toBeLessThan(1e-3);
});

test("a step that is kept before the slope at its end is known is interpolated without it, where it is not finite", () => {
  const { t, u } = solve(odeProblem((time, v, _p, du) => void ([du[0], du[1]] = [-v[0], time > 0.503 ? NaN : 1]), [1, 0], [0, 1]), vcab3(), { saveAt: [0.3, 0.5025] });
  expect(t.length).toBeGreaterThan(0);
  u.forEach((state, i) => expect(Math.abs(state[1] - t[i])).toBeLessThan(1e-6));
});

describe("an exception of a callback ends the solve, as what was done cannot be undone", () => {
  const drift = odeProblem((_t, _u, _p, du) => void (du[0] = 1), [0], [0, 2]);
  const fatal = (): never => {
    throw new Error("enough");
  };
  let calls = 0;
  const once = (t: number): number => (++calls === 4 ? fatal() : t - 0.5);
  test.each<[string, Callback]>([
    ["a preset time's affect", presetTimeCallback({ times: [0.5], affect: fatal })],
    ["one at the start", presetTimeCallback({ times: [0], affect: fatal })],
    ["a continuous one's affect", continuousCallback({ condition: (t) => t - 0.5, affect: fatal })],
    ["a discrete one's affect", discreteCallback({ condition: (t) => t >= 0.5, affect: fatal })],
    ["a discrete one's condition", discreteCallback({ condition: (t) => t >= 0.5 && fatal() })],
  ])("%s", (_what, callback) => {
    let integrator: Integrator | undefined;
    expect(() => {
      integrator = init(drift, tsit5(), { dtmax: 0.3, callback });
      integrator.run();
    }).toThrow("enough");
    if (!integrator) return;
    expect([integrator.done, integrator.retcode, integrator.step()]).toEqual([true, "aborted", false]);
    expect(integrator.solution().message).toContain("enough");
  });

  test("a condition that throws while a step is looked at leaves the solve where it was", () => {
    const integrator = init(drift, tsit5(), { dtmax: 0.3, callback: continuousCallback({ condition: once, affect: ({ u }) => void (u[0] += 10) }) });
    expect(() => integrator.run()).toThrow("enough");
    integrator.run();
    const { events, u, retcode } = integrator.solution();
    expect([retcode, events.length]).toEqual(["success", 1]);
    expect(u.at(-1)![0]).toBeCloseTo(12, 12);
  });
});
