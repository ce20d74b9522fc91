import { add, at, concat, cos, div, exp, mul, neg, pow, sin, slice, stack, sub, tracedEvent, tracedField, type Tensor } from "@fluxion/autodiff";
import { continuousCallback, discreteCallback, dp5, linearize, odeProblem, presetTimeCallback, rodas5P, solve, tsit5, vern9, type Algorithm, type Callback, type OdeProblem, type SaveSides, type SensitivityAlgorithm, type SolveOptions } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { discreteAdjoint, finiteDifference, forwardSensitivity, gaussAdjoint, interpolatingAdjoint } from "@fluxion/sensitivity";

const tight = { reltol: 1e-11, abstol: 1e-11 };
const sensealgs: readonly (readonly [string, SensitivityAlgorithm])[] = [["forwardSensitivity", forwardSensitivity()], ["gaussAdjoint", gaussAdjoint()], ["interpolatingAdjoint", interpolatingAdjoint()]];

/** The derivatives of a scalar function of numbers, by differences of order 4. */
function slopes(f: (x: number[]) => number, x: readonly number[], h = 1e-3): number[] {
  const moved = (i: number, k: number): number => f(x.map((v, j) => (j === i ? v + k * h : v)));
  return x.map((_, i) => (8 * (moved(i, 1) - moved(i, -1)) - (moved(i, 2) - moved(i, -2))) / (12 * h));
}

/** The gradient by u0 and then by p. */
function gradient(problem: OdeProblem, algorithm: Algorithm, options: SolveOptions, sensealg: SensitivityAlgorithm, weights: (rows: number) => Float64Array[]): number[] {
  const { solution, pull } = linearize(problem, algorithm, { ...options, sensealg });
  const { du0, dp } = pull(weights(solution.u.length));
  return [...du0, ...dp];
}

function expectClose(found: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(found.length).toBe(expected.length);
  const scale = Math.max(1e-300, ...expected.map(Math.abs));
  found.forEach((x, i) => {
    if (!(Math.abs(x - expected[i]) <= tolerance * scale)) expect.fail(`entry ${i}: ${x} against ${expected[i]}`);
  });
}

/** Different weights for each row and component. */
const varied = (n: number) => (rows: number): Float64Array[] => Array.from({ length: rows }, (_, k) => Float64Array.from({ length: n }, (_x, i) => Math.cos(1 + 2 * k + 3.7 * i)));

// A ball, u = (height, speed), p = (gravity, restitution).
const ball = tracedField((_t, u, p) => stack([at(u, 1), neg(at(p, 0))]), { dim: 2, paramCount: 2 });
const bounce = (save: SaveSides = "none"): Callback =>
  continuousCallback({ ...tracedEvent({ dim: 2, paramCount: 2, condition: (_t, u) => at(u, 0), affect: (_t, u, p) => stack([0, mul(neg(at(p, 1)), at(u, 1))]) }), direction: "falling", save });

/** Height and speed at time t, in closed form. */
function thrown([h, v, g, e]: readonly number[], t: number): [number, number] {
  const fall = (v + Math.sqrt(v * v + 2 * g * h)) / g;
  if (t < fall) return [h + v * t - (g * t * t) / 2, v - g * t];
  return thrown([0, e * (g * fall - v), g, e], t - fall);
}

