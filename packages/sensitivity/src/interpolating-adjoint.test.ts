import { kvaerno5, linearize, odeProblem, rodas5P, tsit5, vectorField } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { testSensealg } from "@fluxion/testkit";
import { interpolatingAdjoint } from "./interpolating-adjoint.ts";

testSensealg(interpolatingAdjoint);

/** Reverse evaluations of a pull with a state saved at each of `times`. */
function reverseEvaluations(times: number[]): number {
  let count = 0;
  const field = vectorField(
    (_t, u, p, out) => {
      out[0] = p[0] * u[0] - u[0] * u[1];
      out[1] = -3 * u[1] + u[0] * u[1];
    },
    {
      dim: 2,
      paramCount: 1,
      vjp: (_t, u, p, w, outU, outP) => {
        count++;
        outU[0] = (p[0] - u[1]) * w[0] + u[1] * w[1];
        outU[1] = -u[0] * w[0] + (u[0] - 3) * w[1];
        outP[0] += u[0] * w[0];
      },
    },
  );
  const { pull } = linearize(odeProblem(field, [1, 1], [0, 10], [1.5]), tsit5(), { saveAt: times, sensealg: interpolatingAdjoint() });
  pull(times.map(() => Float64Array.of(1, 1)));
  return count;
}

test("the step size is carried across saved times, also over ones that are close together", () => {
  const spread = Array.from({ length: 100 }, (_, i) => 0.1 * (i + 1));
  const paired = spread.flatMap((t) => [t - 1e-6, t]);
  // Choosing the first step anew would take at least 8 evaluations more for each of the times: 2 for the choice and a small step.
  expect(reverseEvaluations(spread)).toBeLessThan(2000);
  expect(reverseEvaluations(paired)).toBeLessThan(reverseEvaluations(spread) + 8 * 100);
});

test("implicit methods take the Jacobian of the adjoint equation by n evaluations, whatever the number of parameters", () => {
  const evaluations = (m: number): number => {
    let count = 0;
    const field = vectorField((_t, u, p, out) => void out.set([-p[0] * u[0] * u[1], p[0] * u[0] * u[1] - u[1]]), {
      dim: 2,
      paramCount: m,
      vjp: (_t, u, p, w, outU, outP) => {
        count++;
        const flow = w[1] - w[0];
        outU[0] = p[0] * u[1] * flow;
        outU[1] = p[0] * u[0] * flow - w[1];
        outP[0] += u[0] * u[1] * flow;
      },
    });
    const p = Float64Array.from({ length: m }, (_, i) => (i === 0 ? 2 : 0));
    const { pull } = linearize(odeProblem(field, [1, 0.1], [0, 5], p), rodas5P(), { saveAt: [5], sensealg: interpolatingAdjoint() });
    pull([Float64Array.of(1, 1)]);
    return count;
  };
  // The parameters that do nothing count in the norm of the error. A Jacobian of all columns would take about 30 times as many evaluations as the stages do.
  expect(evaluations(100)).toBeLessThan(1.1 * evaluations(1));
});

test("a method with stages beyond its steps has the error of its order at the start, too", () => {
  // kvaerno5 looks a quarter of a step ahead: u = u0 exp(-p t^2 / 2), du(1)/dp = -u / 2.
  const decay = vectorField((t, u, p, out) => void (out[0] = -p[0] * t * u[0]), {
    dim: 1,
    paramCount: 1,
    vjp: (t, u, p, w, outU, outP) => {
      outU[0] = -p[0] * t * w[0];
      outP[0] -= t * u[0] * w[0];
    },
  });
  for (const tspan of [[0, 1], [1, 0]] as const) {
    const sign = tspan[1] - tspan[0];
    const errors = [1e-5, 1e-9].map((tol) => {
      const { pull } = linearize(odeProblem(decay, [1], tspan, [1.3]), kvaerno5(), { reltol: tol, abstol: tol, saveAt: [tspan[1]], sensealg: interpolatingAdjoint() });
      return Math.abs(pull([Float64Array.of(1)]).dp[0] + (sign / 2) * Math.exp(-sign * 0.65));
    });
    expect(errors[0]).toBeLessThan(1e-3);
    expect(errors[1]).toBeLessThan(1e-7);
  }
});
