import { odeProblem, solve, tsit5, vectorField } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { energyDriftPercent, median, rollout, rolloutError } from "./evaluate-model.ts";
import type { Trajectory } from "./trajectory.ts";

const states = (...rows: readonly (readonly number[])[]): Float64Array[] => rows.map((row) => Float64Array.from(row));
const truth: Trajectory = { t: Float64Array.of(5, 5.5, 6, 7), u: states([1, 2], [0, 0], [3, 1], [2, 2]) };
const predicted = states([1, 2], [1, -2], [3, 4], [0, 0]);

describe("rolloutError", () => {
  test("is the mean square over times and entries up to a time after the first", () => {
    expect(rolloutError(predicted, truth, 2)).toBe((0 + 5 + 9 + 8) / 8);
    expect(rolloutError(predicted, truth, 1)).toBe((0 + 5 + 9) / 6);
    expect(rolloutError(predicted, truth, 0.7)).toBe(5 / 4);
    expect(rolloutError(predicted, truth, 100)).toBe(22 / 8);
  });

  test("counts backwards in time as well, and no negative spans", () => {
    const backwards = { t: truth.t.map((time) => -time), u: truth.u };
    expect(rolloutError(predicted, backwards, 1)).toBe(rolloutError(predicted, truth, 1));
    expect(() => rolloutError(predicted, truth, -1)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("is infinite when compared states are missing, and heeds no others", () => {
    expect(rolloutError(predicted.slice(0, 3), truth, 2)).toBe(Infinity);
    expect(rolloutError(predicted.slice(0, 3), truth, 1)).toBe(14 / 6);
  });

  test("counts a time that rounding put after the end", () => {
    const t = Float64Array.from({ length: 4 }, (_, k) => k * 0.1);
    expect(t[3]).toBeGreaterThan(0.3);
    expect(rolloutError(states([0], [0], [0], [2]), { t, u: states([0], [0], [0], [0]) }, 0.3)).toBe(1);
  });
});

describe("energyDriftPercent", () => {
  const energy = (u: Float64Array): number => u[0] + u[1];

  test("is the mean absolute deviation in percent of the energy above the least", () => {
    // Energies 3, -1, 7, 0 against 3; 8 above the least.
    expect(energyDriftPercent(predicted, truth, energy, -5)).toBe((100 * (0 + 4 + 4 + 3)) / 4 / 8);
    expect(energyDriftPercent(truth.u, truth, () => 4, 0)).toBe(0);
    // At rest there is nothing to spend.
    expect(energyDriftPercent(truth.u, truth, () => 4, 4)).toBe(0);
  });

  test("is infinite when states are missing", () => {
    expect(energyDriftPercent(predicted.slice(0, 3), truth, energy, -5)).toBe(Infinity);
  });
});

test("median takes the middle, or the mean of the middle two, and leaves its argument alone", () => {
  const values = [9, 1, 4];
  expect([median(values), median([4, 1, 9, 5]), median([7])]).toEqual([4, 4.5, 7]);
  expect(values).toEqual([9, 1, 4]);
  expect(median([1, Infinity, 2])).toBe(2);
  expect([median([1, 2, NaN]), median([3, NaN, 1])]).toEqual([NaN, NaN]);
  expect(() => median([])).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

describe("rollout", () => {
  const decay = vectorField((_t, u, p, out) => void (out[0] = -p[0] * u[0]), { dim: 1, paramCount: 1 });
  const observed: Trajectory = { t: Float64Array.of(2, 2.5, 4), u: states([3], [0], [0]) };

  test("starts at the first observed state and saves at the observed times, to 1e-9", () => {
    const { t, u } = rollout(decay, Float64Array.of(0.8), observed);
    expect(t).toEqual(observed.t);
    [3, 3 * Math.exp(-0.4), 3 * Math.exp(-1.6)].forEach((x, i) => expect(Math.abs(u[i][0] - x)).toBeLessThan(1e-8));
    expect(solve(odeProblem(decay, [3], [2, 4], [0.8]), tsit5(), { reltol: 1e-9, abstol: 1e-9, saveAt: observed.t }).u).toEqual(u);
  });

  test("of a model that blows up stops there", () => {
    const { retcode, u } = rollout(vectorField((_t, x, _p, out) => void (out[0] = x[0] * x[0]), { dim: 1 }), new Float64Array(0), { ...observed, t: Float64Array.of(0, 0.2, 4) });
    expect(retcode).not.toBe("success");
    expect(u.length).toBe(2);
    expect(rolloutError(u, observed, 2)).toBe(Infinity);
  });
});
