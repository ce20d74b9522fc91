import { describe, expect, test } from "vitest";
import { glorotNormal, glorotUniform, initializers, type Initializer } from "./initializers.ts";
import { seededRandom } from "./random.ts";

const [fanIn, fanOut] = [200, 300];
const draw = (init: Initializer, seed: number): Float64Array => {
  const out = new Float64Array(fanIn * fanOut);
  init(out, fanIn, fanOut, seededRandom(seed));
  return out;
};
const moment = (x: Float64Array, k: number): number => x.reduce((s, v) => s + v ** k, 0) / x.length;
const variance = 2 / (fanIn + fanOut);

describe.each(Object.entries(initializers))("%s", (_, init) => {
  const w = draw(init, 1);

  test("has mean 0 and variance 2 / (fanIn + fanOut)", () => {
    // Four standard errors of 60,000 draws; the variance of v^2 is at most 2 variance^2.
    expect(Math.abs(moment(w, 1))).toBeLessThan(4 * Math.sqrt(variance / w.length));
    expect(Math.abs(moment(w, 2) / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / w.length));
  });

  test("is reproducible", () => {
    expect(draw(init, 1)).toEqual(w);
    expect(draw(init, 2)).not.toEqual(w);
  });
});

test("uniform weights fill their interval and no more, normal ones have the fourth moment of a normal distribution", () => {
  const limit = Math.sqrt(6 / (fanIn + fanOut));
  const largest = Math.max(...draw(glorotUniform, 3).map(Math.abs));
  expect(largest).toBeLessThanOrEqual(limit);
  expect(largest).toBeGreaterThan(0.999 * limit);
  // Standard error of the fourth moment: sqrt(96 / n) variance^2.
  expect(Math.abs(moment(draw(glorotNormal, 3), 4) / variance ** 2 - 3)).toBeLessThan(4 * Math.sqrt(96 / (fanIn * fanOut)));
});

describe("seededRandom", () => {
  test("gives fixed numbers on every machine", () => {
    // MT19937 seeded with 1 gives 1791095845, 4282876139, 3093770124, 4005303368, ...; a number takes 53 bits of a pair.
    // The first pair is spent by the normal generator when it is made.
    const expected = ((3093770124 >>> 5) * 67108864 + (4005303368 >>> 6)) / 9007199254740992;
    expect(seededRandom(1).uniform(0, 1)).toBeCloseTo(expected, 15);
    expect(seededRandom(1).uniform(-2, 4)).toBeCloseTo(-2 + 6 * expected, 14);
    expect(seededRandom(9).normal(10, 2)).toBe(seededRandom(9).normal(10, 2));
  });

  test("normal numbers may have a standard deviation of zero, and no negative one", () => {
    expect(seededRandom(9).normal(3, 0)).toBe(3);
    for (const sd of [-1, NaN]) expect(() => seededRandom(9).normal(3, sd)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });

  test("0 is a seed like others", () => {
    const drawn = (seed: number): number[] => Array.from({ length: 4 }, () => seededRandom(seed).uniform(0, 1));
    expect(drawn(0)).toEqual(drawn(0));
    expect(drawn(0)).not.toEqual(drawn(1));
  });

  test("streams do not disturb one another", () => {
    const [a, b, alone] = [seededRandom(4), seededRandom(4), seededRandom(4)];
    const mixed = [a.normal(0, 1), b.uniform(0, 1), a.normal(0, 1), a.uniform(0, 1)];
    expect([alone.normal(0, 1), alone.normal(0, 1), alone.uniform(0, 1)]).toEqual([mixed[0], mixed[2], mixed[3]]);
  });

  test.each([-1, -1.5, 1.5, 2 ** 32, Number.NaN])("refuses the seed %d", (seed) => {
    expect(() => seededRandom(seed)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(`current value is ${seed}`) as string }));
  });
});
