import { kahanLi8, mcAte4, ruth3, symplecticEuler, velocityVerlet, yoshida6 } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { keplerDrift } from "./fixtures/kepler.ts";

// Energy and position errors by independent prototypes at these step numbers, rounded up.
test.each([
  ["symplecticEuler", symplecticEuler(), 1000, 1.8e-2, 0.1],
  ["velocityVerlet", velocityVerlet(), 4000, 1.9e-5, 0.52],
  ["ruth3", ruth3(), 1333, 5.7e-8, 4.1e-4],
  ["mcAte4", mcAte4(), 1000, 8e-10, 1.4e-5],
  ["yoshida6", yoshida6(), 571, 5e-10, 2e-5],
  ["kahanLi8", kahanLi8(), 235, 2e-12, 1e-7],
] as const)("%s keeps the energy of a Kepler orbit over 1,000 periods", (_name, algorithm, steps, energy, position) => {
  const drift = keplerDrift(algorithm, steps, 1000);
  expect(drift.all).toBeLessThan(energy);
  expect(drift.all).toBeLessThanOrEqual(1.05 * drift.first);
  expect(drift.position).toBeLessThan(position);
});
