import { readFileSync } from "node:fs";
import { bs3, dop853, dp5, dprkn6, odeProblem, rk4, solve, tsit5, vcab3, vcab4, vcab5, vcabm, vectorField, vern6, vern7, vern8, vern9, type Algorithm } from "@fluxion/ode-core";
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

/** By how much a problem magnifies a change of its state at one reference time, or at the start, up to a later one. */
const growths = new Map(problems.map(({ id, u0, tspan: [t0, t1], reference }) => {
  const change = 1e-7;
  let largest = 1;
  [{ t: t0, u: u0 }, ...reference.slice(0, -1)].forEach(({ t, u }, k) => u.forEach((_, component) => {
    const moved = u.map((x, i) => (i === component ? x + change * Math.max(...u.map(Math.abs)) : x));
    const later = reference.slice(k);
    const solution = solve(odeProblem(odeProblems[id], moved, [t, t1]), vern9(), { reltol: 1e-12, abstol: 1e-12, saveAt: later.map((r) => r.t) });
    later.forEach((r, i) => void (largest = Math.max(largest, relativeError(solution.u[i], r.u) / change)));
  }));
  return [id, largest];
}));

// Step control keeps the error of each step near the tolerance, and the problem magnifies each by its growth at most: what remains is the number of
// steps with about the largest error. It falls with the order, as the steps get fewer, and counts the more where an estimate is that of a lower order.
describe.each([
  ["order 3", [bs3(), vcab3()], 200],
  ["orders 4 and 5", [dp5(), tsit5(), vcab4(), vcab5()], 30],
  ["orders 6 to 9", [vern6(), vern7(), vern8(), vern9(), dprkn6()], 2],
  ["order 8 with estimates of orders 5 and 3", [dop853()], 10],
  ["orders 1 to 12", [vcabm()], 50],
] as [string, Algorithm[], number][])("%s", (_class, algorithms, factor) => {
  test.each(algorithms)("$name is within a factor of the tolerance times the growth of each problem", (algorithm) => {
    for (const { id, u0, tspan, reference } of problems) {
      if (algorithm.structure && id !== "pleiades" && id !== "kepler_e06_10") continue;
      const f = algorithm.structure ? vectorField(odeProblems[id], { dim: u0.length, structure: algorithm.structure }) : odeProblems[id];
      for (const tol of [1e-8, 1e-10]) {
        const { retcode, u } = solve(odeProblem(f, u0, tspan), algorithm, { reltol: tol, abstol: tol, maxIters: 1e6, saveAt: reference.map((r) => r.t) });
        expect(retcode).toBe("success");
        const error = Math.max(...reference.map((r, i) => relativeError(u[i], r.u)));
        expect(error, `${id}, ${tol}`).toBeLessThan(factor * growths.get(id)! * tol);
      }
    }
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
