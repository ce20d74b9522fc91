import type { Algorithm } from "./algorithm.ts";
import { higherIndex } from "./consistent-state.ts";
import { nonFiniteSlope, stopped } from "./failure.ts";
import type { NullSpaces } from "./linear-algebra/null-spaces.ts";
import { stepperContext } from "./make-stepper.ts";
import type { OdeProblem } from "./problem.ts";
import type { Retcode } from "./solution.ts";
import type { StepLoop } from "./step-loop.ts";
import { stiffnessHint } from "./stiffness-hint.ts";

/** The solve that stopped. */
export interface StoppedSolve {
  readonly problem: OdeProblem;
  readonly algorithm: Algorithm;
  readonly loop: StepLoop;
  readonly algebra: NullSpaces | undefined;
  readonly adaptive: boolean;
}

/**
 * Looks for what is behind the end of a solve: a right-hand side that is not finite, algebraic equations of a higher index, stiffness.
 *
 * @param length - That of a step that could not be taken, NaN when it has none; `undefined` when there was none.
 * @returns The retcode, perhaps a better one, the message, and what looking cost.
 */
export function whyStopped({ problem, algorithm, loop, algebra, adaptive }: StoppedSolve, retcode: Retcode, why: string, length: number | undefined): { readonly retcode: Retcode; readonly message: string; readonly nf: number } {
  if (retcode === "success") return { retcode, message: "", nf: 0 };
  const { t, u, p, size, stepper, options } = loop;
  const f = problem.f.bind(p.slice());
  let hint = "";
  let nf = 0;
  if (length !== undefined && retcode !== "aborted" && retcode !== "maxIters") {
    const found = nonFiniteSlope(f, t, u, length, problem.tspan[1]);
    nf += found.nf;
    if (found.what !== "") [retcode, why] = ["nonFinite", found.what];
  }
  if (algebra && retcode !== "terminated" && retcode !== "aborted" && retcode !== "initialFailure") {
    const found = higherIndex(algebra, f, t, u, stepperContext(problem, options));
    nf += found.nf;
    if (found.isHigher) hint = "; the algebraic equations do not determine the algebraic variables there: the index of the problem is above 1";
  }
  if (retcode === "maxIters" && adaptive && stepper.njac === undefined) {
    const found = stiffnessHint(f, t, u, size, algorithm, options);
    nf += found.nf;
    hint = found.hint;
  }
  return { retcode, message: stopped(t, why + hint), nf };
}
