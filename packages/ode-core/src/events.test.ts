import { describe, expect, test } from "vitest";
import { algorithms, continuousCallback, discreteCallback, init, odeProblem, presetTimeCallback, rk4, solve, tsit5, vectorField, type Callback, type CallbackState, type InPlaceRhs } from "./index.ts";

const g = 9.81;
const ball: InPlaceRhs = (_t, u, _p, out) => {
  out[0] = u[1];
  out[1] = -g;
};
const oscillator: InPlaceRhs = (_t, u, _p, out) => {
  out[0] = u[1];
  out[1] = -u[0];
};
const decay: InPlaceRhs = (_t, u, _p, out) => void (out[0] = -u[0]);
const clock: InPlaceRhs = (_t, _u, _p, out) => void (out[0] = 1);
const tight = { reltol: 1e-12, abstol: 1e-12 };
/** Collects the times at which it is called. */
const noting = (times: number[]) => ({ t }: CallbackState): void => void times.push(t);
const bouncing = (times: number[], restitution: number, interpPoints = 8): Callback =>
  continuousCallback({
    condition: (_t, u) => u[0],
    interpPoints,
    affect: ({ t, u }) => {
      times.push(t);
      u[1] *= -restitution;
    },
  });
/** Times at which a ball dropped from `height` hits the floor. */
function impacts(height: number, restitution: number, count: number): number[] {
  let t = Math.sqrt((2 * height) / g);
  let v = g * t;
  return Array.from({ length: count }, () => {
    const now = t;
    v *= restitution;
    t += (2 * v) / g;
    return now;
  });
}
const expectTimes = (times: readonly number[], expected: readonly number[], tolerance: number): void => {
  expect(times.length).toBe(expected.length);
  times.forEach((t, i) => expect(Math.abs(t - expected[i]), `event ${i} at ${t}`).toBeLessThan(tolerance * Math.max(1, Math.abs(expected[i]))));
};

