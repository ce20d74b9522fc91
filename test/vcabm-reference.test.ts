import { readFileSync } from "node:fs";
import { odeProblem, solve, vcabm } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { odeProblems } from "./fixtures/ode-problems.ts";
import { workPrecision, type WorkPoint } from "./fixtures/work-precision.ts";

interface Reference {
  readonly id: string;
  readonly u0: number[];
  readonly tspan: [number, number];
  readonly reference: readonly { readonly t: number; readonly u: number[] }[];
}
const { problems } = JSON.parse(readFileSync(new URL("fixtures/ode-reference.json", import.meta.url), "utf8")) as { problems: Reference[] };

/** Evaluations and errors of SUNDIALS' CVODE 6.4.1 with its Adams methods, at tolerances of 1e-4, 1e-6, 1e-8 and 1e-10. */
const cvode: Readonly<Record<string, readonly WorkPoint[]>> = {
  lotka_volterra: [[243, 2.3e-3], [435, 7.8e-5], [677, 7.8e-7], [995, 1.9e-9]],
  lorenz: [[1446, 2.6e-1], [2784, 7.3e-2], [4746, 6.7e-4], [9398, 1.5e-6]],
  pleiades: [[445, 1.1e-1], [820, 1.6e-3], [1489, 2.9e-5], [2304, 3.4e-7]],
  kepler_e06_10: [[922, 1], [1619, 3.8e-2], [2731, 6.0e-4], [4591, 8.1e-6]],
  dblpend_seed: [[35, 4.6e-4], [96, 1.7e-4], [131, 1.3e-6], [151, 3.2e-9]],
  dblpend_large: [[759, 3.8e-2], [1358, 1.4e-2], [2392, 5.2e-4], [3678, 6.4e-6]],
  mlp_4_64_64_4: [[37, 1.5e-4], [67, 1.5e-6], [76, 5.0e-9], [112, 5.5e-11]],
};

const relativeError = (u: ArrayLike<number>, expected: readonly number[]): number =>
  Math.max(...expected.map((x, i) => Math.abs(u[i] - x))) / Math.max(...expected.map(Math.abs));

test.each(problems)("vcabm on $id: no more evaluations than CVODE for the same error, at steps and between", ({ id, u0, tspan, reference }) => {
  const points = [1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10].map((tol): WorkPoint => {
    const problem = odeProblem(odeProblems[id], u0, tspan);
    const { retcode, stats, at, u } = solve(problem, vcabm(), { reltol: tol, abstol: tol });
    expect(retcode).toBe("success");
    const error = relativeError(u.at(-1)!, reference.at(-1)!.u);
    for (const r of reference) expect(relativeError(at(r.t), r.u)).toBeLessThan(40 * error + 1e3 * tol);
    return [stats.nf, error];
  });
  const [own, theirs] = [workPrecision(points), workPrecision(cvode[id])];
  for (const [, error] of cvode[id].slice(1)) expect(own(error) / theirs(error)).toBeLessThan(1.1);
});
