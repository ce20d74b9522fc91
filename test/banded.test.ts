import { algorithms, odeProblem, solve, vectorField, vern9, type Algorithm, type OdeSolution, type VectorFieldOptions } from "@fluxion/ode-core";
import { testVectorField } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { brusselator, brusselatorBand, brusselatorStart } from "./fixtures/banded-problems.ts";

const implicit: readonly Algorithm[] = [
  algorithms.rosenbrock23(), algorithms.rodas4(), algorithms.rodas5P(), algorithms.implicitEuler(), algorithms.trbdf2(), algorithms.kenCarp4(), algorithms.kvaerno5(), algorithms.radauIIA5(), algorithms.fbdf(),
];
const run = (algorithm: Algorithm, options: Partial<VectorFieldOptions>, end = 10, tol = 1e-5): OdeSolution =>
  solve(odeProblem(brusselator(options), brusselatorStart, [0, end]), algorithm, { reltol: tol, abstol: tol, saveAt: [end] });
const largest = (x: ArrayLike<number>, y: ArrayLike<number>): number => Math.max(...Array.from(x, (value, i) => Math.abs(value - y[i])));

testVectorField(brusselator({ bandwidth: brusselatorBand }), { u: brusselatorStart });

describe("a Jacobian with a band", () => {
  test.each(implicit.map((algorithm) => [algorithm.name, algorithm] as const))("%s takes the steps that it takes without, and differences of 2 (lower + upper + 1) evaluations and a look at the promise of 2", (_name, algorithm) => {
    const [dense, banded] = [run(algorithm, {}), run(algorithm, { bandwidth: brusselatorBand })];
    expect(banded.retcode).toBe("success");
    expect([banded.stats.naccept, banded.stats.nreject, banded.stats.njac, banded.stats.nlu]).toEqual([dense.stats.naccept, dense.stats.nreject, dense.stats.njac, dense.stats.nlu]);
    expect(largest(banded.u[0], dense.u[0])).toBeLessThan(1e-9);
    expect(dense.stats.nf - banded.stats.nf).toBe(2 * (64 - 5) * banded.stats.njac - 2);
  });

  test("rodas5P and radauIIA5 meet the solution of an explicit method", () => {
    const exact = run(vern9(), {}, 10, 1e-12).u[0];
    for (const algorithm of [algorithms.rodas5P(), algorithms.radauIIA5()]) expect(largest(run(algorithm, { bandwidth: brusselatorBand }).u[0], exact)).toBeLessThan(5e-5);
  });
});

/** The heat equation with speeds that differ: `du_i/dt = k_i (u_i-1 - 2 u_i + u_i+1)`. */
describe("the heat equation on 40 points", () => {
  const n = 40;
  const bandwidth = { lower: 1, upper: 1 };
  const u0 = Array.from({ length: n }, (_, i) => Math.sin((3 * i * i) / n) + 1);
  const rhs = (u: Float64Array, out: Float64Array): void => {
    for (let i = 0; i < n; i++) out[i] = 100 * (1 + i / n) * ((i > 0 ? u[i - 1] : 0) - 2 * u[i] + (i < n - 1 ? u[i + 1] : 0));
  };
  const counts = { jvp: 0 };
  const jvp: VectorFieldOptions["jvp"] = (_t, _u, _p, du, _dp, out) => {
    counts.jvp++;
    rhs(du, out);
  };
  const jacobian: VectorFieldOptions["jacobian"] = (_t, _u, _p, out) => {
    for (let i = 0; i < n; i++) for (let j = Math.max(0, i - 1); j <= Math.min(n - 1, i + 1); j++) out[i * n + j] = 100 * (1 + i / n) * (i === j ? -2 : 1);
  };
  const end = (options: Partial<VectorFieldOptions>, massMatrix?: Float64Array, algorithm: Algorithm = algorithms.radauIIA5()): OdeSolution =>
    solve(odeProblem(vectorField((_t, u, _p, out) => rhs(u, out), { dim: n, ...options }), u0, [0, 0.5], [], massMatrix ? { massMatrix } : {}), algorithm, { saveAt: [0.5] });

  test("comes from jvp with lower + upper + 1 calls, or from a dense jacobian", () => {
    const dense = end({ jacobian });
    counts.jvp = 0;
    const byTangents = end({ jvp, jacobian, bandwidth });
    expect(counts.jvp).toBe(3 * byTangents.stats.njac + 2);
    for (const banded of [byTangents, end({ jacobian, bandwidth })]) {
      expect(banded.stats).toEqual(dense.stats);
      expect(largest(banded.u[0], dense.u[0])).toBeLessThan(1e-12);
    }
  });

  test("a band of unequal sides, and one too wide to be a saving", () => {
    const advection = (band: VectorFieldOptions["bandwidth"]): OdeSolution => solve(
      odeProblem(vectorField((_t, u, _p, out) => {
        for (let i = 0; i < n; i++) out[i] = 200 * ((i > 1 ? u[i - 2] : 0) - u[i]) - u[i] ** 3;
      }, { dim: n, ...(band ? { bandwidth: band } : {}) }), u0, [0, 0.5]), algorithms.rodas4(), { saveAt: [0.5] });
    const dense = advection(undefined);
    for (const [lower, upper] of [[2, 0], [2, 5], [39, 39], [13, 14]]) {
      const { u, stats } = advection({ lower, upper });
      expect(largest(u[0], dense.u[0])).toBeLessThan(1e-9);
      expect(stats.naccept).toBe(dense.stats.naccept);
    }
    expect(advection({ lower: 2, upper: 0 }).stats.nf).toBe(dense.stats.nf - 2 * (n - 3) * dense.stats.njac + 2);
  });

  test.each([algorithms.radauIIA5(), algorithms.rodas4()].map((algorithm) => [algorithm.name, algorithm] as const))("%s takes a mass matrix that is wider than the Jacobian", (_name, algorithm) => {
    const massMatrix = Float64Array.from({ length: n * n }, (_, at) => ({ 0: 4, 1: 1, "-2": 0.5 })[Math.floor(at / n) - (at % n)] ?? 0);
    const [dense, banded] = [end({}, massMatrix, algorithm), end({ bandwidth }, massMatrix, algorithm)];
    expect(banded.retcode).toBe("success");
    expect(banded.stats.naccept).toBe(dense.stats.naccept);
    expect(largest(banded.u[0], dense.u[0])).toBeLessThan(1e-9);
    // Lower 1, upper 2: four groups of columns.
    expect(banded.stats.nf).toBe(dense.stats.nf - 2 * (n - 4) * dense.stats.njac + 2);
  });

  test("a bandwidth must be of whole numbers below n", () => {
    for (const wrong of [{ lower: -1, upper: 1 }, { lower: 1, upper: n }, { lower: 0.5, upper: 1 }]) {
      expect(() => vectorField((_t, u, _p, out) => rhs(u, out), { dim: n, bandwidth: wrong })).toThrow("bandwidth must be whole numbers in [0, 39]");
    }
  });
});
