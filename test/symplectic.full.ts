import { kahanLi8, ruth3, velocityVerlet, yoshida6 } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { keplerDrift } from "./fixtures/kepler.ts";

// Energy and position errors by independent prototypes at these step numbers, rounded up.
test.each([
  ["velocityVerlet", velocityVerlet(), 4000, 1.9e-5, 0.52],
  ["ruth3", ruth3(), 1333, 5.7e-8, 4.1e-4],
  ["yoshida6", yoshida6(), 571, 5e-10, 2e-5],
  ["kahanLi8", kahanLi8(), 235, 2e-12, 1e-7],
] as const)("%s keeps the energy of a Kepler orbit over 1,000 periods", (_name, algorithm, steps, energy, position) => {
  const drift = keplerDrift(algorithm, steps, 1000);
  expect(drift.all).toBeLessThan(energy);
  expect(drift.all).toBeLessThanOrEqual(1.05 * drift.first);
  expect(drift.position).toBeLessThan(position);
});