describe("continuous events", () => {
  test("a ball dropped from 5 m hits the floor at 1.0096375546923042 and goes on bouncing, above the floor all the time", () => {
    const times: number[] = [];
    const solution = solve(odeProblem(ball, [5, 0], [0, 6]), tsit5(), { callback: bouncing(times, 0.8) });
    expectTimes(times, impacts(5, 0.8, 5), 1e-12);
    expect(times[0]).toBeCloseTo(1.0096375546923042, 13);
    for (let i = 0; i <= 600; i++) expect(solution.at(i / 100)[0]).toBeGreaterThan(-1e-11);
  });

  test.each([[1, 1e-9], [0.99, 1e-9]])("1000 bounces with restitution %d, none missed, flights far shorter than the steps included", (restitution, tolerance) => {
    for (const interpPoints of [0, 8]) {
      const times: number[] = [];
      const callback = [bouncing(times, restitution, interpPoints), discreteCallback({ condition: () => times.length === 1000, terminal: true })];
      const solution = solve(odeProblem(ball, [1, 0], [0, 1e4]), tsit5(), { dense: false, saveAt: [1e4], callback });
      expectTimes(times, impacts(1, restitution, 1000), tolerance);
      expect(solution.retcode).toBe("terminated");
    }
  });

  test("crossings of sin t, rising, falling and both, forwards and backwards, to rounding", () => {
    for (const direction of ["rising", "falling", "both"] as const) {
      const wanted = (k: number): boolean => direction === "both" || (direction === "rising") === (k % 2 === 0);
      const crossings = [1, 2, 3, 4, 5, 6].filter(wanted).map((k) => k * Math.PI);
      const forth: number[] = [];
      solve(odeProblem(oscillator, [0, 1], [0, 20]), tsit5(), { ...tight, callback: continuousCallback({ condition: (_t, u) => u[0], direction, affect: noting(forth) }) });
      expectTimes(forth, crossings, 2e-11);
      const back: number[] = [];
      const start = [Math.sin(20), Math.cos(20)];
      solve(odeProblem(oscillator, start, [20, 0.1]), tsit5(), { ...tight, callback: continuousCallback({ condition: (_t, u) => u[0], direction, affect: noting(back) }) });
      // Passed backwards, what rises falls.
      const reversed = [6, 5, 4, 3, 2, 1].filter((k) => wanted(k + 1) || direction === "both").map((k) => k * Math.PI);
      expectTimes(back, reversed, 2e-11);
    }
  });

  test("the apocentre of a Kepler orbit is at half a period", () => {
    const kepler: InPlaceRhs = (_t, u, _p, out) => {
      const r3 = Math.hypot(u[0], u[1]) ** 3;
      [out[0], out[1], out[2], out[3]] = [u[2], u[3], -u[0] / r3, -u[1] / r3];
    };
    const times: number[] = [];
    const callback = continuousCallback({ condition: (_t, u) => u[0] * u[2] + u[1] * u[3], direction: "falling", affect: noting(times) });
    solve(odeProblem(kepler, [0.4, 0, 0, 2], [0, 20]), tsit5(), { reltol: 1e-13, abstol: 1e-13, callback });
    expectTimes(times, [1, 3, 5].map((k) => k * Math.PI), 1e-11);
  });

  test("a double pendulum first hangs straight down with its upper arm at 0.5862789102833538", () => {
    const f: InPlaceRhs = (_t, [a, b, va, vb], _p, out) => {
      const d = a - b;
      const m = 2 - Math.cos(d) ** 2;
      const x = -vb * vb * Math.sin(d) - 2 * 9.81 * Math.sin(a);
      const y = va * va * Math.sin(d) - 9.81 * Math.sin(b);
      [out[0], out[1], out[2], out[3]] = [va, vb, (x - Math.cos(d) * y) / m, (2 * y - Math.cos(d) * x) / m];
    };
    const callback = continuousCallback({ condition: (_t, u) => u[0], terminal: true });
    const solution = solve(odeProblem(f, [0.1, 0.1, 0, 0], [0, 1]), tsit5(), { reltol: 1e-13, abstol: 1e-13, callback });
    expect(solution.t.at(-1)).toBeCloseTo(0.5862789102833538, 11);
  });

  test("of several events in one step the earliest comes first, whatever their order in the list", () => {
    for (const order of [[0.7, 0.3, 0.5], [0.3, 0.5, 0.7]]) {
      const times: number[] = [];
      const callback = order.map((at) => continuousCallback({ condition: (_t, u) => u[0] - at, affect: noting(times) }));
      const { stats } = solve(odeProblem(clock, [0], [0, 1]), rk4(), { dt: 1, callback });
      expectTimes(times, [0.3, 0.5, 0.7], 1e-15);
      expect(stats.naccept).toBe(4);
    }
  });

  test("an event moves or removes the later ones of its step", () => {
    const times: number[] = [];
    const callback = [
      continuousCallback({ condition: (_t, u) => u[0] - 0.6, affect: noting(times) }),
      continuousCallback({ condition: (_t, u) => u[0] - 0.5, affect: ({ t, u }) => void (times.push(t), (u[0] = t < 0.6 ? 0 : 0.7)) }),
    ];
    const solution = solve(odeProblem(clock, [0], [0, 1.5]), rk4(), { dt: 2, callback });
    expectTimes(times, [0.5, 1], 1e-15);
    expect(solution.u.at(-1)![0]).toBeCloseTo(1.2, 14);
  });

  test("ties happen together, in the order of the list, each seeing what the one before it did", () => {
    const seen: string[] = [];
    const callback = ["a", "b", "c"].map((name) =>
      continuousCallback({ condition: (_t, u) => (name === "b" ? 0.5 - u[0] : u[0] - 0.5), affect: ({ u }) => void (seen.push(`${name} ${u[1]}`), u[1]++) }),
    );
    const tstop = presetTimeCallback({ times: [0.5], affect: ({ u }) => void (seen.push(`preset ${u[1]}`), u[1]++) });
    solve(odeProblem((_t, _u, _p, out) => void ([out[0], out[1]] = [1, 0]), [0, 0], [0, 1]), tsit5(), { callback: [callback[0], tstop, callback[1], callback[2]] });
    expect(seen).toEqual(["a 0", "preset 1", "b 2", "c 3"]);
  });

  test("is not triggered at t0, neither by an exact zero nor by one up to rounding, but where it comes back", () => {
    for (const offset of [0, 1e-16, -1e-16]) {
      for (const speed of [1, -1]) {
        const times: number[] = [];
        const condition = (_t: number, u: Float64Array): number => u[0] + offset;
        solve(odeProblem(oscillator, [0, speed], [0, 4]), tsit5(), { ...tight, callback: continuousCallback({ condition, affect: noting(times) }) });
        expectTimes(times, [Math.PI], 1e-11);
      }
    }
  });

  test("is not triggered again at the point where it happened, with or without a change of state", () => {
    for (const affect of [(): void => undefined, ({ u }: CallbackState): void => void (u[0] += 1e-17), ({ u }: CallbackState): void => void (u[0] = 1)]) {
      for (const target of [1, 1 / 3, 0.1 + 0.2, 1e-9, 0.99999]) {
        let count = 0;
        const callback = continuousCallback({ condition: (t) => t - target, affect: (state) => void (count++, affect(state)) });
        expect(solve(odeProblem(clock, [0], [0, 2]), tsit5(), { callback }).retcode).toBe("success");
        expect(count).toBe(1);
      }
    }
  });

  test("a jump across zero that an affect makes is no event; the way back is", () => {
    const times: number[] = [];
    const jump = presetTimeCallback({ times: [0.5], affect: ({ u }) => void (u[0] = -1) });
    solve(odeProblem(clock, [0.1], [0, 3]), tsit5(), { callback: [jump, continuousCallback({ condition: (_t, u) => u[0], affect: noting(times) })] });
    expectTimes(times, [1.5], 1e-14);
  });

  test("finds both of two roots within a step with points inside, and none without", () => {
    for (const [interpPoints, expected] of [[8, [0.4, 0.6]], [0, []]] as const) {
      const times: number[] = [];
      const callback = continuousCallback({ condition: (t) => (t - 0.4) * (t - 0.6), interpPoints, affect: noting(times) });
      solve(odeProblem(clock, [0], [0, 1]), rk4(), { dt: 1, callback });
      expectTimes(times, expected, 1e-15);
    }
  });

  test("far from zero, where no event can hide, points inside are not looked at; near it none is missed", () => {
    const calls = (level: number, interpPoints: number): number => {
      let count = 0;
      const condition = (_t: number, u: Float64Array): number => (count++, u[0] - level);
      solve(odeProblem(oscillator, [0, 1], [0, 100]), tsit5(), { callback: continuousCallback({ condition, interpPoints }) });
      return count;
    };
    expect(calls(10, 8)).toBeLessThan(1.1 * calls(10, 0));
    // The time above the level is a tenth, the steps of this tolerance are several times that.
    for (const [interpPoints, found] of [[0, 8], [8, 64]]) {
      const times: number[] = [];
      const callback = continuousCallback({ condition: (_t, u) => u[0] - Math.cos(0.05), interpPoints, affect: noting(times) });
      solve(odeProblem(oscillator, [0, 1], [0, 200]), tsit5(), { reltol: 1e-5, abstol: 1e-5, callback });
      expect(times.length).toBe(found);
    }
  });

  test("grazing: a curve that stays clear of zero has no event, one that passes by a little has two", () => {
    for (const [height, count] of [[1e-3, 0], [-1e-3, 2]]) {
      const times: number[] = [];
      const callback = continuousCallback({ condition: (_t, u) => 1 + height - u[0], interpPoints: 40, affect: noting(times) });
      solve(odeProblem(oscillator, [0, 1], [0, 3]), tsit5(), { ...tight, callback });
      expectTimes(times, count === 0 ? [] : [Math.asin(1 + height), Math.PI - Math.asin(1 + height)], 1e-9);
    }
    // It touches zero at the end of a step: one event, and the way back is no other.
    const touched: number[] = [];
    solve(odeProblem(clock, [0], [0, 1]), rk4(), { dt: 0.25, callback: continuousCallback({ condition: (t) => (t - 0.5) ** 2, affect: noting(touched) }) });
    expectTimes(touched, [0.5], 1e-15);
  });

  test("at t1 it happens, a condition that stays zero or is NaN never does", () => {
    const times: number[] = [];
    const at = (value: (t: number) => number): Callback => continuousCallback({ condition: value, affect: noting(times) });
    const solution = solve(odeProblem(clock, [0], [0, 1]), tsit5(), { callback: [at((t) => t - 1), at(() => 0), at(() => NaN)] });
    expect([times, solution.retcode]).toEqual([[1], "success"]);
  });
});