describe("through bounces of a ball", () => {
  const start = [1, 0.5, 9.81, 0.8];
  const problem = odeProblem(ball, start.slice(0, 2), [0, 2.6], start.slice(2));

  test.each(sensealgs)("%s has the derivatives of the closed form, after four of them", (_name, sensealg) => {
    const times = [0.3, 0.9, 1.7, 2.6];
    const w = varied(2)(4);
    const expected = slopes((x) => times.reduce((sum, t, k) => sum + thrown(x, t).reduce((s, y, i) => s + y * w[k][i], 0), 0), start);
    expect(solve(problem, tsit5(), { ...tight, callback: bounce() }).events.length).toBe(4);
    for (const algorithm of [tsit5(), dp5(), vern9(), rodas5P()]) expectClose(gradient(problem, algorithm, { ...tight, saveAt: times, callback: bounce() }, sensealg, () => w), expected, 2e-8);
  });

  test.each(sensealgs)("%s: states saved at bounces move with these", (_name, sensealg) => {
    // The speed with which it leaves the floor for the second time is e^2 times that with which it first arrives; the height stays zero.
    const expected = slopes(([h, v, g, e]) => e * e * Math.sqrt(v * v + 2 * g * h), start);
    const last = (side: number): number[] => gradient(problem, tsit5(), { ...tight, saveAt: [0], callback: bounce("both") }, sensealg, (rows) => Array.from({ length: rows }, (_, k) => Float64Array.of(0, k === 3 + side ? 1 : 0)));
    expectClose(last(1), expected, 1e-9);
    expectClose(last(0), slopes(([h, v, g, e]) => -e * Math.sqrt(v * v + 2 * g * h), start), 1e-9);
    const heights = gradient(problem, tsit5(), { ...tight, saveAt: [0], callback: bounce("both") }, sensealg, (rows) => Array.from({ length: rows }, (_, k) => Float64Array.of(k > 0 ? 1 : 0, 0)));
    heights.forEach((x) => expect(Math.abs(x)).toBeLessThan(1e-9));
  });

  test.each(sensealgs)("%s: the time of the end moves, too", (_name, sensealg) => {
    // With the time as a third component: that at which it hits the floor, and how fast.
    const timed = tracedField((_t, u, p) => stack([at(u, 1), neg(at(p, 0)), 1]), { dim: 3, paramCount: 1 });
    const floor = continuousCallback({ ...tracedEvent({ dim: 3, paramCount: 1, condition: (_t, u) => at(u, 0) }), direction: "falling", terminal: true, save: "before" });
    const of = (i: number): number[] => gradient(odeProblem(timed, [1, 0.5, 0], [0, 10], [9.81]), tsit5(), { ...tight, saveAt: [0], callback: floor }, sensealg, (rows) => [new Float64Array(3), new Float64Array(3).fill(1, i, i + 1)].slice(0, rows));
    const time = ([h, v, , g]: number[]): number => (v + Math.sqrt(v * v + 2 * g * h)) / g;
    expectClose(of(2), slopes((x) => x[2] + time(x), [1, 0.5, 0, 9.81]), 1e-9);
    expectClose(of(1), slopes((x) => x[1] - x[3] * time(x), [1, 0.5, 0, 9.81]), 1e-9);
  });
});

describe("through doses at given times", () => {
  // One compartment, p = (rate of elimination, share of a dose that arrives).
  const drug = tracedField((_t, u, p) => mul(neg(at(p, 0)), u), { dim: 1, paramCount: 2 });
  const doses = presetTimeCallback({ times: [0, 6, 12, 18], save: "none", ...tracedEvent({ dim: 1, paramCount: 2, affect: (_t, u, p) => add(u, mul(100, at(p, 1))) }) });
  const level = ([u0, k, share]: readonly number[], t: number): number => u0 * Math.exp(-k * t) + [0, 6, 12, 18].reduce((sum, dose) => sum + (dose < t ? 100 * share * Math.exp(-k * (t - dose)) : 0), 0);

  test.each([...sensealgs, ["discreteAdjoint", discreteAdjoint()] as const])("%s has the derivatives of the closed form, also at saved times that are those of doses", (_name, sensealg) => {
    const times = [3, 6, 11, 12, 20];
    const expected = slopes((x) => times.reduce((sum, t, k) => sum + (k + 1) * level(x, t), 0), [2, 0.2, 0.7]);
    const options = { ...tight, saveAt: times, callback: doses };
    expectClose(gradient(odeProblem(drug, [2], [0, 24], [0.2, 0.7]), tsit5(), options, sensealg, () => times.map((_, k) => Float64Array.of(k + 1))), expected, 1e-9);
  });
});

