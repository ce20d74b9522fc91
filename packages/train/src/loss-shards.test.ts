import { lagrangianNN } from "@fluxion/lnn";
import { huber, mlp } from "@fluxion/nn-core";
import { rk4 } from "@fluxion/ode-core";
import { discreteAdjoint } from "@fluxion/sensitivity";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lossShards } from "./loss-shards.ts";
import type { Trajectory } from "./trajectory.ts";
import { trajectoryLoss, type TrajectoryLossOptions } from "./trajectory-loss.ts";

const model = lagrangianNN({ coordinates: 1, network: mlp({ hidden: [4] }) });
const common = { model, loss: huber({ delta: 0.5 }), algorithm: rk4(), solver: { dt: 0.05 }, sensealg: discreteAdjoint() };
/** A recording of so many times after the first. */
const recording = (times: number, k: number): Trajectory => {
  const t = Float64Array.from({ length: times + 1 }, (_, i) => 0.1 * i);
  return { t, u: Array.from(t, (_, i) => Float64Array.of(Math.sin(k + 0.1 * i), Math.cos(2 * k - 0.1 * i))) };
};
const withTimes = (times: readonly number[]): TrajectoryLossOptions => ({ ...common, trajectories: times.map(recording) });
const timesOf = (options: TrajectoryLossOptions, count: number): number[][] =>
  lossShards(options, count).map(({ options: { trajectories } }) => trajectories.map(({ t }) => t.length - 1));

describe("lossShards", () => {
  test.each([
    [[3, 3, 3, 3], 2, [[3, 3], [3, 3]]],
    [[3, 3, 3, 3, 3], 2, [[3, 3, 3], [3, 3]]],
    [[1, 1, 1, 9], 2, [[1, 1, 1], [9]]],
    [[9, 1, 1, 1], 2, [[9], [1, 1, 1]]],
    [[2, 2, 2, 2, 2, 2, 2], 3, [[2, 2], [2, 2, 2], [2, 2]]],
    [[5, 1], 7, [[5], [1]]],
    [[1, 1, 9], 3, [[1], [1], [9]]],
    [[4], 1, [[4]]],
  ])("%j in %d parts", (times, count, expected) => {
    expect(timesOf(withTimes(times), count)).toEqual(expected);
  });

  test.each([0, -1, 1.5, NaN])("refuses %d parts", (count) => {
    expect(() => lossShards(withTimes([2, 3]), count)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("counts compared times only", () => {
    expect(timesOf({ ...withTimes([1, 1, 1, 9]), intervals: 1 }, 2)).toEqual([[1, 1], [1, 9]]);
  });

  test("of nothing are none", () => {
    expect(() => lossShards(withTimes([]), 2)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("keeps every trajectory in order, none of the parts empty or longer than a fair one and a trajectory", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 12 }), (times, count) => {
        const shards = lossShards(withTimes(times), count);
        const parts = timesOf(withTimes(times), count);
        const total = times.reduce((a, b) => a + b, 0);
        expect(parts.flat()).toEqual(times);
        expect(parts.length).toBe(Math.min(count, times.length));
        expect(shards.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 14);
        parts.forEach((part, k) => {
          expect(part.length).toBeGreaterThan(0);
          const own = part.reduce((a, b) => a + b, 0);
          expect(shards[k].share).toBe(own / total);
          expect(own).toBeLessThanOrEqual(total / parts.length + Math.max(...times));
        });
      }),
    );
  });

  test.each([1, 2, 3, 8])("the weighted sum over %d parts is the whole", (count) => {
    const options = withTimes([3, 5, 2, 4, 4, 1]);
    const p = model.init(1);
    const whole = trajectoryLoss(options)(p);
    const [gradient, want] = [new Float64Array(p.length), whole.gradient.slice()];
    let [loss, rhsEvaluations] = [0, 0];
    for (const { options: part, share } of lossShards(options, count)) {
      const value = trajectoryLoss(part)(p);
      loss += share * value.loss;
      rhsEvaluations += value.rhsEvaluations;
      value.gradient.forEach((x, i) => void (gradient[i] += share * x));
    }
    expect(Math.abs(loss / whole.loss - 1)).toBeLessThan(1e-13);
    expect(rhsEvaluations).toBe(whole.rhsEvaluations);
    const scale = Math.hypot(...want);
    expect(Math.hypot(...gradient.map((x, i) => x - want[i])) / scale).toBeLessThan(1e-12);
  });
});