const unstructured = Object.values(algorithms).map((make) => make()).filter(({ structure }) => structure === undefined);
test.each(unstructured.map((algorithm) => [algorithm.name, algorithm] as const))("%s: restarts after an event that changes the state, and after one that changes p", (_name, algorithm) => {
  const field = vectorField((_t, u, p, out) => void ([out[0], out[1]] = [u[1], -p[0] * u[0]]), { dim: 2, paramCount: 1, jacobian: (_t, _u, p, out) => out.set([0, 1, -p[0], 0]) });
  const times: number[] = [];
  // From each zero on, half a period of another frequency, and another amplitude.
  const callback = continuousCallback({
    condition: (_t, u) => u[0],
    affect: ({ t, u, p }) => {
      times.push(t);
      u[1] *= 2;
      p[0] *= 4;
    },
  });
  const error = (dt: number): number => {
    times.length = 0;
    solve(odeProblem(field, [0, 1], [0, 6], [1]), algorithm, { ...(algorithm.order < 3 ? { dt, adaptive: false } : tight), dt, callback });
    return Math.max(...[1, 1.5, 1.75].map((k, i) => Math.abs(times[i] - k * Math.PI)));
  };
  // A method that kept anything of the time before an event would be off by far more than its order allows.
  expect(error(1e-3)).toBeLessThan(algorithm.order === 1 ? 3e-2 : algorithm.order < 3 ? 3e-5 : 1e-8);
});

