import { expect, test } from "vitest";
import { autoTsit5, continuousCallback, isAllFinite, linearize, odeProblem, outOfPlace, rk4, rodas5P, rosenbrock23, solve, tsit5, vectorField, type InPlaceRhs, type SensitivityAlgorithm } from "./index.ts";

const f: InPlaceRhs = (_t, u, _p, du) => void (du[0] = -u[0]);
const problem = odeProblem(f, [1], [0, 1]);
const message = (code: string, pattern: RegExp): unknown => expect.objectContaining({ name: "OdeError", code, message: expect.stringMatching(pattern) });

test.each<[string, () => unknown, RegExp]>([
  ["no right-hand side", () => odeProblem(undefined as never, [1], [0, 1]), /f must be a function .* or a vector field: current value is undefined/],
  ["no state", () => odeProblem(f, undefined as never, [0, 1]), /u0 must be a list of numbers: current value is undefined/],
  ["a number for a state", () => odeProblem(f, 1 as never, [0, 1]), /u0 must be a list of numbers: current value is 1/],
  ["an empty state", () => odeProblem(f, [], [0, 1]), /u0 must have at least one entry/],
  ["no time span", () => odeProblem(f, [1], undefined as never), /tspan must be a list of numbers/],
  ["no options of a problem", () => odeProblem(f, [1], [0, 1], [], null as never), /the options must be an object: current value is null/],
  ["a function for a problem", () => solve(f as never, tsit5()), /the problem must be made by odeProblem: current value is the function/],
  ["a right-hand side that returns its result", () => solve(odeProblem(((_t: number, u: Float64Array) => u.map((x) => -x)) as never, [1], [0, 1]), tsit5()), /4th argument: it returned an object, which is not used.* outOfPlace\(f\)/],
  ["one that returns a list", () => solve(odeProblem(((_t: number, u: Float64Array) => [-u[0]]) as never, [1], [0, 1]), rk4(), { dt: 0.1 }), /it returned an array, which is not used/],
  ["one that is asynchronous", () => solve(odeProblem(async (_t, u, _p, du) => void (du[0] = -u[0]), [1], [0, 1]), tsit5()), /it returned a promise/],
  ["a continuous condition that holds or not", () => solve(problem, tsit5(), { callback: continuousCallback({ condition: ((_t: number, u: Float64Array) => u[0] < 0.5) as never }) }), /must return a number .*: it returned false\. .* discreteCallback/],
  ["no algorithm", () => solve(problem, undefined as never), /algorithm must be an algorithm such as tsit5\(\): current value is undefined/],
  ["a factory of algorithms", () => solve(problem, tsit5 as never), /tsit5 perhaps needs parentheses/],
  ["no options", () => solve(problem, tsit5(), null as never), /options must be an object: current value is null/],
  ["a factory within another", () => autoTsit5(rosenbrock23 as never), /stiff must be an algorithm .*rosenbrock23 perhaps needs parentheses/],
])("%s is an error that names the argument", (_what, act, pattern) => {
  expect(act).toThrow(message("INVALID_ARGUMENT", pattern) as Error);
});

test("a right-hand side may return what it wrote, or the value of its last assignment", () => {
  const plain = solve(problem, tsit5()).u;
  expect(solve(odeProblem((_t, u, _p, du) => (du[0] = -u[0]), [1], [0, 1]), tsit5()).u).toEqual(plain);
  expect(solve(odeProblem((_t, u, _p, du) => ((du[0] = -u[0]), du), [1], [0, 1]), tsit5()).u).toEqual(plain);
});

test("a component that is never written is named", () => {
  const half = odeProblem((_t, u, _p, du) => void (du[0] = -u[0]), [1, 2], [0, 1]);
  expect(solve(half, tsit5())).toMatchObject({ retcode: "nonFinite", message: expect.stringContaining("component 1 of the right-hand side is not written at t = 0") as string });
  // One that is written and NaN is another matter.
  expect(solve(odeProblem((_t, u, _p, du) => void du.set([-u[0], NaN]), [1, 2], [0, 1]), tsit5()).message).toContain("component 1 of the right-hand side is NaN at t = 0");
});

