import { describe, expect, test } from "vitest";
import { continuousCallback, odeProblem, rk4, solve, type Callback, type InPlaceRhs, type OdeProblem, type SaveSides } from "./index.ts";

const clock: InPlaceRhs = (_t, _u, _p, out) => void (out[0] = 1);

describe("what is saved", () => {
  const jump = (save: SaveSides): Callback => continuousCallback({ condition: (_t, u) => u[0] - 0.5, save, affect: ({ u }) => void (u[0] = 10) });
  const run = (problem: OdeProblem, save: SaveSides, saveAt?: number[]): [number, number][] => {
    const { t, u } = solve(problem, rk4(), { dt: 0.4, callback: jump(save), ...(saveAt ? { saveAt } : {}) });
    return Array.from(t, (time, i) => [Math.round(time * 1e12) / 1e12, Math.round(u[i][0] * 1e12) / 1e12]);
  };
  const problem = odeProblem(clock, [0], [0, 1]);
  const [before, after] = [[0.5, 0.5], [0.5, 10]];

  test("with every step: both sides, one of them, or as any other step", () => {
    for (const [save, sides] of [["both", [before, after]], ["before", [before]], ["after", [after]], ["none", [after]]] as const) {
      expect(run(problem, save)).toEqual([[0, 0], [0.4, 0.4], ...sides, [0.9, 10.4], [1, 10.5]]);
    }
  });

  test("with saveAt: what is asked for, and the sides of the event", () => {
    for (const [save, sides] of [["both", [before, after]], ["before", [before]], ["after", [after]], ["none", []]] as const) {
      expect(run(problem, save, [0.2, 0.45, 0.6])).toEqual([[0.2, 0.2], [0.45, 0.45], ...sides, [0.6, 10.1]]);
    }
  });

  test("with an event at a time of saveAt: the state before it, saved once", () => {
    for (const [save, sides] of [["both", [before, after]], ["before", [before]], ["after", [before, after]], ["none", [before]]] as const) {
      expect(run(problem, save, [0.5, 1])).toEqual([...sides, [1, 10.5]]);
    }
  });

  test("backwards as well", () => {
    expect(run(odeProblem(clock, [1], [1, 0]), "both", [0.75, 0.5])).toEqual([[0.75, 0.75], before, after]);
  });

  test("dense output is right on each side, and after the event at its time", () => {
    const solution = solve(problem, rk4(), { dt: 0.4, callback: jump("none") });
    for (const [t, u] of [[0.2, 0.2], [0.49, 0.49], [0.5 - 1e-13, 0.5], [0.5 + 1e-13, 10], [0.51, 10.01], [0.7, 10.2], [0.4, 0.4], [1, 10.5]]) expect(solution.at(t)[0]).toBeCloseTo(u, 11);
    expect(solution.derivative(0.5)[0]).toBeCloseTo(1, 12);
  });
});
