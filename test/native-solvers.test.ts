import { spawnSync } from "node:child_process";
import { fbdf, odeProblem, solve, vern9 } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { benchProblems } from "./bench/support/bench-problems.ts";
import { buildNative, removeNative, startNative } from "./bench/support/native-solvers.ts";
import { cvodeAdams, cvodeBdf } from "./fixtures/cvode-counts.ts";
import { brusselatorByRodas, countedProblems, countedStarts, evaluationCounts, stiffCounts } from "./fixtures/evaluation-counts.ts";
import { stiffProblems } from "./fixtures/stiff-problems.ts";

const compiler = spawnSync("cc", ["--version"]).error === undefined;

const brusselator = countedStarts.brusselator1d_32;
const brusselatorEnd = solve(odeProblem(countedProblems.brusselator1d_32, brusselator.u0, brusselator.tspan), vern9(), { reltol: 1e-12, abstol: 1e-12, dense: false }).u.at(-1)!;

/** Evaluations at four tolerances, the end, and the error allowed there in units of the tolerance. */
const rodasRows = [
  ...Object.entries(stiffCounts).map(([id, { rodas }]) => ({ id, evaluations: rodas, end: stiffProblems[id as keyof typeof stiffProblems].reference.at(-1)!.u, error: 6 })),
  { id: "brusselator1d_32", evaluations: brusselatorByRodas, end: [...brusselatorEnd], error: 1 },
];

test("the compiled references take exactly the evaluations of the Fortran codes, and none is there without a compiler", async () => {
  const program = buildNative();
  expect(program !== undefined).toBe(compiler);
  if (program === undefined) return;
  const native = startNative(program);
  try {
    for (const { id } of benchProblems) {
      for (const solver of ["dopri5", "dop853"] as const) {
        const counts: number[] = [];
        for (const tol of [1e-4, 1e-6, 1e-8, 1e-10]) counts.push((await native.solve(solver, id, tol, 1)).nfev);
        expect(counts, `${solver} on ${id}`).toEqual(evaluationCounts[id][solver]);
      }
    }
    for (const { id, evaluations, end, error } of rodasRows) {
      const counts: number[] = [];
      for (const tol of [1e-3, 1e-5, 1e-7, 1e-9]) {
        const { nfev, u } = await native.solve("rodas", id, tol, 1);
        counts.push(nfev);
        end.forEach((x, i) => expect(Math.abs(u[i] / x - 1), `rodas on ${id}`).toBeLessThan(error * tol));
      }
      expect(counts, `rodas on ${id}`).toEqual(evaluations);
    }
  } finally {
    native.close();
    removeNative(program);
  }
});

test("CVODE, where SUNDIALS is installed, takes the evaluations on record, and agrees with fbdf on the stiff problems", async ({ skip }) => {
  const program = buildNative();
  if (!program) return skip("there is no C compiler");
  const native = startNative(program);
  try {
    if ("missing" in native.sundials) return skip(native.sundials.missing);
    // Another build may round otherwise, another version take some more steps.
    const same = (count: number, recorded: number, what: string): void => expect(Math.abs(count / recorded - 1), what).toBeLessThan(0.03);
    for (const { id } of benchProblems.filter((problem) => problem.id in cvodeAdams)) {
      for (const [i, tol] of [1e-4, 1e-6, 1e-8, 1e-10].entries()) same((await native.solve("cvode_adams", id, tol, 1)).nfev, cvodeAdams[id][i][0], `${id}, ${tol}`);
    }
    for (const [id, recorded] of Object.entries(cvodeBdf)) {
      for (const [i, tol] of [1e-3, 1e-5, 1e-7, 1e-9].entries()) same((await native.solve("cvode_bdf", id, tol, 1)).nfev, recorded[i][0], `${id}, ${tol}`);
      const { f, u0, tspan, scale } = stiffProblems[id as keyof typeof cvodeBdf];
      const ours = solve(odeProblem(f, u0, tspan), fbdf(), { reltol: 1e-9, abstol: scale * 1e-9, saveAt: [tspan[1]] }).u[0];
      const theirs = (await native.solve("cvode_bdf", id, 1e-9, 1)).u;
      // As far apart as the errors of both at these tolerances.
      ours.forEach((x, i) => expect(Math.abs(x / theirs[i] - 1), `${id}, component ${i}`).toBeLessThan(1e-6));
    }
  } finally {
    native.close();
    removeNative(program);
  }
});

test("the benchmark states the problems as the fixtures do", () => {
  for (const [id, { u0, tspan }] of Object.entries(countedStarts)) {
    const entry = benchProblems.find((problem) => problem.id === id);
    expect([entry?.u0, entry?.end]).toEqual([u0, tspan[1]]);
  }
});