describe("a hybrid system without symmetry", () => {
  // A driven pendulum whose speed is reflected at a wall that moves, and that is kicked at a time; both depend on time, state and parameters.
  const field = tracedField((t, u, p) => concat([slice(u, 1, 2), sub(mul(at(p, 1), cos(mul(2, t))), mul(at(p, 0), sin(slice(u, 0, 1))))]), { dim: 2, paramCount: 4 });
  const wall = (t: Tensor, u: Tensor, p: Tensor): Tensor => sub(at(u, 0), add(at(p, 2), mul(0.1, sin(t))));
  const reflected = (t: Tensor, u: Tensor, p: Tensor): Tensor => stack([sub(at(u, 0), mul(0.05, at(p, 3))), sub(mul(0.2, cos(t)), mul(at(p, 3), add(at(u, 1), mul(0.1, pow(at(u, 1), 2)))))]);
  const callback = (save: SaveSides): Callback[] => [
    continuousCallback({ ...tracedEvent({ dim: 2, paramCount: 4, condition: wall, affect: reflected }), direction: "rising", save }),
    presetTimeCallback({ ...tracedEvent({ dim: 2, paramCount: 4, affect: (t, u, p) => mul(u, exp(mul(neg(at(p, 3)), mul(0.1, t)))) }), times: [2.5], save }),
    continuousCallback({ ...tracedEvent({ dim: 2, paramCount: 4, condition: (_t, u, p) => add(at(u, 1), div(at(p, 1), 2)) }), save }),
  ];
  const params = [1.3, 0.4, 0.6, 0.7];
  const forwards = odeProblem(field, [0.2, 0.9], [0, 6], params);
  const backwards = odeProblem(field, [0.2, -0.9], [6, 0], params);

  test.each([["forwards", forwards], ["backwards", backwards]] as const)("in time %s all agree with differences of whole solves, whichever states are saved", (_name, problem) => {
    for (const save of ["none", "both", "before", "after"] as const) {
      const options = { ...tight, saveAt: [1, 2.5, 4, 5.5].map((t) => (problem.tspan[0] === 0 ? t : 6 - t)).toSorted((a, b) => (b - a) * (problem.tspan[0] === 0 ? -1 : 1)), callback: callback(save) };
      const { events, t } = solve(problem, tsit5(), options);
      expect(new Set(events.map((event) => event.callback))).toEqual(new Set([0, 2]));
      expect(t.length > 4).toBe(save !== "none");
      const expected = gradient(problem, vern9(), options, finiteDifference(), varied(2));
      for (const [, sensealg] of sensealgs) expectClose(gradient(problem, tsit5(), options, sensealg, varied(2)), expected, 3e-8);
    }
  });

  test("where every step is saved, and in fixed steps", () => {
    // Rows of forward and adjoint solves differ, as their steps do: the last one does not.
    const last = (rows: number): Float64Array[] => Array.from({ length: rows }, (_, k) => (k === rows - 1 ? Float64Array.of(0.3, 1) : new Float64Array(2)));
    const expected = gradient(forwards, vern9(), { reltol: 1e-12, abstol: 1e-12, saveAt: [6], callback: callback("none") }, finiteDifference(), last);
    for (const [, sensealg] of sensealgs) {
      for (const save of ["none", "both"] as const) expectClose(gradient(forwards, tsit5(), { ...tight, callback: callback(save) }, sensealg, last), expected, 3e-8);
      expectClose(gradient(forwards, vern9(), { adaptive: false, dt: 0.01, saveAt: [6], callback: callback("none") }, sensealg, last), expected, 3e-8);
    }
  });

  test("pulls are linear, and several from one solve are independent", () => {
    for (const [, sensealg] of sensealgs) {
      const { solution, pull } = linearize(forwards, tsit5(), { ...tight, saveAt: 1, callback: callback("both"), sensealg });
      const w = varied(2)(solution.u.length);
      const first = pull(w).dp.slice();
      const doubled = pull(w.map((x) => x.map((v) => 2 * v))).dp;
      expectClose([...doubled], [...first].map((x) => 2 * x), 1e-12);
      expect(solution.events.every(({ u }) => u.length === 2)).toBe(true);
    }
  });
});

