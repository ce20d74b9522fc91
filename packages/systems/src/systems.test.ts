import { odeProblem, solve, tsit5, type VectorField } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { hamiltonianEnergy, hamiltonianField, lagrangianField, sampleStates, systems, type MechanicalSystem } from "./index.ts";

const none = new Float64Array(0);

function valueOf(field: VectorField, u: Float64Array): Float64Array {
  const out = new Float64Array(u.length);
  field.bind(none).rhs(0, u, out);
  return out;
}

describe.each(Object.values(systems).map((make) => make() as MechanicalSystem))("$name", (system) => {
  const d = system.coordinates;
  const states = sampleStates(1000, new Array<number>(2 * d).fill(-10), new Array<number>(2 * d).fill(10), 11);

  test("the closed form is what the Lagrangian implies, to 1e-12, on 1,000 large states", () => {
    const derived = lagrangianField(system);
    for (const u of states) {
      const want = valueOf(system.field, u);
      const got = valueOf(derived, u);
      const scale = Math.max(...want.map(Math.abs));
      for (let i = 0; i < 2 * d; i++) expect(Math.abs(got[i] - want[i])).toBeLessThan(1e-12 * scale);
    }
  });

  test("Hamiltonian and Lagrangian describe one motion: equal energies and velocities at p = dL/dv", () => {
    const canonical = hamiltonianField(system);
    const energy = hamiltonianEnergy(system);
    for (const u of states.slice(0, 100)) {
      // The energy is quadratic in v, so central differences of it by v give p without truncation error.
      const p = Float64Array.from({ length: d }, (_, i) => {
        const [up, down] = [u.slice(), u.slice()];
        up[d + i] += 1;
        down[d + i] -= 1;
        return (system.energy(up) - system.energy(down)) / 2;
      });
      const state = Float64Array.of(...u.subarray(0, d), ...p);
      expect(energy(state)).toBeCloseTo(system.energy(u), 8);
      const dq = valueOf(canonical, state);
      for (let i = 0; i < d; i++) expect(dq[i]).toBeCloseTo(u[d + i], 8);
    }
  });

  test("the energy is constant along the motion and never below its minimum", () => {
    const u0 = states[0];
    const end = solve(odeProblem(system.field, u0, [0, 2]), tsit5(), { reltol: 1e-12, abstol: 1e-12, saveAt: [2] }).u[0];
    expect(Math.abs(system.energy(end) - system.energy(u0))).toBeLessThan(1e-9 * Math.abs(system.energy(u0)));
    expect(system.energy(new Float64Array(2 * d))).toBeCloseTo(system.minEnergy, 12);
    for (const u of states) expect(system.energy(u)).toBeGreaterThanOrEqual(system.minEnergy - 1e-12);
  });
});

test("a bad parameter names itself", () => {
  expect(() => systems.pendulum({ length: 0 })).toThrow('option "length" must be a number > 0: current value is 0');
});

test("sampled states are the same for the same seed and within bounds", () => {
  expect(sampleStates(1, [0], [1], 0)).not.toEqual(sampleStates(1, [0], [1], 1));
  const [a] = sampleStates(1, [-1, 2], [1, 3], 5);
  expect(a).toEqual(sampleStates(1, [-1, 2], [1, 3], 5)[0]);
  expect(sampleStates(2, [0.5, -1], [0.5, 1], 5).map(([fixed]) => fixed)).toEqual([0.5, 0.5]);
  for (const [low, high] of [[1, 0], [NaN, 1], [0, Infinity]]) expect(() => sampleStates(1, [0, low], [1, high], 5)).toThrow(/low\[1\]/);
  const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
  for (const count of [-1, 1.5, NaN]) expect(() => sampleStates(count, [0], [1], 5)).toThrow(invalid);
  for (const seed of [-1, 2 ** 32]) expect(() => sampleStates(1, [0], [1], seed)).toThrow(invalid);
  expect(a[0]).toBeGreaterThanOrEqual(-1);
  expect(a[1]).toBeGreaterThanOrEqual(2);
});
