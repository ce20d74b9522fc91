import { readFileSync } from "node:fs";
import { odeProblem, rk4, solve, tsit5 } from "@fluxion/ode-core";
import { slope } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { detest } from "./fixtures/detest.ts";
import { odeProblems } from "./fixtures/ode-problems.ts";

interface Reference {
  readonly id: string;
  readonly u0: number[];
  readonly tspan: [number, number];
  readonly reference: readonly { t: number; u: number[] }[];
}
const { problems } = JSON.parse(readFileSync(new URL("fixtures/ode-reference.json", import.meta.url), "utf8")) as { problems: Reference[] };

const relativeError = (u: ArrayLike<number>, expected: readonly number[]): number =>
  Math.max(...expected.map((x, i) => Math.abs(u[i] - x))) / Math.max(...expected.map(Math.abs));

/** Error bounds at T/4, T/2, 3T/4 and T for tolerance 1e-8, and evaluations allowed. Errors grow with the problem's own instability. */
const bounds: Readonly<Record<string, readonly [errors: readonly number[], nf: number]>> = {
  lotka_volterra: [[3e-8, 2e-8, 7e-8, 1e-7], 1560],
  lorenz: [[5e-8, 2e-7, 1.5e-6, 7e-5], 10900],
  pleiades: [[1e-7, 1.3e-7, 4e-7, 4e-7], 3370],
  kepler_e06_10: [[1e-7, 2e-6, 1e-6, 1.5e-5], 6830],
  dblpend_seed: [[2e-9, 4e-8, 5e-9, 5e-8], 234],
  dblpend_large: [[3e-8, 1e-7, 5e-7, 3e-5], 4750],
  mlp_4_64_64_4: [[3e-10, 5e-10, 1e-9, 1e-9], 222],
};

describe("tsit5 against 128-bit references", () => {
  test.each(problems)("$id: saved states, dense output and cost at tolerance 1e-8", ({ id, u0, tspan, reference }) => {
    const [errors, nf] = bounds[id];
    const problem = odeProblem(odeProblems[id], u0, tspan);
    const saved = solve(problem, tsit5(), { reltol: 1e-8, abstol: 1e-8, saveAt: reference.map((r) => r.t) });
    const dense = solve(problem, tsit5(), { reltol: 1e-8, abstol: 1e-8 });
    expect(saved.retcode).toBe("success");
    expect(saved.stats.nf).toBeLessThanOrEqual(nf);
    reference.forEach(({ t, u }, i) => {
      expect(relativeError(saved.u[i], u)).toBeLessThan(errors[i]);
      expect(relativeError(dense.at(t), u)).toBeLessThan(errors[i]);
    });
  });

  test.each(problems)("$id: the error goes down in proportion to the tolerance", ({ id, u0, tspan, reference }) => {
    const tolerances = [1e-7, 1e-8, 1e-9, 1e-10, 1e-11];
    const errors = tolerances.map((tol) => {
      const { u } = solve(odeProblem(odeProblems[id], u0, tspan), tsit5(), { reltol: tol, abstol: tol, saveAt: reference.map((r) => r.t) });
      return Math.max(...reference.map((r, i) => relativeError(u[i], r.u)));
    });
    expect(slope(tolerances, errors)).toBeGreaterThan(0.8);
    expect(slope(tolerances, errors)).toBeLessThan(1.25);
  });
});

describe("fixed steps against 128-bit references", () => {
  test.each([["rk4", rk4(), 4, 0.02], ["tsit5", tsit5(), 5, 0.02]] as const)("%s shows its order on the double pendulum", (_name, algorithm, order, h) => {
    const { u0, tspan, reference } = problems.find(({ id }) => id === "dblpend_seed")!;
    const steps = [h, h / 2, h / 4];
    const errors = steps.map((dt) => {
      const { u } = solve(odeProblem(odeProblems["dblpend_seed"], u0, tspan), algorithm, { dt, adaptive: false, saveAt: reference.map((r) => r.t) });
      return Math.max(...reference.map((r, i) => relativeError(u[i], r.u)));
    });
    expect(slope(steps, errors)).toBeGreaterThan(order - 0.15);
    expect(slope(steps, errors)).toBeLessThan(order + 0.6);
  });
});

describe("tsit5 on DETEST", () => {
  test.each([[1e-3, 4900], [1e-6, 12_900], [1e-9, 40_800]])("tolerance %d takes at most %d evaluations, with a mean error below it", (tol, allowed) => {
    let nf = 0;
    let logError = 0;
    for (const { f, u0, end } of detest) {
      const solution = solve(odeProblem(f, u0, [0, 20]), tsit5(), { reltol: tol, abstol: tol });
      expect(solution.retcode).toBe("success");
      nf += solution.stats.nf;
      logError += Math.log(Math.max(...end.map((x, i) => Math.abs(solution.u.at(-1)![i] - x) / (tol * (1 + Math.abs(x))))));
    }
    expect(nf).toBeLessThanOrEqual(allowed);
    expect(Math.exp(logError / detest.length)).toBeLessThan(1);
  });

  test("every end state is met to 1e-10 at tolerance 1e-12", () => {
    for (const { id, f, u0, end } of detest) {
      const { u } = solve(odeProblem(f, u0, [0, 20]), tsit5(), { reltol: 1e-12, abstol: 1e-12 });
      const error = Math.max(...end.map((x, i) => Math.abs(u.at(-1)![i] - x) / (1 + Math.abs(x))));
      expect(error, id).toBeLessThan(2e-10);
    }
  });
});