describe("discreteAdjoint through events at preset times", () => {
  const field = tracedField((t, u, p) => stack([at(u, 1), sub(mul(at(p, 1), cos(mul(2, t))), mul(at(p, 0), sin(at(u, 0))))]), { dim: 2, paramCount: 3 });
  const kick = (t: Tensor, u: Tensor, p: Tensor): Tensor => stack([sub(at(u, 0), mul(at(p, 2), pow(at(u, 1), 2))), add(mul(at(p, 2), at(u, 1)), sin(t))]);
  const kicks = (times: readonly number[], save: SaveSides): Callback => presetTimeCallback({ ...tracedEvent({ dim: 2, paramCount: 3, affect: kick }), times, save });
  const halved = (save: SaveSides): Callback => presetTimeCallback({ ...tracedEvent({ dim: 2, paramCount: 3, affect: (_t, u) => mul(0.5, u) }), times: [2.5], save });
  const params = [1.3, 0.4, 0.2];
  const directions = [["forwards", odeProblem(field, [0.2, 0.9], [0, 6], params)], ["backwards", odeProblem(field, [0.2, -0.9], [6, 0], params)]] as const;
  /** At both ends, twice at one time, within steps. */
  const callback = (save: SaveSides): Callback[] => [kicks([0, 1.01, 2.5, 6], save), halved(save)];

  test.each(directions)("%s, in fixed steps, it is that of the computed solution", (_name, problem) => {
    for (const save of ["none", "both", "before", "after"] as const) {
      for (const saveAt of [problem.tspan.map((t) => t * 0.9 + 0.25), [problem.tspan[0], 2.5, problem.tspan[1]], 0.7]) {
        for (const algorithm of [tsit5(), dp5(), vern9()]) {
          const options = { adaptive: false, dt: 0.07, saveAt, callback: callback(save) };
          expectClose(gradient(problem, algorithm, options, discreteAdjoint(), varied(2)), gradient(problem, algorithm, options, finiteDifference(), varied(2)), 1e-8);
        }
      }
    }
  });

  test.each(directions)("%s, with step-size control, it agrees with the others, wherever they save", (_name, problem) => {
    for (const save of ["none", "both", "before", "after"] as const) {
      const options = { ...tight, saveAt: 0.7, callback: callback(save) };
      const expected = gradient(problem, vern9(), options, forwardSensitivity(), varied(2));
      expectClose(gradient(problem, tsit5(), options, discreteAdjoint(), varied(2)), expected, 1e-7);
      expectClose(gradient(problem, tsit5(), options, gaussAdjoint(), varied(2)), expected, 1e-7);
    }
    const last = (rows: number): Float64Array[] => Array.from({ length: rows }, (_, k) => (k === rows - 1 ? Float64Array.of(0.3, 1) : new Float64Array(2)));
    const everyStep = (sensealg: SensitivityAlgorithm): number[] => gradient(problem, tsit5(), { ...tight, callback: callback("none") }, sensealg, last);
    expectClose(everyStep(discreteAdjoint()), everyStep(forwardSensitivity()), 1e-7);
  });

  test("an affect that ends the solve", () => {
    const { derivatives } = tracedEvent({ dim: 2, paramCount: 3, affect: (_t, u) => u });
    const options = { ...tight, saveAt: 0.7, callback: [...callback("none"), presetTimeCallback({ times: [3.1], affect: ({ terminate }) => terminate(), save: "before", derivatives })] };
    const [, problem] = directions[0];
    const { retcode, t } = solve(problem, tsit5(), options);
    expect([retcode, t.at(-1)]).toEqual(["terminated", 3.1]);
    expectClose(gradient(problem, tsit5(), options, discreteAdjoint(), varied(2)), gradient(problem, vern9(), options, forwardSensitivity(), varied(2)), 1e-7);
  });
});

