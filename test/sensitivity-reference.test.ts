import { readFileSync } from "node:fs";
import { linearize, odeProblem, tsit5, type SensitivityAlgorithm, type SolveOptions } from "@fluxion/ode-core";
import { discreteAdjoint, finiteDifference, forwardSensitivity, gaussAdjoint, interpolatingAdjoint, sensealgs } from "@fluxion/sensitivity";
import { slope, testVectorField } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { sensitivityProblems } from "./fixtures/sensitivity-problems.ts";

type Kind = "sum" | "squares" | "halfSquares" | "component" | "sumComponent" | "data";
interface Loss {
  readonly id: string;
  readonly kind: Kind;
  /** The target of squares, or the index of a component. */
  readonly argument?: number;
  readonly times: number[];
  readonly data?: number[][];
  readonly value: number;
  readonly gradient: { u0?: number[]; p?: number[] };
}
interface Problem {
  readonly id: string;
  readonly u0: number[];
  readonly p: number[];
  readonly tspan: [number, number];
  readonly losses: Loss[];
}
const { problems } = JSON.parse(readFileSync(new URL("fixtures/sensitivity-reference.json", import.meta.url), "utf8")) as { problems: Problem[] };

/** The loss of one state and its gradient by it. */
function lossAt({ kind, argument = 0, data }: Loss, u: Float64Array, i: number): [number, Float64Array] {
  const target = kind === "data" ? data![i] : u.map(() => argument);
  if (kind === "sum") return [u.reduce((s, x) => s + x, 0), u.map(() => 1)];
  if (kind === "component" || kind === "sumComponent") return [u[argument], u.map((_, j) => (j === argument ? 1 : 0))];
  const factor = kind === "halfSquares" ? 1 : 2;
  return [u.reduce((s, x, j) => s + (factor / 2) * (x - target[j]) ** 2, 0), u.map((x, j) => factor * (x - target[j]))];
}

/** Errors of value and gradient, each relative to the largest entry of its reference, and the absolute error of the gradient. */
function errors({ id, u0, p, tspan }: Problem, loss: Loss, sensealg: SensitivityAlgorithm, tol: number, more: SolveOptions = {}): { value: number; gradient: number; absolute: number } {
  const problem = odeProblem(sensitivityProblems[id], u0, tspan, p);
  const { solution, pull } = linearize(problem, tsit5(), { reltol: tol, abstol: tol, saveAt: loss.times, sensealg, ...more });
  const parts = solution.u.map((u, i) => lossAt(loss, u, i));
  const { du0, dp } = pull(parts.map(([, bar]) => bar));
  const { gradient } = loss;
  const expected = [...(gradient.u0 ?? []), ...(gradient.p ?? [])];
  const got = [...(gradient.u0 ? du0 : []), ...(gradient.p ? dp : [])];
  expect(got.length).toBe(expected.length);
  const absolute = Math.max(...expected.map((x, j) => Math.abs(got[j] - x)));
  const value = parts.reduce((s, [v]) => s + v, 0);
  return { value: Math.abs(value - loss.value) / Math.max(1, Math.abs(loss.value)), gradient: absolute / Math.max(...expected.map(Math.abs)), absolute };
}

const isTrap = (id: string): boolean => id.startsWith("error_control_trap");
const all = problems.flatMap((problem) => problem.losses.map((loss): [string, Problem, Loss] => [loss.id, problem, loss]));
const cases = all.filter(([, { id }]) => !isTrap(id));
/** Largest relative error of a gradient at solver tolerance 1e-12. */
const bounds: Readonly<Record<keyof typeof sensealgs, number>> = { discreteAdjoint: 2e-10, forwardSensitivity: 1e-11, gaussAdjoint: 3e-11, interpolatingAdjoint: 3e-11, finiteDifference: 1e-7 };

describe("the vector fields of the reference problems", () => {
  for (const { id, u0, p } of problems) {
    describe(`"${id}"`, () => {
      testVectorField(sensitivityProblems[id], { u: u0.map((x, i) => x + 0.1 + 0.2 * i), p });
    });
  }
});

