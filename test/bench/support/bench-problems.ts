import type { InPlaceRhs, VectorField } from "@fluxion/ode-core";
import { countedProblems, countedStarts } from "../../fixtures/evaluation-counts.ts";
import { stiffProblems } from "../../fixtures/stiff-problems.ts";
import { readJson } from "../../workspace.ts";

/** A benchmark problem; starts at t = 0. */
export interface BenchProblem<F = InPlaceRhs | VectorField> {
  readonly id: string;
  readonly end: number;
  readonly u0: readonly number[];
  readonly f: F;
  /** `abstol / reltol`; absent for 1. */
  readonly scale?: number;
}

interface Start {
  readonly u0: readonly number[];
  readonly tspan: readonly [number, number];
}

const { problems } = readJson<{ readonly problems: readonly (Start & { readonly id: string })[] }>("test/fixtures/ode-reference.json");
const ids = ["lotka_volterra", "lorenz", "arenstorf", "kepler_e06_10", "dblpend_large", "pleiades", "brusselator1d_32"];

/** The problems of the solver benchmark; `../native/problems.c` holds the same formulas. */
export const benchProblems: readonly BenchProblem<InPlaceRhs>[] = ids.map((id) => {
  const { u0, tspan } = countedStarts[id] ?? problems.find((problem) => problem.id === id)!;
  return { id, end: tspan[1], u0, f: countedProblems[id] };
});

/** The stiff ones, with their Jacobians. */
export const stiffBenchProblems: readonly BenchProblem[] = (["vdp1e3", "robertson40", "hires"] as const).map((id) => {
  const { u0, tspan, f, scale } = stiffProblems[id];
  return { id, end: tspan[1], u0, f, scale };
});
