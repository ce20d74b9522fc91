import { fromConfig, linearize, odeProblem, rodas5P, solve, tsit5, vectorField, vern9, type Algorithm, type SolveOptions } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { gaussAdjoint } from "./gauss-adjoint.ts";
import { interpolatingAdjoint } from "./interpolating-adjoint.ts";
import { pullScaled } from "./pull-scaled.ts";
import { sensealgs } from "./sensealgs.ts";

/** An epidemic in persons: susceptible, infected, recovered; p = (infections per day and pair of persons, recoveries per day). */
const epidemic = vectorField(
  (_t, u, p, out) => {
    const [infections, recoveries] = [p[0] * u[0] * u[1], p[1] * u[1]];
    [out[0], out[1], out[2]] = [-infections, infections - recoveries, recoveries];
  },
  {
    dim: 3,
    paramCount: 2,
    jvp: (_t, u, p, du, dp, out) => {
      const infections = p[0] * (du[0] * u[1] + u[0] * du[1]) + (dp ? dp[0] * u[0] * u[1] : 0);
      const recoveries = p[1] * du[1] + (dp ? dp[1] * u[1] : 0);
      [out[0], out[1], out[2]] = [-infections, infections - recoveries, recoveries];
    },
    vjp: (_t, u, p, w, outU, outP) => {
      const [infections, recoveries] = [w[1] - w[0], w[2] - w[1]];
      [outU[0], outU[1], outU[2]] = [p[0] * u[1] * infections, p[0] * u[0] * infections + p[1] * recoveries, 0];
      outP[0] += u[0] * u[1] * infections;
      outP[1] += u[1] * recoveries;
    },
  },
);
const [p, u0] = [[3e-8, 0.1], [1e7, 10, 0]];

/** Derivatives of the logarithm of the infected after 60 days by those of the parameters and of the susceptible and infected at the start. */
function logDerivatives(name: string, algorithm: Algorithm, options: SolveOptions): number[] {
  const { solution, pull } = linearize(odeProblem(epidemic, u0, [0, 60], p), algorithm, { ...options, saveAt: [60], sensealg: fromConfig(sensealgs, { name }) });
  const { dp, du0 } = pull([Float64Array.of(0, 1 / solution.u[0][1], 0)]);
  return [dp[0] * p[0], dp[1] * p[1], du0[0] * u0[0], du0[1] * u0[1]];
}

const adjoints = ["gaussAdjoint", "interpolatingAdjoint"] as const;

describe.each(adjoints)("%s", (name) => {
  test.each([["tsit5", tsit5()], ["rodas5P", rodas5P()]] as const)("with %s tells large states, small parameters and small gradients by the states from each other", (_name, algorithm) => {
    const expected = logDerivatives("forwardSensitivity", vern9(), { reltol: 1e-12, abstol: 1e-6 });
    expect(expected[0]).toBeCloseTo(13.2299, 4);
    for (const abstol of [1e-9, 1e-3, 1]) {
      logDerivatives(name, algorithm, { abstol }).forEach((x, i) => expect(Math.abs(x / expected[i] - 1)).toBeLessThan(1e-3));
    }
  });

  test.each([1e-12, 1, 1e12])("a parameter in units of %d", (unit) => {
    // u' = cos 3t p / unit, whose adjoint is constant.
    const forced = vectorField((t, _u, [x], out) => void (out[0] = (x / unit) * Math.cos(3 * t)), {
      dim: 1,
      paramCount: 1,
      vjp: (t, _u, _p, w, outU, outP) => {
        outU[0] = 0;
        outP[0] += (Math.cos(3 * t) * w[0]) / unit;
      },
    });
    const { pull } = linearize(odeProblem(forced, [0], [0, 10], [unit]), tsit5(), { saveAt: [10], sensealg: fromConfig(sensealgs, { name }) });
    expect(pull([Float64Array.of(1)]).dp[0] * unit).toBeCloseTo(Math.sin(30) / 3, 5);
  });

  test.each([1e-12, 1, 1e12])("a state in units of %d beside one that it drives", (unit) => {
    // u_0' = -u_0, u_1' = u_0 / unit - 2 u_1, so that u_1(3) = (e^-3 - e^-6) u_0(0) / unit + e^-6 u_1(0).
    const chain = vectorField((_t, u, _p, out) => void ([out[0], out[1]] = [-u[0], u[0] / unit - 2 * u[1]]), {
      dim: 2,
      vjp: (_t, _u, _p, w, outU) => void ([outU[0], outU[1]] = [w[1] / unit - w[0], -2 * w[1]]),
    });
    const { pull } = linearize(odeProblem(chain, [unit, 1], [0, 3]), tsit5(), { reltol: [1e-6, 2e-6], abstol: [1e-9 * unit, 1e-9], saveAt: [3], sensealg: fromConfig(sensealgs, { name }) });
    const { du0 } = pull([Float64Array.of(0, 1)]);
    expect(du0[0] * unit).toBeCloseTo(Math.exp(-3) - Math.exp(-6), 6);
    expect(du0[1]).toBeCloseTo(Math.exp(-6), 6);
  });

  test("zero takes no solve, and what is not finite fails as it is", () => {
    let calls = 0;
    const decay = vectorField((_t, u, _p, out) => void (out[0] = -u[0]), { dim: 1, vjp: (_t, _u, _p, w, outU) => void (calls++, (outU[0] = -w[0])) });
    const { pull } = linearize(odeProblem(decay, [1], [0, 1]), tsit5(), { saveAt: [1], sensealg: fromConfig(sensealgs, { name }) });
    expect([...pull([Float64Array.of(0)]).du0, calls]).toEqual([0, 0]);
    for (const x of [NaN, Infinity]) expect(() => pull([Float64Array.of(x)])).toThrow(expect.objectContaining({ code: "SOLVE_FAILED" }));
  });
});

test.each([5e-324, 1e-310, 3e-7, 1, 1.7e308])("pullScaled hands on entries of the size of 1 for %d, with all their digits", (x) => {
  const back = pullScaled([Float64Array.of(x / 2, -x), Float64Array.of(0, x)], (scaled) => {
    const largest = Math.abs(scaled[0][1]);
    expect(largest).toBeGreaterThanOrEqual(1 - 1e-15);
    expect(largest).toBeLessThanOrEqual(2);
    return { du0: scaled[0], dp: scaled[1] };
  });
  expect(back).toEqual({ du0: Float64Array.of(x / 2, -x), dp: Float64Array.of(0, x) });
});

test.each([gaussAdjoint(), interpolatingAdjoint()])("$name takes more parameters than a call takes arguments", (sensealg) => {
  const decay = vectorField((_t, u, [rate], out) => void (out[0] = -rate * u[0]), {
    dim: 1,
    paramCount: 200_000,
    vjp: (_t, u, [rate], w, outU, outP) => {
      outU[0] = -rate * w[0];
      outP[0] -= u[0] * w[0];
    },
  });
  const { pull } = solve(odeProblem(decay, [1], [0, 1], new Float64Array(200_000).fill(2)), tsit5(), { saveAt: [1], sensealg });
  expect(pull([Float64Array.of(1)]).dp[0]).toBeCloseTo(-Math.exp(-2), 5);
});
