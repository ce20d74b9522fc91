import { readFileSync } from "node:fs";
import { odeProblem, solve, vcabm } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { cvodeAdams } from "./fixtures/cvode-counts.ts";
import { odeProblems } from "./fixtures/ode-problems.ts";
import { workPrecision, type WorkPoint } from "./fixtures/work-precision.ts";

interface Reference {
  readonly id: string;
  readonly u0: number[];
  readonly tspan: [number, number];
  readonly reference: readonly { readonly t: number; readonly u: number[] }[];
}
const { problems } = JSON.parse(readFileSync(new URL("fixtures/ode-reference.json", import.meta.url), "utf8")) as { problems: Reference[] };

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
  const [own, theirs] = [workPrecision(points), workPrecision(cvodeAdams[id])];
  for (const [, error] of cvodeAdams[id].slice(1)) expect(own(error) / theirs(error)).toBeLessThan(1.1);
});
