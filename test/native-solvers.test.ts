import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { benchProblems } from "./bench/support/bench-problems.ts";
import { buildNative, removeNative, startNative } from "./bench/support/native-solvers.ts";
import { countedStarts, evaluationCounts, stiffCounts } from "./fixtures/evaluation-counts.ts";
import { stiffProblems } from "./fixtures/stiff-problems.ts";

const compiler = spawnSync("cc", ["--version"]).error === undefined;

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
    for (const [id, { rodas }] of Object.entries(stiffCounts)) {
      const counts: number[] = [];
      for (const tol of [1e-3, 1e-5, 1e-7]) {
        const { nfev, u } = await native.solve("rodas", id, tol, 1);
        counts.push(nfev);
        stiffProblems[id as keyof typeof stiffProblems].reference.at(-1)!.u.forEach((x, i) => expect(Math.abs(u[i] / x - 1), `rodas on ${id}`).toBeLessThan(6 * tol));
      }
      expect(counts, `rodas on ${id}`).toEqual(rodas);
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
