import { implicitMidpoint, kahanLi8, mcAte4, ruth3, symplecticEuler, velocityVerlet, yoshida6 } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { keplerDrift } from "./fixtures/kepler.ts";

describe("Kepler's problem with eccentricity 0.6 over 50 periods", () => {
  // Energy errors by independent prototypes at these step numbers, rounded up.
  test.each([
    ["symplecticEuler", symplecticEuler(), 1000, 1.85e-2],
    ["velocityVerlet", velocityVerlet(), 1000, 3e-4],
    ["ruth3", ruth3(), 1333, 5.7e-8],
    ["mcAte4", mcAte4(), 1000, 8e-10],
    ["yoshida6", yoshida6(), 571, 5e-10],
    ["kahanLi8", kahanLi8(), 235, 2e-12],
  ] as const)("%s: the energy error stays within 1.05 times that of the first period", (_name, algorithm, steps, bound) => {
    const { first, all } = keplerDrift(algorithm, steps, 50);
    expect(first).toBeGreaterThan(0);
    expect(all).toBeLessThan(bound);
    expect(all).toBeLessThanOrEqual(1.05 * first);
  });
});

test("implicitMidpoint, its equations solved to rounding, keeps the energy error of the first of 200 periods", () => {
  const { first, all } = keplerDrift(implicitMidpoint({ newtonTolerance: 1e-6 }), 1000, 200);
  // By a prototype that iterates each step to 1e-15: 3.334621e-4.
  expect(Math.abs(first - 3.334621e-4)).toBeLessThan(1e-10);
  expect(all / first).toBeLessThan(1 + 1e-6);
});
