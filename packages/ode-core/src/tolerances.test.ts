import { describe, expect, test } from "vitest";
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

describe("relative tolerances per component", () => {
  // Closed forms exp(sin 20 t) and exp(-t); neither depends on the other.
  const apart = odeProblem((t, u, _p, du) => void ([du[0], du[1]] = [20 * Math.cos(20 * t) * u[0], -u[1]]), [1, 1], [0, 2]);
  const rms = (x: Float64Array): number => Math.sqrt(x.reduce((sum, e) => sum + e * e, 0) / x.length);
  const solved = (algorithm: Algorithm, reltol: number | number[], norm?: (x: Float64Array) => number): { steps: number; errors: number[] } => {
    const { u, t, retcode, stats } = solve(apart, algorithm, { reltol, norm, abstol: 1e-14, maxIters: 1e6 });
    expect(retcode).toBe("success");
    const largest = (j: number, exact: (time: number) => number): number => Math.max(...u.map((x, i) => Math.abs(x[j] / exact(t[i]) - 1)));
    return { steps: stats.naccept, errors: [largest(0, (x) => Math.exp(Math.sin(20 * x))), largest(1, (x) => Math.exp(-x))] };
  };

  test.each(adaptive.map((algorithm) => [algorithm.name, algorithm] as const))("%s: equal ones are as one, and each bounds the errors of its component alone", (_name, algorithm) => {
    const [loose, tight] = [1e-3, algorithm.order > 2 ? 1e-6 : 1e-4];
    const [allLoose, allTight, fastLoose, fastTight] = [loose, tight, [loose, tight], [tight, loose]].map((reltol) => solved(algorithm, reltol));
    expect(solved(algorithm, [tight, tight])).toEqual(solved(algorithm, tight, rms));
    // The slow component is solved to 1e-6 by any step that resolves the fast one.
    expect(fastLoose.steps).toBeLessThan(1.05 * allLoose.steps);
    expect(fastLoose.steps).toBeLessThan(0.6 * allTight.steps);
    expect(fastTight.steps).toBeGreaterThan(0.95 * allTight.steps);
    // radauIIA5 and kvaerno5 take the larger one for all where a rule of theirs knows one only.
    expect(fastTight.steps).toBeLessThan(1.8 * allTight.steps);
    expect(fastTight.errors[0]).toBeLessThan(0.4 * fastLoose.errors[0]);
  });

  test("what is no list of numbers > 0 of the length of the state is refused", () => {
    for (const reltol of [[1e-3, 0], [1e-3, -1], [NaN, 1]]) expect(() => solve(apart, algorithms.tsit5(), { reltol })).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    expect(() => solve(apart, algorithms.tsit5(), { reltol: [1e-3] })).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
  });
});