describe.each(Object.keys(sensealgs) as (keyof typeof sensealgs)[])("%s against 128-bit references", (name) => {
  test.each(cases)("%s", (_id, problem, loss) => {
    const error = errors(problem, loss, sensealgs[name](), 1e-12);
    expect(error.value).toBeLessThan(1e-10);
    expect(error.gradient).toBeLessThan(bounds[name]);
  });
});

describe("gradients converge with the tolerance", () => {
  const chosen = cases.filter(([id]) => ["lv4.half_sq_dev_from_1_saveat0.5", "lorenz.half_sq_dev_from_2_T1", "dpend.sumsq_t0.25..2", "pendulum.sumsq_T3"].includes(id));
  test.each([discreteAdjoint, forwardSensitivity, gaussAdjoint, interpolatingAdjoint].flatMap((make) => chosen.map((item) => [make.name, make, ...item] as const)))("%s", (_name, make, _id, problem, loss) => {
    const tolerances = [1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10];
    const observed = tolerances.map((tol) => errors(problem, loss, make(), tol).gradient);
    expect(slope(tolerances, observed)).toBeGreaterThan(0.75);
    expect(slope(tolerances, observed)).toBeLessThan(1.3);
    observed.forEach((error, i) => expect(error).toBeLessThan(200 * tolerances[i]));
  });
  test("four losses were found", () => expect(chosen.length).toBe(4));
});

describe("a state that stays put while its sensitivity moves", () => {
  const [growth, decay] = problems.filter(({ id }) => isTrap(id));

  test.each([forwardSensitivity, gaussAdjoint, interpolatingAdjoint])("%o controls the error of the sensitivity", (make) => {
    for (const tol of [1e-6, 1e-9, 1e-12]) {
      expect(errors(growth, growth.losses[0], make(), tol).gradient).toBeLessThan(10 * tol);
      expect(errors(decay, decay.losses[0], make(), tol).absolute).toBeLessThan(10 * tol);
    }
  });

  test("discreteAdjoint differentiates the few steps that were taken: not to the tolerance, right with steps that resolve it", () => {
    // Steps that are no longer than stable are not far off; without this limit it was wrong by more than a tenth.
    expect(errors(growth, growth.losses[0], discreteAdjoint(), 1e-12).gradient).toBeGreaterThan(1e-6);
    expect(errors(growth, growth.losses[0], discreteAdjoint(), 1e-12).gradient).toBeLessThan(1e-2);
    expect(errors(growth, growth.losses[0], discreteAdjoint(), 1e-12, { dtmax: 0.02 }).gradient).toBeLessThan(1e-9);
  });
});

test("a reverse solve that fails throws SOLVE_FAILED and says where", () => {
  const [problem] = problems;
  // The reverse solve is asked for what rounding forbids.
  const impossible = interpolatingAdjoint({ reltol: 1e-300, abstol: 0 });
  expect(() => errors(problem, problem.losses[0], impossible, 1e-6, { maxIters: 1000 })).toThrow(expect.objectContaining({ code: "SOLVE_FAILED", message: expect.stringContaining("backwards from t = 10") as string }));
});

test("a loose reverse solve costs accuracy, a loose forward one cannot be repaired", () => {
  const [problem, loss] = cases.filter(([id]) => id === "lv4.half_sq_dev_from_1_saveat0.5").map(([, a, b]) => [a, b] as const)[0];
  const error = (forward: number, reverse: number): number => errors(problem, loss, interpolatingAdjoint({ reltol: reverse, abstol: reverse }), forward).gradient;
  expect(error(1e-10, 1e-10)).toBeLessThan(1e-8);
  expect(error(1e-10, 1e-4)).toBeGreaterThan(1e-6);
  expect(error(1e-4, 1e-10)).toBeGreaterThan(1e-5);
});

test("options are checked", () => {
  const wrong = expect.objectContaining({ code: "INVALID_OPTION" });
  expect(() => interpolatingAdjoint({ reltol: -1 })).toThrow(wrong);
  expect(() => finiteDifference({ scheme: "backward" as never })).toThrow(wrong);
  expect(() => finiteDifference({ relativeStep: 0 })).toThrow(wrong);
  expect(() => discreteAdjoint({ checkpoints: 3 } as never)).toThrow(wrong);
  expect(() => forwardSensitivity({ reltol: 1 } as never)).toThrow(wrong);
});