describe("several events at one time", () => {
  const all: typeof sensealgs = [...sensealgs, ["discreteAdjoint", discreteAdjoint()]];
  const decay = tracedField((_t, u, p) => mul(neg(at(p, 0)), u), { dim: 1, paramCount: 2 });
  const dose = (affect: (t: Tensor, u: Tensor, p: Tensor) => Tensor, save: SaveSides): Callback => presetTimeCallback({ times: [1], save, ...tracedEvent({ dim: 1, paramCount: 2, affect }) });
  const triple = (save: SaveSides): Callback => dose((_t, u) => mul(u, 3), save);
  const added = (save: SaveSides): Callback => dose((_t, u, p) => add(u, at(p, 1)), save);

  test.each(all)("%s: a state that the second one saves is after the first one", (_name, sensealg) => {
    const problem = odeProblem(decay, [2], [0, 2], [0.5, 1]);
    const [e1, e2] = [Math.exp(-0.5), Math.exp(-1)];
    for (const save of ["before", "both"] as const) {
      const of = (row: number, saveAt: number[], first: SaveSides): number[] => gradient(problem, tsit5(), { ...tight, saveAt, callback: [triple(first), added(save)] }, sensealg, (rows) => Array.from({ length: rows }, (_, k) => Float64Array.of(k === row ? 1 : 0)));
      // By u0, rate and dose.
      expectClose(of(0, [2], "none"), [3 * e1, -6 * e1, 0], 1e-9);
      expectClose(of(0, [2], "before"), [e1, -2 * e1, 0], 1e-9);
      expectClose(of(0, [1, 2], "none"), [e1, -2 * e1, 0], 1e-9);
      expectClose(of(save === "both" ? 2 : 1, [2], "none"), [3 * e2, -12 * e2 - e1, e1], 1e-9);
      if (save === "both") expectClose(of(1, [2], "none"), [3 * e1, -6 * e1, 1], 1e-9);
    }
  });

  // x' = p0, y' = -p1 y + x.
  const ramp = tracedField((_t, u, p) => stack([at(p, 0), sub(at(u, 0), mul(at(p, 1), at(u, 1)))]), { dim: 2, paramCount: 4 });
  const crossing = (_t: Tensor, u: Tensor): Tensor => sub(at(u, 0), 1);
  const at1 = (affect: ((t: Tensor, u: Tensor, p: Tensor) => Tensor) | undefined, save: SaveSides = "none", condition = crossing): Callback => continuousCallback({ ...tracedEvent({ dim: 2, paramCount: 4, condition, ...(affect ? { affect } : {}) }), direction: "rising", save });
  const reset = (_t: Tensor, u: Tensor, p: Tensor): Tensor => stack([at(p, 2), mul(3, at(u, 1))]);
  const kick = (_t: Tensor, u: Tensor, p: Tensor): Tensor => stack([at(u, 0), add(at(u, 1), at(p, 3))]);
  const problem = odeProblem(ramp, [0, 2], [0, 3], [1, 0.5, -0.4, 0.7]);

  test.each(sensealgs)("%s: those of one condition move together, also where the first takes the state away from it", (_name, sensealg) => {
    const both = at1((t, u, p) => kick(t, reset(t, u, p), p));
    const options = { ...tight, saveAt: [0.5, 1.5, 2.9] };
    const expected = gradient(problem, vern9(), { ...options, callback: both }, finiteDifference(), varied(2));
    for (const callback of [[both], [at1(reset), at1(kick)], [at1(reset), at1(kick, "none", (_t, u) => mul(-2, sub(1, at(u, 0))))], [at1(undefined), at1(reset), at1(undefined), at1(kick)]]) {
      expectClose(gradient(problem, tsit5(), { ...options, callback }, sensealg, varied(2)), expected, 3e-8);
    }
    const other = gradient(problem, vern9(), { ...options, callback: at1((t, u, p) => reset(t, kick(t, u, p), p)) }, finiteDifference(), varied(2));
    expectClose(gradient(problem, tsit5(), { ...options, callback: [at1(kick), at1(reset)] }, sensealg, varied(2)), other, 3e-8);
  });

  test.each(sensealgs)("%s: a state that one of them saves moves with it", (_name, sensealg) => {
    for (const [first, second] of [["none", "before"], ["none", "after"], ["none", "both"], ["both", "none"], ["before", "after"]] as const) {
      const options = { ...tight, saveAt: [2.9], callback: [at1(reset, first), at1(kick, second)] };
      expectClose(gradient(problem, tsit5(), options, sensealg, varied(2)), gradient(problem, vern9(), options, finiteDifference(), varied(2)), 3e-8);
    }
  });

  test.each(sensealgs)("%s: where one takes the state away from another's condition, there is an error", (_name, sensealg) => {
    // Both are met at t = 1, for these parameters only.
    const other = at1(kick, "none", (t, u) => sub(add(t, at(u, 0)), 2));
    // One whose derivatives, by hand, are all 0, has no direction to share.
    const blind = continuousCallback({ condition: (_t, u) => u[0] - 1, derivatives: { condition: (_t, _u, _p, byState, byParameters) => { byState.fill(0); byParameters.fill(0); return 0; } } });
    for (const second of [other, blind]) expect(() => gradient(problem, tsit5(), { ...tight, saveAt: [2.9], callback: [at1(reset), second] }, sensealg, varied(2))).toThrow(expect.objectContaining({ code: "SOLVE_FAILED", message: expect.stringContaining("is changed by another one, which has its own") as string }));
  });
});

