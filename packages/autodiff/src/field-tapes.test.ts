import { rk4, type ButcherTableau } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import type { SplitKernel, StepKernel } from "./compile.ts";
import { FieldTapes } from "./field-tapes.ts";

test("a step kernel is made once for the coefficients of a method, also where the method is made anew for each solve", () => {
  const made: ButcherTableau[] = [];
  const part = { inputs: [1, 1, 1].map((length) => new Float64Array(length)), outputs: [1, 1].map((length) => new Float64Array(length)), run: () => {} };
  const kernel: Partial<SplitKernel> = {
    first: part,
    second: part,
    steps: (tableau) => {
      made.push(tableau);
      return { stages: tableau.b.length, reserve: () => true } as Partial<StepKernel> as StepKernel;
    },
  };
  const tapes = new FieldTapes(() => kernel as SplitKernel);
  const halfStep = (c: number): ButcherTableau => ({ a: [[], [c]], b: [0, 1], c: [0, c] });
  for (let i = 0; i < 3; i++) {
    for (const [c, stages] of [[0.5, 2], [0.75, 2]]) expect(tapes.beginSteps(new Float64Array(1), halfStep(c))?.stages).toBe(stages);
    expect(tapes.beginSteps(new Float64Array(1), rk4().tableau!)?.stages).toBe(4);
  }
  expect(made.map(({ c }) => c[1])).toEqual([0.5, 0.75, 0.5]);
});
