import { OdeError, type OdeSolution } from "@fluxion/ode-core";

/**
 * Checks what every `pull` is given.
 *
 * @throws OdeError `SOLVE_FAILED` unless the forward solve succeeded, `SHAPE_MISMATCH` unless `uBar` has one `Float64Array`
 * of the state's length per saved time.
 */
export function assertPullable(solution: OdeSolution, uBar: readonly Float64Array[]): void {
  assertSucceeded("the solution", solution);
  const n = solution.problem.f.dim;
  if (uBar.length !== solution.u.length) {
    throw new OdeError("SHAPE_MISMATCH", `Cannot pull uBar back as it must have ${solution.u.length} entries, one per saved time: it has ${uBar.length}`);
  }
  uBar.forEach((x, i) => {
    if (!(x instanceof Float64Array) || x.length !== n) {
      throw new OdeError("SHAPE_MISMATCH", `Cannot pull uBar back as uBar[${i}] must be a Float64Array of length ${n}: ${describe(x)}`);
    }
  });
}

/**
 * Checks what every `push` is given.
 *
 * @throws OdeError `SOLVE_FAILED` unless the forward solve succeeded, `SHAPE_MISMATCH` unless `dp` and `du0` are null or a `Float64Array`
 * of the length of the parameters and of the state.
 */
export function assertPushable(solution: OdeSolution, dp: Float64Array | null, du0: Float64Array | null): void {
  assertSucceeded("the solution", solution);
  const { p, u0 } = solution.problem;
  for (const [name, x, { length }] of [["dp", dp, p], ["du0", du0, u0]] as const) {
    if (x !== null && (!(x instanceof Float64Array) || x.length !== length)) {
      throw new OdeError("SHAPE_MISMATCH", `Cannot push ${name} forward as it must be null or a Float64Array of length ${length}: ${describe(x)}`);
    }
  }
}

/**
 * Checks a solve of a sensitivity algorithm's own; `what` it is stands in the message, before that of the solve.
 *
 * @throws OdeError `SOLVE_FAILED` unless it succeeded.
 */
export function assertSucceeded(what: string, { retcode, message }: OdeSolution): void {
  if (retcode !== "success" && retcode !== "terminated") throw new OdeError("SOLVE_FAILED", `Cannot differentiate ${what} as its retcode must be "success" or "terminated": it is "${retcode}". ${message}`);
}

const describe = (x: unknown): string => (x instanceof Float64Array ? `its length is ${x.length}` : `it is ${Array.isArray(x) ? "an Array" : typeof x}`);