describe("what an event does", () => {
  test("terminal ends the solve at the event, within what is solved", () => {
    const solution = solve(odeProblem(decay, [1], [0, 5]), tsit5(), { ...tight, callback: continuousCallback({ condition: (_t, u) => u[0] - 0.5, terminal: true }) });
    expect(solution.retcode).toBe("terminated");
    expect(solution.message).toContain("callback 0");
    expect(solution.t.at(-1)).toBeCloseTo(Math.LN2, 11);
    expect(solution.u.at(-1)![0]).toBeCloseTo(0.5, 15);
    expect(solution.at(0.3)[0]).toBeCloseTo(Math.exp(-0.3), 11);
    expect(() => solution.at(0.7)).toThrow(expect.objectContaining({ code: "OUT_OF_RANGE" }));
    const condition = (t: number): boolean => t >= 2;
    const stopped = solve(odeProblem(decay, [1], [0, 5]), rk4(), { dt: 0.3, callback: discreteCallback({ condition, affect: (state) => void state.terminate() }) });
    expect([stopped.retcode, stopped.t.at(-1)]).toEqual(["terminated", 0.3 * 7]);
  });

  test("a change of p is bound anew, and leaves the problem's own parameters alone", () => {
    let bound = 0;
    const plain = vectorField((_t, u, p, out) => void (out[0] = -p[0] * u[0]), { dim: 1, paramCount: 1 });
    const field = {
      ...plain,
      // Keeps a copy, as a compiled field does.
      bind: (p: Float64Array) => {
        bound++;
        return plain.bind(p.slice());
      },
    };
    const problem = odeProblem(field, [1], [0, 3], [1]);
    const callback = [presetTimeCallback({ times: [1], affect: ({ p }) => void (p[0] = 2) }), presetTimeCallback({ times: [2], affect: ({ p }) => void (p[0] = 0) })];
    const solution = solve(problem, tsit5(), { ...tight, callback });
    for (const [t, exponent] of [[0.5, 0.5], [1, 1], [1.5, 2], [2, 3], [2.5, 3], [3, 3]]) expect(solution.at(t)[0]).toBeCloseTo(Math.exp(-exponent), 11);
    expect([problem.p[0], bound]).toEqual([1, 4]);
    const counted = solve(problem, tsit5(), { callback }).stats;
    // Two for the first step, whose slope serves as the first stage, and a first stage after each of two changes.
    expect(counted.nf).toBe(6 * (counted.naccept + counted.nreject) + 2 + 2);
  });

  test("parameters changed by an event are those of later conditions", () => {
    const times: number[] = [];
    const callback = continuousCallback({ condition: (t, _u, p) => t - p[0], affect: ({ t, p }) => void (times.push(t), (p[0] += 0.25)) });
    solve(odeProblem(clock, [0], [0, 1.1], [0.25]), tsit5(), { callback });
    expectTimes(times, [0.25, 0.5, 0.75, 1], 1e-15);
  });

  test("doses at given times, forwards and backwards, the first at t0", () => {
    const times = [4, 0, 2, 9, -1];
    const forth = solve(odeProblem(decay, [0], [0, 6]), tsit5(), { ...tight, callback: presetTimeCallback({ times, affect: ({ u }) => void u[0]++ }) });
    const expected = (t: number): number => [0, 2, 4].filter((s) => s <= t).reduce((sum, s) => sum + Math.exp(s - t), 0);
    for (const t of [0, 1, 2, 3, 4, 5, 6]) expect(forth.at(t)[0]).toBeCloseTo(expected(t), 10);
    const back = solve(odeProblem(decay, forth.u.at(-1)!, [6, 0]), tsit5(), { ...tight, callback: presetTimeCallback({ times, affect: ({ u }) => void u[0]-- }) });
    expect(back.u.at(-1)![0]).toBeCloseTo(0, 9);
    expect(back.at(3)[0]).toBeCloseTo(expected(3), 9);
  });

  test("the step size is kept: a dose costs few evaluations", () => {
    const run = (times: number[]): number => solve(odeProblem(oscillator, [1, 0], [0, 50]), tsit5(), { callback: presetTimeCallback({ times, affect: ({ u }) => void (u[0] += 1e-3) }) }).stats.nf;
    expect(run([10, 20, 30, 40]) - run([])).toBeLessThan(4 * 25);
  });

  test("a discrete callback is looked at after each step, and its change restarts the method", () => {
    const at: number[] = [];
    const condition = (t: number, u: Float64Array): boolean => {
      at.push(t);
      return u[0] < 0.5;
    };
    const callback = discreteCallback({ condition, affect: ({ u }) => void (u[0] += 1) });
    const solution = solve(odeProblem(decay, [1], [0, 2]), rk4(), { dt: 0.1, callback });
    expect(at.length).toBe(20);
    expect(solution.at(0.65)[0]).toBeCloseTo(Math.exp(-0.65), 6);
    expect(solution.at(0.75)[0]).toBeCloseTo(Math.exp(-0.75) + Math.exp(-0.05), 6);
  });
});