test("options that do not exist are refused", () => {
  const unknown = (pattern: RegExp): Error => message("INVALID_OPTION", pattern) as Error;
  expect(() => odeProblem(f, [1], [0, 1], [], { mass_matrix: [1] } as never)).toThrow(unknown(/the options are massMatrix: got "mass_matrix"/));
  expect(() => vectorField(f, { dim: 1, parmCount: 1 } as never)).toThrow(unknown(/got "parmCount"/));
  expect(() => linearize(problem, tsit5(), { sensealg: (function discreteAdjoint() {} as never) as SensitivityAlgorithm })).toThrow(unknown(/a function: discreteAdjoint perhaps needs parentheses/));
});

test("numbers as strings, parameters of another length and half a mass matrix say what they are", () => {
  expect(() => odeProblem(f, ["1"] as never, [0, 1])).toThrow(message("NON_FINITE", /u0\[0\] is the string "1"/) as Error);
  expect(() => problem.f.bind(new Float64Array(1))).toThrow(message("SHAPE_MISMATCH", /p .*must be 0: current length is 1/) as Error);
  expect(() => odeProblem(f, [1, 2], [0, 1], [], { massMatrix: [1, 2] })).toThrow(message("SHAPE_MISMATCH", /massMatrix, 2 rows of 2 numbers .*must be 4: current length is 2/) as Error);
});

test("a right-hand side that returns its result gives the same numbers, and one of another length is refused", () => {
  const returned = odeProblem(outOfPlace((t, [x, y], [k]) => [y, -k * x + t]), [1, 0], [0, 2], [4]);
  const filled = odeProblem((t, [x, y], [k], du) => void ([du[0], du[1]] = [y, -k * x + t]), [1, 0], [0, 2], [4]);
  expect(solve(returned, tsit5()).u).toEqual(solve(filled, tsit5()).u);
  expect(() => solve(odeProblem(outOfPlace(() => [1]), [1, 0], [0, 1]), tsit5())).toThrow(message("SHAPE_MISMATCH", /must return 2 numbers: it returned 1/) as Error);
});

test("times to save at the very start of a long span are not taken for the start", () => {
  const robertson: InPlaceRhs = (_t, [x, y, z], _p, du) => {
    du[0] = -0.04 * x + 1e4 * y * z;
    du[2] = 3e7 * y * y;
    du[1] = -du[0] - du[2];
  };
  const saveAt = [1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 1, 1e11];
  const { t, u, at } = solve(odeProblem(robertson, [1, 0, 0], [0, 1e11]), rodas5P(), { reltol: 1e-8, abstol: 1e-12, saveAt, dense: true });
  expect([...t]).toEqual(saveAt);
  const early = solve(odeProblem(robertson, [1, 0, 0], [0, 1e-3]), rodas5P(), { reltol: 1e-10, abstol: 1e-14, saveAt: saveAt.slice(0, 5) });
  u.forEach((state, i) => {
    expect(state).toEqual(at(t[i]));
    if (i < 5) state.forEach((x, j) => expect(Math.abs(x - early.u[i][j])).toBeLessThan(1e-9));
  });
});

test("null, which JSON writes for NaN, is no number", () => {
  const gone = JSON.parse(JSON.stringify([NaN])) as number[];
  const notFinite = message("NON_FINITE", /every entry must be finite: .*\[0\] is null/) as Error;
  expect(() => odeProblem(f, gone, [0, 1])).toThrow(notFinite);
  expect(() => odeProblem(f, [1], [0, 1], gone)).toThrow(notFinite);
  expect(() => odeProblem(f, [1], [gone[0], 1])).toThrow(notFinite);
  expect(() => solve(problem, tsit5(), { saveAt: gone })).toThrow(message("INVALID_OPTION", /saveAt\[0\] is null/) as Error);
});

test("one number among many that is not finite is found", () => {
  expect(isAllFinite([])).toBe(true);
  expect(isAllFinite([0, -0, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE])).toBe(true);
  for (const bad of [NaN, Infinity, -Infinity]) for (let i = 0; i < 6; i++) expect(isAllFinite(Float64Array.from({ length: 6 }, (_, k) => (k === i ? bad : k)))).toBe(false);
});
