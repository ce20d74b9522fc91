import fc from "fast-check";
import { expect, test } from "vitest";
import { continuousCallback, dop853, fbdf, kvaerno5, odeProblem, presetTimeCallback, radauIIA5, rk4, rodas5P, solve, trapezoid, tsit5, vcabm, vern7, type Callback, type InPlaceRhs, type OdeProblem, type SaveSides } from "./index.ts";

/** A clock that starts at 0, and a counter of what has happened. */
const clock: InPlaceRhs = (_t, _u, _p, out) => {
  out[0] = 1;
  out[1] = 0;
};
const count = ({ u }: { u: Float64Array }): void => void u[1]++;
const methods = [tsit5(), dop853(), vern7(), rk4(), trapezoid(), rodas5P(), kvaerno5(), radauIIA5(), fbdf(), vcabm()];
/** Times that are the same but for rounding, as they are written in different ways. */
const place = fc.record({ k: fc.integer({ min: 1, max: 39 }), way: fc.integer({ min: 0, max: 2 }) });
const places = fc.array(place, { maxLength: 4 });
const length = ({ k, way }: { k: number; way: number }): number => [k / 10, k * 0.1, (k * 0.3) / 3][way];

const cases = fc.record({
  algorithm: fc.constantFrom(...methods),
  // Away from 0, where times of a span are told apart that are the same but for rounding of the span.
  away: fc.constantFrom(0, 0.3, 1, 1e3),
  direction: fc.constantFrom(1, -1),
  dt: fc.constantFrom(0.1, 0.07, 0.4),
  saved: fc.option(fc.oneof(fc.constantFrom(0.1, 0.125, 0.3), places.filter((list) => list.length > 0)), { nil: undefined }),
  events: places,
  presets: places,
  stops: places,
  save: fc.constantFrom<SaveSides>("both", "before", "after", "none"),
});

test("saved times never run backwards, and states, events and dense output agree, where events, presets, stops and saved times meet", () => {
  fc.assert(fc.property(cases, ({ algorithm, away, direction, dt, saved, events, presets, stops, save }) => {
    const start = direction * away;
    const at = (p: { k: number; way: number }): number => start + direction * length(p);
    const sorted = (list: readonly { k: number; way: number }[]): number[] => list.map(at).sort((a, b) => direction * (a - b));
    const problem: OdeProblem = odeProblem(clock, [0, 0], [start, start + 4 * direction]);
    const callback: Callback[] = [
      ...events.map((p) => continuousCallback({ condition: (_t, u) => direction * u[0] - length(p), affect: count, save })),
      presetTimeCallback({ times: sorted(presets), affect: count, save }),
    ];
    const solution = solve(problem, algorithm, {
      ...(algorithm.startOrder === undefined ? { dt, adaptive: false } : { dtmax: dt }), callback, tstops: sorted(stops), dense: true,
      ...(saved === undefined ? {} : { saveAt: typeof saved === "number" ? saved : sorted(saved) }),
    });
    expect(solution.retcode).toBe("success");
    const t = [...solution.t];
    t.forEach((time, i) => expect(i === 0 || direction * (time - t[i - 1]) >= 0).toBe(true));
    for (const time of Array.isArray(saved) ? sorted(saved) : []) expect(t).toContain(time);

    const near = 1e-11 * Math.max(1, Math.abs(start));
    const due = [...events.map(at), ...new Set(presets.map(({ k }) => at({ k, way: 0 })))];
    // Things done before and after `time`: different numbers where it is one of their times.
    const done = (time: number, side: number): number => due.filter((other) => direction * (time - other) > -side * near).length;
    const isRight = (time: number, u: Float64Array): void => {
      expect(Math.abs(u[0] - (time - start))).toBeLessThan(near);
      expect(u[1]).toBeGreaterThanOrEqual(done(time, -1) - near);
      expect(u[1]).toBeLessThanOrEqual(done(time, 1) + near);
    };
    t.forEach((time, i) => isRight(time, solution.u[i]));
    for (const time of t) isRight(time, solution.at(time));
    expect(solution.events.length).toBe(events.length);
    solution.events.forEach((event, i) => {
      isRight(event.t, event.u);
      expect(i === 0 || direction * (event.t - solution.events[i - 1].t) >= 0).toBe(true);
      if (save === "both") expect(Math.min(...t.map((time) => Math.abs(time - event.t)))).toBeLessThan(near);
    });
  }), { numRuns: 400 });
});

test("an event at a time of saveAt is at that time, not beside it by rounding", () => {
  const solved = odeProblem((_t, _u, _p, out) => void (out[0] = 1), [0], [0, 4]);
  const callback = [
    presetTimeCallback({ times: [2], affect: ({ u }) => void (u[0] += 10) }),
    continuousCallback({ condition: (_t, u) => u[0] - 12.5, affect: ({ u }) => void u[0]++ }),
  ];
  const { t, u, events } = solve(solved, trapezoid(), { dt: 0.1, saveAt: [2.5, 4], callback });
  expect([...t]).toEqual([2, 2, 2.5, 2.5, 4]);
  expect(u.map((x) => Math.round(1e9 * x[0]) / 1e9)).toEqual([2, 12, 12.5, 13.5, 15]);
  expect(events.map((event) => event.t)).toEqual([2.5]);
});

test("a stop that differs from a time of saveAt by rounding saves both sides at that", () => {
  for (const [asked, stop] of [[0.30000000000000004, 0.3], [0.3, 0.30000000000000004]]) {
    const { t, u } = solve(odeProblem(clock, [0, 0], [0, 1]), tsit5(), { saveAt: [asked, 1], callback: presetTimeCallback({ times: [stop], affect: count }) });
    expect([t.length, t[0], t[1] - t[0] >= 0, t[2]]).toEqual([3, asked, true, 1]);
    expect(u.map((x) => x[1])).toEqual([0, 1, 1]);
  }
});