describe("a saved time at which an event happens stays", () => {
  test.each(sensealgs)("%s: the derivative is that of the state before it", (_name, sensealg) => {
    const line = tracedField((_t, u, p) => add(at(p, 0), mul(0, u)), { dim: 1, paramCount: 1 });
    for (const save of ["none", "both"] as const) {
      for (const terminal of [false, true]) {
        const callback = continuousCallback({ ...tracedEvent({ dim: 1, paramCount: 1, condition: (_t, u) => sub(at(u, 0), 1) }), save, terminal });
        const last = (rows: number): Float64Array[] => Array.from({ length: rows }, (_, k) => Float64Array.of(k === 1 ? 1 : 0));
        for (const end of [1.5, 1]) expectClose(gradient(odeProblem(line, [0], [0, end], [1]), tsit5(), { ...tight, saveAt: 0.5, callback }, sensealg, last).slice(0, 2), [1, 0.5], 1e-9);
        const atEvent = (rows: number): Float64Array[] => Array.from({ length: rows }, (_, k) => Float64Array.of(k === 2 ? 1 : 0));
        for (const end of [1.5, 1]) expectClose(gradient(odeProblem(line, [0], [0, end], [1]), tsit5(), { ...tight, saveAt: 0.5, callback }, sensealg, atEvent), [1, 1], 1e-9);
      }
    }
  });

  test.each(sensealgs)("%s: so a switch at a time that is a parameter does not act yet", (_name, sensealg) => {
    // u' = -m u, m from 0.2 to 0.6 at t = p.
    const field = tracedField((_t, u) => stack([mul(neg(at(u, 1)), at(u, 0)), 0]), { dim: 2, paramCount: 1 });
    const callback = continuousCallback({ ...tracedEvent({ dim: 2, paramCount: 1, condition: (t, _u, p) => sub(t, at(p, 0)), affect: (_t, u) => stack([at(u, 0), 0.6]) }), save: "none" });
    const of = (k: number): number[] => gradient(odeProblem(field, [1, 0.2], [0, 6], [5]), tsit5(), { ...tight, saveAt: [5, 6], callback }, sensealg, () => [0, 1].map((row) => Float64Array.of(row === k ? 1 : 0, 0)));
    expect(Math.abs(of(0)[2])).toBeLessThan(1e-12);
    expectClose(of(1).slice(2), [0.4 * Math.exp(-1 - 0.6)], 1e-9);
  });
});

