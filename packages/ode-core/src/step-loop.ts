import type { Stepper } from "./algorithm.ts";
import type { StepController } from "./controller.ts";
import { errorNorm } from "./error-norm.ts";
import type { OdeProblem } from "./problem.ts";
import type { Recorder } from "./recorder.ts";
import type { Retcode } from "./solution.ts";
import type { CheckedOptions } from "./solve-options.ts";

/** What the step loops work with. */
export interface StepLoopContext {
  readonly problem: OdeProblem;
  readonly stepper: Stepper;
  /** Used by adaptive steps. */
  readonly controller: StepController;
  readonly options: CheckedOptions;
  readonly recorder: Recorder;
  /** Length of the first or of every step, > 0; NaN when `f(t0, u0)` is not finite. */
  readonly dt: number;
}

/** How a step loop ended. */
export interface StepLoopOutcome {
  readonly retcode: Retcode;
  readonly message: string;
  readonly naccept: number;
  readonly nreject: number;
}

/** Takes equal steps, the last one shortened to end at `t1`. */
export function fixedSteps({ problem, stepper, options, recorder, dt }: StepLoopContext): StepLoopOutcome {
  const { tspan, u0 } = problem;
  const [t0, t1] = tspan;
  const { maxIters, onStep } = options;
  const direction = t1 < t0 ? -1 : 1;
  // Rounding of the quotient must not add a sliver of a step.
  const count = Math.ceil((Math.abs(t1 - t0) / dt) * (1 - 1e-12));
  let u = u0.slice();
  let next = new Float64Array(u0.length);
  const outcome = (retcode: Retcode, message: string, naccept: number): StepLoopOutcome => ({ retcode, message, naccept, nreject: 0 });
  for (let i = 0; i < count; i++) {
    // Not accumulated: the error of the time does not grow with the number of steps.
    const t = t0 + direction * i * dt;
    const end = i === count - 1 ? t1 : t0 + direction * (i + 1) * dt;
    const h = i === count - 1 ? t1 - t : direction * dt;
    if (i === maxIters) return outcome("maxIters", stopped(t, `maxIters = ${maxIters} steps were taken`), i);
    if (t + h === t) return outcome("dtLessThanMin", stopped(t, `a step of ${h} does not change the time`), i);
    if (!stepper.step(t, h, u, next)) return outcome("stepFailed", stopped(t, `the equations of a step of ${h} could not be solved`), i);
    const bad = firstNonFinite(next);
    if (bad >= 0) return outcome("nonFinite", stopped(t, `u[${bad}] is ${next[bad]} after a step of ${h}`), i);
    recorder.step(stepper, t, h, end, next);
    stepper.accept?.();
    onStep?.(t, h, u);
    [u, next] = [next, u];
  }
  return outcome("success", "", Math.max(0, count));
}

/** Takes steps whose scaled error is at most 1. A step that is not finite is retried with a much smaller one. */
export function adaptiveSteps({ problem, stepper, controller, options, recorder, dt }: StepLoopContext): StepLoopOutcome {
  const { tspan, u0 } = problem;
  const [t0, t1] = tspan;
  const { abstol, reltol, dtmax, maxIters, onStep } = options;
  const direction = t1 < t0 ? -1 : 1;
  const smallest = Number.EPSILON * Number.EPSILON * Math.abs(t1 - t0);
  const error = new Float64Array(u0.length);
  let u = u0.slice();
  let next = new Float64Array(u0.length);
  let t = t0;
  let size = Math.min(dt, dtmax);
  let naccept = 0;
  let nreject = 0;
  const outcome = (retcode: Retcode, message: string): StepLoopOutcome => ({ retcode, message, naccept, nreject });
  while (t !== t1) {
    if (naccept + nreject === maxIters) return outcome("maxIters", stopped(t, `maxIters = ${maxIters} steps were taken`));
    const remaining = Math.abs(t1 - t);
    // Stretching by up to 1 % spares a sliver of a last step.
    const last = remaining <= 1.01 * size && remaining <= dtmax * (1 + 1e-10);
    if (!last && size <= Math.max(4 * Number.EPSILON * Math.abs(t), smallest)) {
      const bad = firstNonFinite(next);
      if (bad >= 0) return outcome("nonFinite", stopped(t, `u[${bad}] is ${next[bad]} after any step down to ${size}`));
      return outcome("dtLessThanMin", stopped(t, `the tolerances ask for steps below ${size}, which rounding forbids`));
    }
    const h = last ? t1 - t : direction * size;
    const solved = stepper.step(t, h, u, next);
    const scaled = solved ? scaledError(stepper, error, u, next, abstol, reltol) : Infinity;
    if (!(scaled <= 1)) {
      nreject++;
      size = Math.abs(h) * (solved ? controller.reject(scaled) : 0.25);
      continue;
    }
    const end = last ? t1 : t + h;
    recorder.step(stepper, t, h, end, next);
    stepper.accept?.();
    onStep?.(t, h, u);
    [u, next] = [next, u];
    t = end;
    naccept++;
    size = Math.min(dtmax, Math.abs(h) * controller.accept(scaled));
  }
  return outcome("success", "");
}

/** By the stepper's fused way if it has one; `error` is scratch. */
function scaledError(stepper: Stepper, error: Float64Array, u: Float64Array, next: Float64Array, abstol: number, reltol: number): number {
  if (stepper.scaledError) return stepper.scaledError(u, next, abstol, reltol);
  stepper.error?.(error);
  return errorNorm(error, u, next, abstol, reltol);
}

const stopped = (t: number, why: string): string => `Stopped at t = ${t}: ${why}`;

/** Index of the first entry that is NaN or infinite, or -1. */
function firstNonFinite(x: Float64Array): number {
  for (let i = 0; i < x.length; i++) if (!Number.isFinite(x[i])) return i;
  return -1;
}
