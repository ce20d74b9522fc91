import { algorithms, odeProblem, solve, vectorField, vern9, type Algorithm, type BoundField, type Cotangent, type OdeProblem, type OdeSolution, type SensitivityAlgorithm, type StepperContext } from "@fluxion/ode-core";
import { discreteAdjoint, finiteDifference, forwardSensitivity, gaussAdjoint, interpolatingAdjoint } from "@fluxion/sensitivity";
import { describe, expect, test } from "vitest";
import { brusselatorByKind, burgers, heat } from "./fixtures/banded-fields.ts";

const problems = [["heat", heat], ["a Brusselator in an order of its own", brusselatorByKind], ["a steepening wave", burgers]] as const;
const implicit = ["rodas5P", "radauIIA5", "fbdf", "kvaerno5"] as const;

/** Gradients of a sum of the states at the middle and the end. */
function gradient(problem: OdeProblem, algorithm: Algorithm, sensealg: SensitivityAlgorithm, tol: number): Cotangent & { readonly solution: OdeSolution } {
  const [t0, t1] = problem.tspan;
  const { solution, pull } = solve(problem, algorithm, { reltol: tol, abstol: tol, saveAt: [(t0 + t1) / 2, t1], sensealg });
  return { solution, ...pull(solution.u.map((u, k) => u.map((_, i) => 1 + Math.cos(k + i)))) };
}

const largest = (x: Float64Array): number => Math.max(...x.map(Math.abs));
const distance = (x: Cotangent, y: Cotangent): number => Math.max(...(["du0", "dp"] as const).map((key) => largest(x[key].map((v, i) => v - y[key][i])) / largest(y[key])));

describe.each(problems)("%s", (_name, problem) => {
  const n = 24;
  const reference = gradient(problem(n), vern9(), discreteAdjoint(), 1e-12);

  test("the discrete adjoint of an explicit method, by which others are measured, agrees with differences", () => {
    expect(distance(gradient(problem(n), vern9(), finiteDifference(), 1e-12), reference)).toBeLessThan(1e-6);
  });

  test.each(implicit)("by %s the adjoints of a banded field are those of a dense one, and right", (name) => {
    for (const sensealg of [gaussAdjoint(), interpolatingAdjoint()]) {
      const [banded, dense] = [true, false].map((withBand) => gradient(problem(n, withBand), algorithms[name](), sensealg, 1e-8));
      expect(distance(banded, dense)).toBeLessThan(1e-10);
      expect(distance(banded, reference)).toBeLessThan(1e-5);
    }
  });

  test.each(implicit)("by %s the sensitivities of a banded field are those of a dense one, and right", (name) => {
    const [banded, dense] = [true, false].map((withBand) => gradient(problem(n, withBand), algorithms[name](), forwardSensitivity(), 1e-8));
    expect(distance(banded, dense)).toBeLessThan(1e-9);
    expect(distance(banded, reference)).toBeLessThan(1e-5);
  });
});

/** What `pull` asks of the field, which promises its band or not. */
function askedByPull(name: (typeof implicit)[number], withBand: boolean, n: number): { vjp: number; jvp: number; jacobian: number } {
  const calls = { vjp: 0, jvp: 0, jacobian: 0 };
  const problem = burgers(n, withBand);
  const bind = (p: Float64Array): BoundField => {
    const bound = problem.f.bind(p) as Required<BoundField>;
    return {
      rhs: bound.rhs,
      vjp: (...args) => void (calls.vjp++, bound.vjp(...args)),
      jvp: (...args) => void (calls.jvp++, bound.jvp(...args)),
      jacobian: (...args) => void (calls.jacobian++, bound.jacobian(...args)),
    };
  };
  const { pull } = solve({ ...problem, f: { ...problem.f, bind } }, algorithms[name](), { saveAt: [0.5], sensealg: gaussAdjoint() });
  calls.vjp = calls.jvp = calls.jacobian = 0;
  pull([Float64Array.from({ length: n }, (_, i) => Math.cos(i))]);
  return calls;
}

test.each(implicit)("the reverse solve by %s takes lower + upper + 1 calls of vjp for a Jacobian, one of jvp for its quadrature, and two for a look at the promise", (name) => {
  const [n, width] = [40, 4];
  const [banded, dense] = [askedByPull(name, true, n), askedByPull(name, false, n)];
  const jacobians = banded.jvp;
  expect(jacobians).toBeGreaterThan(0);
  expect(dense.vjp - banded.vjp).toBe((n - width) * jacobians - 2);
  expect([dense.jvp, banded.jacobian, dense.jacobian]).toEqual([0, 0, 0]);
});

test.each([gaussAdjoint(), interpolatingAdjoint(), forwardSensitivity(), finiteDifference()])("whatever steps for $name is told of the band", (sensealg) => {
  const told: StepperContext[] = [];
  const implicitEuler = algorithms.implicitEuler();
  const algorithm: Algorithm = { ...implicitEuler, stepper: (f, n, context) => {
    told.push(context);
    return implicitEuler.stepper(f, n, context);
  } };
  gradient(heat(24), algorithm, sensealg, 1e-2);
  expect(told.length).toBeGreaterThan(0);
  expect(told.filter(({ bandwidth }) => bandwidth === undefined)).toEqual([]);
});

test("without jvp, and with more parameters than components, the rows of the parameters take a call for each component", () => {
  // u_i' = 90 (u_i-1 - 2 u_i + u_i+1) - p_i u_i + sin(t) p_n+i.
  const n = 20;
  const slope = (t: number, u: Float64Array, p: Float64Array, out: Float64Array): void => out.forEach((_, i) => (out[i] = 90 * ((u[i - 1] ?? 0) - 2 * u[i] + (u[i + 1] ?? 0)) - p[i] * u[i] + Math.sin(t) * p[n + i]));
  const problem = (bandwidth?: { lower: number; upper: number }): OdeProblem => odeProblem(vectorField(slope, {
    dim: n, paramCount: 2 * n, bandwidth,
    vjp: (t, u, p, w, outU, outP) => {
      slope(0, w, p, outU);
      w.forEach((x, i) => void ((outP[i] -= u[i] * x), (outP[n + i] += Math.sin(t) * x)));
    },
  }), Array.from({ length: n }, (_, i) => Math.sin(i)), [0, 1], Array.from({ length: 2 * n }, (_, j) => 1 + Math.cos(j)));
  const reference = gradient(problem(), vern9(), discreteAdjoint(), 1e-12);
  for (const sensealg of [gaussAdjoint(), interpolatingAdjoint()]) {
    for (const name of implicit) {
      const [banded, dense] = [{ lower: 1, upper: 1 }, undefined].map((band) => gradient(problem(band), algorithms[name](), sensealg, 1e-8));
      expect(distance(banded, dense)).toBeLessThan(1e-10);
      expect(distance(banded, reference)).toBeLessThan(1e-5);
    }
  }
});