describe("what cannot be differentiated", () => {
  const problem = odeProblem(ball, [1, 0], [0, 1], [9.81, 0.8]);
  const run = (callback: Callback, sensealg: SensitivityAlgorithm): unknown => {
    const { solution, pull } = linearize(problem, tsit5(), { saveAt: [1], callback, sensealg });
    return pull(solution.u.map(() => Float64Array.of(1, 1)));
  };
  const refused = (code: string, message: string): Error => expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error;

  test("is refused with what is missing", () => {
    expect(() => run(bounce(), discreteAdjoint())).toThrow(refused("MISSING_CAPABILITY", "it goes through events at preset times only, and callback 0 has a condition (gaussAdjoint and forwardSensitivity do"));
    const plain = continuousCallback({ condition: (_t, u) => u[0], affect: ({ u }) => void (u[1] *= -1) });
    expect(() => run(plain, gaussAdjoint())).toThrow(refused("MISSING_CAPABILITY", "callback 0 has none of its condition and its affect; finiteDifference does"));
    expect(() => run(presetTimeCallback({ times: [0.1], affect: () => {} }), forwardSensitivity())).toThrow(refused("MISSING_CAPABILITY", "callback 0 has none of its affect"));
    expect(() => run(discreteCallback({ condition: () => true }), forwardSensitivity())).toThrow(refused("MISSING_CAPABILITY", "discrete ones, such as callback 0"));
  });

  test("an affect that changes p, or a condition that only touches zero, is an error in place of a wrong number", () => {
    const { derivatives } = tracedEvent({ dim: 2, paramCount: 2, affect: (_t, u) => u });
    for (const sensealg of [forwardSensitivity(), gaussAdjoint()]) {
      expect(() => run(presetTimeCallback({ times: [0.1], affect: ({ p }) => void (p[0] = 1), derivatives }), sensealg)).toThrow(refused("MISSING_CAPABILITY", "that of callback 0 changes p at t = 0.1"));
    }
    // By hand, with a condition that crosses zero and a derivative of it that says it does not.
    const still = continuousCallback({ condition: (_t, u) => u[0] - 0.5, derivatives: { condition: (_t, _u, _p, byState, byParameters) => { byState.fill(0); byParameters.fill(0); return 0; } } });
    for (const sensealg of [forwardSensitivity(), gaussAdjoint()]) expect(() => run(still, sensealg)).toThrow(refused("SOLVE_FAILED", "must pass through zero at a speed that is not 0: that of callback 0"));
  });
});

describe("tracedEvent", () => {
  test("refuses wrong options, and functions of wrong shapes where they are first needed", () => {
    const wrong = (code: string, message: string): Error => expect.objectContaining({ code, message: expect.stringContaining(message) as string }) as Error;
    expect(() => tracedEvent({ dim: 2 } as unknown as Parameters<typeof tracedEvent>[0])).toThrow(wrong("INVALID_OPTION", 'needs option "condition" or "affect"'));
    expect(() => tracedEvent({ dim: 0, affect: (_t, u) => u })).toThrow(wrong("INVALID_ARGUMENT", "dim"));
    expect(() => tracedEvent({ dim: 1, affect: 3 as unknown as (t: Tensor) => Tensor })).toThrow(wrong("INVALID_OPTION", 'option "affect" must be a function'));
    const { condition } = tracedEvent({ dim: 2, condition: (_t, u) => u });
    expect(() => condition(0, new Float64Array(2), new Float64Array(0))).toThrow(wrong("SHAPE_MISMATCH", "the condition of an event as its shape must be []: current shape is [2]"));
    // The rest of a longer state would be taken for lost.
    const short = tracedEvent({ dim: 1, condition: (_t, u) => at(u, 0), affect: (_t, u) => mul(u, 2) });
    expect(() => short.affect!({ t: 0, u: new Float64Array(2), p: new Float64Array(0), terminate: () => {} })).toThrow(wrong("SHAPE_MISMATCH", 'option "dim" must be the length of the state: it is 1, the state has 2'));
    expect(() => short.condition(0, new Float64Array(1), new Float64Array(3))).toThrow(wrong("SHAPE_MISMATCH", 'option "paramCount" must be the length of the parameters: it is 0, the parameters have 3'));
    const { affect } = tracedEvent({ dim: 2, affect: () => 3 as unknown as Tensor });
    expect(() => affect({ t: 0, u: new Float64Array(2), p: new Float64Array(0), terminate: () => {} })).toThrow(wrong("INVALID_TRACE", "it returned 3"));
  });
});
