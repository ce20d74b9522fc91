import { expect, test } from "vitest";
import { algorithms, autoTsit5, odeProblem, solve, vectorField, type Algorithm, type BoundField, type OdeProblem, type OdeSolution } from "./index.ts";

/** A stiff oscillator in three variables, each in units `1 / scale` times as large. */
function inUnits([a, b, c]: readonly number[]): OdeProblem {
  const f = vectorField((_t, u, _p, du) => {
    const [x, y, z] = [u[0] / a, u[1] / b, u[2] / c];
    du[0] = a * y;
    du[1] = b * (5 * (1 - x * x) * y - x);
    du[2] = c * (-100 * (z - x * y));
  }, {
    dim: 3,
    jacobian: (_t, u, _p, J) => {
      const [x, y] = [u[0] / a, u[1] / b];
      J.set([0, a / b, 0, (b * (-10 * x * y - 1)) / a, 5 * (1 - x * x), 0, (c * 100 * y) / a, (c * 100 * x) / b, -100]);
    },
  });
  return odeProblem(f, [2 * a, 0, 0], [0, 4]);
}

// Powers of two: units change no bit of a mantissa, but which entries elimination divides by.
const scales = [1, 2 ** -12, 2 ** -25];
const still: BoundField = { rhs: (_t, _u, out) => void out.fill(0) };
const adaptive = [...Object.values(algorithms).map((make) => make()), autoTsit5(algorithms.rodas5P())]
  .filter((algorithm) => !algorithm.structure && algorithm.stepper(still, 1, { reltol: 1e-6, abstol: 1e-6 }).error);
const run = (problem: OdeProblem, algorithm: Algorithm, abstol: number[]): OdeSolution => solve(problem, algorithm, { reltol: 1e-5, abstol, saveAt: [1, 4] });

test.each(adaptive.map((algorithm) => [algorithm.name, algorithm] as const))("%s: with tolerances in the units of each component, units change nothing", (_name, algorithm) => {
  const plain = run(inUnits([1, 1, 1]), algorithm, [1e-8, 2e-8, 1e-8]);
  const scaled = run(inUnits(scales), algorithm, [1e-8, 2e-8, 1e-8].map((x, i) => x * scales[i]));
  expect(plain.retcode).toBe("success");
  expect(scaled.stats).toEqual(plain.stats);
  for (const [k, u] of scaled.u.entries()) for (const [i, x] of u.entries()) expect(Math.abs(x / scales[i] / plain.u[k][i] - 1)).toBeLessThan(1e-9);
});

test.each(adaptive.map((algorithm) => [algorithm.name, algorithm] as const))("%s: a norm 64 times as large takes the steps of tolerances 64 times as tight", (name, algorithm) => {
  const rms64 = (x: Float64Array): number => 64 * Math.sqrt(x.reduce((sum, e) => sum + e * e, 0) / x.length);
  const [byNorm, tight] = [{ reltol: 2 ** -14, abstol: 2 ** -14, norm: rms64 }, { reltol: 2 ** -20, abstol: 2 ** -20 }].map((options) => solve(inUnits([1, 1, 1]), algorithm, { ...options, dt: 2 ** -10, saveAt: [4] }));
  expect(byNorm.retcode).toBe("success");
  // RADAU5's own rules make its tolerance and the end of its iteration no multiples of what is asked for.
  const factor = name === "radauIIA5" ? 2.2 : 1;
  expect(byNorm.stats.naccept).toBeGreaterThanOrEqual(tight.stats.naccept / factor);
  expect(byNorm.stats.naccept).toBeLessThanOrEqual(tight.stats.naccept * factor);
  if (factor === 1) expect(byNorm.stats).toEqual(tight.stats);
});