test("events that are apart by rounding only happen together, and once each", () => {
  for (const apart of [1, 2, 8, 14]) {
    const counts = [0, 0];
    const hit = (i: number, c: number): Callback => continuousCallback({ condition: (t) => t - c, affect: () => void counts[i]++ });
    solve(odeProblem(clock, [0], [0, 2]), tsit5(), { dtmax: 0.07, callback: [hit(0, 1), hit(1, 1 + apart * Number.EPSILON)] });
    expect([apart, ...counts]).toEqual([apart, 1, 1]);
  }
});

test("an integrator stepped by hand stops at events, too", () => {
  const integrator = init(odeProblem(clock, [0], [0, 1]), rk4(), { dt: 0.4, callback: continuousCallback({ condition: (_t, u) => u[0] - 0.5, affect: ({ u, p }) => void ((u[0] = 10), (p[0] = 3)) }) });
  expect([integrator.p.length, integrator.step(), integrator.step()]).toEqual([0, true, true]);
  expect(integrator.t).toBeCloseTo(0.5, 14);
  expect(integrator.u[0]).toBe(10);
});

test("what is wrong with a callback is said", () => {
  const invalid = expect.objectContaining({ code: "INVALID_OPTION" });
  const condition = (t: number): number => t;
  expect(() => continuousCallback({} as never)).toThrow('option "condition" is required');
  expect(() => continuousCallback({ condition, direction: "up" as never })).toThrow(invalid);
  expect(() => continuousCallback({ condition, interpPoints: -1 })).toThrow(invalid);
  expect(() => continuousCallback({ condition, save: true as never })).toThrow(invalid);
  expect(() => discreteCallback({ condition: 1 as never })).toThrow(invalid);
  expect(() => presetTimeCallback({ times: [NaN], affect: () => undefined })).toThrow(invalid);
  expect(() => solve(odeProblem(clock, [0], [0, 1]), tsit5(), { callback: { condition } as never })).toThrow(invalid);
});
