import { gaussAdjoint } from "@fluxion/sensitivity";
import { at, mul, tracedField } from "@fluxion/autodiff";
import { algorithms, continuousCallback, odeProblem, presetTimeCallback, rk4, solve, tsit5, type InPlaceRhs } from "@fluxion/ode-core";
import { expect, test } from "vitest";

// What docs/migrating.md says of traps that no error tells of.

const end = (f: InPlaceRhs, u0: readonly number[]): number[] => [...solve(odeProblem(f, u0, [0, 2]), rk4(), { dt: 0.1 }).u.at(-1)!];

test("entries of du that f does not write keep old numbers", () => {
  const [, stale] = end((_t, u, _p, du) => {
    du[0] = 1;
    if (u[0] < 1) du[1] = 1;
  }, [0, 0]);
  expect(stale).toBeGreaterThan(1.5);
});

test("the defaults of both tolerances, and that of dense beside saveAt", () => {
  const problem = odeProblem((_t, u, p, du) => du.set([-p[0] * u[0]]), [1], [0, 2], [3]);
  expect(solve(problem, tsit5(), { reltol: 1e-6, abstol: [1e-9] }).u).toEqual(solve(problem, tsit5()).u);
  const listed = solve(problem, tsit5(), { saveAt: [0.5, 1] });
  expect([...listed.t]).toEqual([0.5, 1]);
  expect(() => listed.at(0.7)).toThrow("dense");
});

test("saveAt and direction follow the solve when it runs backwards", () => {
  const problem = odeProblem((_t, _u, _p, du) => du.set([1]), [1], [1, 0]);
  expect([...solve(problem, tsit5(), { saveAt: [0.75, 0.25] }).t]).toEqual([0.75, 0.25]);
  expect(() => solve(problem, tsit5(), { saveAt: [0.25, 0.75] })).toThrow("must run from t0 to t1");
  const ends = (direction: "rising" | "falling"): string => solve(problem, tsit5(), { callback: continuousCallback({ condition: (_t, u) => u[0] - 0.5, direction, terminal: true }) }).retcode;
  expect([ends("falling"), ends("rising")]).toEqual(["terminated", "success"]);
});

test("an event saves its time twice, and changes the parameters of its solve alone", () => {
  const problem = odeProblem((_t, _u, p, du) => du.set([p[0]]), [0], [0, 2], [1]);
  const { t, u } = solve(problem, tsit5(), { saveAt: [2], callback: presetTimeCallback({ times: [1], affect: ({ p }) => p.set([0]) }) });
  expect([...t]).toEqual([1, 1, 2]);
  expect(u.at(-1)![0]).toBeCloseTo(1, 9);
  expect([...problem.p]).toEqual([1]);
});

test("the adjoint equations are solved by each algorithm that suits any field", () => {
  const decay = odeProblem(tracedField((_t, u, p) => mul(mul(-1, at(p, 0)), u), { dim: 1, paramCount: 1 }), [1], [0, 1], [1]);
  const fails = (name: keyof typeof algorithms): boolean => {
    const { pull } = solve(decay, algorithms[name](), { dt: 0.01, saveAt: [1], sensealg: gaussAdjoint() });
    try {
      return Math.abs(pull([Float64Array.of(1)]).dp[0] + Math.exp(-1)) > 0.01;
    } catch {
      return true;
    }
  };
  const names = (Object.keys(algorithms) as (keyof typeof algorithms)[]).filter((name) => algorithms[name]().structure === undefined);
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter(fails)).toEqual([]);
});
