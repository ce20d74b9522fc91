import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { benchProblems } from "./bench/support/bench-problems.ts";
import { startNative } from "./bench/support/native-solvers.ts";
import { countedStarts, evaluationCounts } from "./fixtures/evaluation-counts.ts";

const compiler = spawnSync("cc", ["--version"]).error === undefined;

test("the compiled references take exactly the evaluations of the Fortran codes, and none is there without a compiler", async () => {
  const native = startNative();
  expect(native !== undefined).toBe(compiler);
  if (!native) return;
  try {
    for (const { id } of benchProblems) {
      for (const solver of ["dopri5", "dop853"] as const) {
        const counts: number[] = [];
        for (const tol of [1e-4, 1e-6, 1e-8, 1e-10]) counts.push((await native.solve(solver, id, tol, 1)).nfev);
        expect(counts, `${solver} on ${id}`).toEqual(evaluationCounts[id][solver]);
      }
    }
  } finally {
    native.close();
  }
});

test("the benchmark states the problems as the fixtures do", () => {
  for (const [id, { u0, tspan }] of Object.entries(countedStarts)) {
    const entry = benchProblems.find((problem) => problem.id === id);
    expect([entry?.u0, entry?.end]).toEqual([u0, tspan[1]]);
  }
});
