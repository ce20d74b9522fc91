import { expect, test } from "vitest";
import { continuousCallback, discreteCallback, odeProblem, presetTimeCallback, solve, tsit5, type InPlaceRhs } from "./index.ts";

const oscillator: InPlaceRhs = (_t, u, _p, out) => {
  out[0] = u[1];
  out[1] = -u[0];
};
// u = (cos t, -sin t).
const problem = odeProblem(oscillator, [1, 0], [0, 10]);
const options = { reltol: 1e-11, abstol: 1e-11, saveAt: [10] };
const zero = (entry: number, more: object = {}): ReturnType<typeof continuousCallback> => continuousCallback({ condition: (_t, u) => u[entry], save: "none", ...more });

test("events are told in order, with their states and callbacks, whatever is saved", () => {
  const { events, t } = solve(problem, tsit5(), { ...options, callback: [presetTimeCallback({ times: [3], affect: () => {} , save: "none" }), zero(0), zero(1, { direction: "rising" })] });
  expect([...t]).toEqual([10]);
  // cos t = 0 at pi / 2, 3 pi / 2, 5 pi / 2; -sin t rises through 0 at pi and 3 pi.
  expect(events.map(({ callback }) => callback)).toEqual([1, 2, 1, 1, 2]);
  events.forEach(({ t: time, u }, i) => {
    const expected = [0.5, 1, 1.5, 2.5, 3][i] * Math.PI;
    expect(Math.abs(time - expected)).toBeLessThan(1e-8);
    expect(Math.abs(u[0] - Math.cos(expected)) + Math.abs(u[1] + Math.sin(expected))).toBeLessThan(1e-8);
  });
});

test("the state is that before the affect, and stays as it was", () => {
  const { events, retcode } = solve(problem, tsit5(), { ...options, callback: zero(0, { affect: ({ u }: { u: Float64Array }) => u.fill(0.1), terminal: true }) });
  expect([retcode, events.length]).toEqual(["terminated", 1]);
  expect(Math.abs(events[0].u[1] + 1)).toBeLessThan(1e-8);
});

test("without continuous callbacks there are none", () => {
  expect(solve(problem, tsit5(), options).events).toEqual([]);
  expect(solve(problem, tsit5(), { ...options, callback: discreteCallback({ condition: () => true }) }).events).toEqual([]);
});

test("where nothing is done the two sides of an event are saved once", () => {
  const saved = (more: object): number[] => [...solve(problem, tsit5(), { ...options, callback: zero(0, { save: "both", ...more }) }).t].filter((t) => t < 10);
  expect(saved({}).length).toBe(3);
  expect(saved({ terminal: true }).length).toBe(1);
  expect(saved({ affect: () => {} }).length).toBe(6);
  expect(saved({ save: "after" }).length).toBe(3);
  const everyStep = solve(problem, tsit5(), { callback: zero(0, { save: "both", terminal: true }) }).t;
  expect(new Set(everyStep).size).toBe(everyStep.length);
});
