import { linearize, odeProblem, tsit5, vectorField } from "@fluxion/ode-core";
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
