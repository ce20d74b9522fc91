import { bs3, dop853, dp5, linearize, odeProblem, rk4, solve, tsit5, vectorField, vern7, vern9, type BoundField, type Linearization, type OdeProblem, type SensitivityAlgorithm, type SolveOptions, type VectorField } from "@fluxion/ode-core";
import { afterEach, expect, test, vi } from "vitest";
import { testSensealg } from "@fluxion/testkit";
import { discreteAdjoint } from "./discrete-adjoint.ts";
import { forwardSensitivity } from "./forward-sensitivity.ts";
import { gaussAdjoint } from "./gauss-adjoint.ts";
import { interpolatingAdjoint } from "./interpolating-adjoint.ts";

testSensealg(discreteAdjoint, { discrete: true });

/** Three of the four state equations feed the loss; 20 parameters. */
function counted(): { field: VectorField; counts: { rhs: number; vjp: number; bind: number } } {
  const counts = { rhs: 0, vjp: 0, bind: 0 };
  const plain = vectorField((t, u, p, out) => out.forEach((_, i) => void (out[i] = Math.sin(u[(i + 1) % 4] + p[i] * t))), {
    dim: 4,
    paramCount: 20,
    vjp: (t, u, p, w, outU, outP) => {
      for (let i = 0; i < 4; i++) {
        const slope = Math.cos(u[(i + 1) % 4] + p[i] * t) * w[i];
        outU[(i + 1) % 4] = slope;
        outP[i] += slope * t;
      }
    },
  });
  const bind = (p: Float64Array): BoundField => {
    const { rhs, vjp } = plain.bind(p) as Required<BoundField>;
    counts.bind++;
    return {
      rhs: (...args) => void (counts.rhs++, rhs(...args)),
      vjp: (...args) => void (counts.vjp++, vjp(...args)),
    };
  };
  return { field: { ...plain, bind }, counts };
}
const linear = (field: VectorField, steps: number, saveAt: number[], algorithm = rk4()): Linearization =>
  linearize(odeProblem(field, [1, 2, 3, 4], [0, 1], new Float64Array(20).fill(0.3)), algorithm, { dt: 1 / steps, adaptive: false, saveAt, sensealg: discreteAdjoint() });
const one = Float64Array.of(1, 0, 1, 1);

test("a solution that is simpler than its sensitivities needs dtmax, fixed steps or forwardSensitivity, as documented", () => {
  // A damped oscillator at rest, by the amplitude of a force that is zero: the solution by the equation is that of amplitude 1.
  const forced = vectorField((t, u, p, out) => void out.set([u[1], p[0] * Math.sin(10 * t) - u[0] - 0.1 * u[1]]), {
    dim: 2,
    paramCount: 1,
    jvp: (t, _u, _p, du, dp, out) => void out.set([du[1], (dp?.[0] ?? 0) * Math.sin(10 * t) - du[0] - 0.1 * du[1]]),
    vjp: (t, _u, _p, w, outU, outP) => {
      outU[0] = -w[1];
      outU[1] = w[0] - 0.1 * w[1];
      outP[0] += Math.sin(10 * t) * w[1];
    },
  });
  const atAmplitude = (p: number): OdeProblem => odeProblem(forced, [0, 0], [0, 20], [p]);
  const exact = solve(atAmplitude(1), vern9(), { reltol: 1e-12, abstol: 1e-12, saveAt: [20] }).u[0][0];
  const error = (sensealg: SensitivityAlgorithm, options: SolveOptions, algorithm = tsit5()): number => {
    const { pull } = linearize(atAmplitude(0), algorithm, { reltol: 1e-9, abstol: 1e-9, saveAt: [20], ...options, sensealg });
    return Math.abs(pull([Float64Array.of(1, 0)]).dp[0] - exact);
  };
  expect(error(discreteAdjoint(), {})).toBeGreaterThan(exact);
  expect(error(discreteAdjoint(), { reltol: 1e-12, abstol: 1e-12 })).toBeGreaterThan(exact);
  expect(error(discreteAdjoint(), { dtmax: 0.05 })).toBeLessThan(1e-6);
  expect(error(discreteAdjoint(), { dt: 0.02 }, rk4())).toBeLessThan(1e-6);
  for (const sensealg of [forwardSensitivity(), gaussAdjoint(), interpolatingAdjoint()]) expect(error(sensealg, {})).toBeLessThan(1e-7);
});

test.each([tsit5(), dp5(), bs3(), vern7(), vern9(), dop853()])("$name: is right on the slow solutions of a stiff problem, where what has died out must not grow in the steps", (algorithm) => {
  // x' = -k (x - y - p_1), y' = -y + sin t + p_2 from (1/2, 1): derivatives by p are 1 - e^-kt and 0, the solution of x' = k (y - x), y' = 1 - y.
  const k = 1000;
  const stiff = vectorField((t, u, p, out) => void out.set([-k * (u[0] - u[1] - p[0]), -u[1] + Math.sin(t) + p[1]]), {
    dim: 2,
    paramCount: 2,
    vjp: (_t, _u, _p, w, outU, outP) => {
      outU[0] = -k * w[0];
      outU[1] = k * w[0] - w[1];
      outP[0] += k * w[0];
      outP[1] += w[1];
    },
  });
  const saveAt = Array.from({ length: 10 }, (_, i) => (i + 1) / 2);
  const exact = [0, 0];
  for (const t of saveAt) {
    exact[0] -= Math.expm1(-k * t);
    exact[1] -= Math.expm1(-k * t) + (k / (k - 1)) * (Math.exp(-t) - Math.exp(-k * t)) + Math.expm1(-t);
  }
  for (const reltol of [1e-4, 1e-6, 1e-8]) {
    const { pull } = linearize(odeProblem(stiff, [0.5, 1], [0, 5], [0, 0]), algorithm, { reltol, abstol: reltol / 100, saveAt, sensealg: discreteAdjoint() });
    pull(saveAt.map(() => Float64Array.of(1, 1))).dp.forEach((x, i) => expect(Math.abs(x / exact[i] - 1)).toBeLessThan(1e-8));
  }
});

afterEach(() => void vi.unstubAllGlobals());

test("pull evaluates what it must: per rk4 step three stages and four transposes, per tsit5 step five and six, binding nothing", () => {
  for (const [algorithm, rhs, vjp] of [[rk4(), 3, 4], [tsit5(), 5, 6]] as const) {
    const { field, counts } = counted();
    const { pull } = linear(field, 50, [1], algorithm);
    Object.assign(counts, { rhs: 0, vjp: 0, bind: 0 });
    pull([one]);
    expect(counts).toEqual({ rhs: 50 * rhs, vjp: 50 * vjp, bind: 0 });
  }
});

test("a saved time that rounding moved off a step's end costs no dense output", () => {
  const { field, counts } = counted();
  // Steps end at 0.30000000000000004 and 0.6000000000000001.
  const { pull } = linear(field, 10, [0.3, 0.3000000000000001, 0.6, 0.6000000000000002, 1]);
  Object.assign(counts, { rhs: 0, vjp: 0 });
  pull([one, one, one, one, one]);
  expect([counts.rhs, counts.vjp]).toEqual([30, 40]);
});

test("steps after the last gradient cost nothing", () => {
  const { field, counts } = counted();
  const { pull } = linear(field, 50, [0.5, 1]);
  Object.assign(counts, { rhs: 0, vjp: 0 });
  pull([one, new Float64Array(4)]);
  expect([counts.rhs, counts.vjp]).toEqual([75, 100]);
});

test("pull makes no more typed arrays for more steps, also when saved between steps", () => {
  let made = 0;
  class Counted extends Float64Array {
    constructor(...args: [number]) {
      super(...args);
      made++;
    }
  }
  const count = (steps: number): number => {
    const { pull } = linear(counted().field, steps, [0.123, 0.777, 1]);
    const uBar = [one, one, one];
    vi.stubGlobal("Float64Array", Counted);
    made = 0;
    // The check of uBar sees the stand-in for Float64Array, too.
    pull(uBar.map((x) => Counted.from(x)));
    vi.unstubAllGlobals();
    return made;
  };
  expect(count(10)).toBeGreaterThan(0);
  expect(count(1000)).toBe(count(10));
});
