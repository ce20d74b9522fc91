import type { Algorithm, Stepper } from "./algorithm.ts";
import type { CallbackRunner } from "./callback-runner.ts";
import { controllerOf, quarter, retryFactor, type StepController } from "./controller.ts";
import { firstNonFinite } from "./failure.ts";
import type { OdeProblem } from "./problem.ts";
import { Recorder } from "./recorder.ts";
import { scaledNorm } from "./scaled-norm.ts";
import type { Retcode } from "./solution.ts";
import type { CheckedOptions } from "./solve-options.ts";

/** What a solve is made of, as far as it changes from step to step. Numbers that do begin as no integers: V8 then stores them in place. */
export interface StepLoop {
  stepper: Stepper;
  controller: StepController;
  /** Whether a step relies on those before it, so that one cut short at a stop hampers the next ones. */
  multistep: boolean;
  recorder: Recorder;
  /** Absent when there are none, and until what is due at the start was called. */
  callbacks: CallbackRunner | undefined;
  options: CheckedOptions;
  /** 1 forwards, -1 backwards. */
  direction: number;
  /** Steps up to this drown in the rounding of the time span. */
  smallest: number;
  /** The parameters in use. */
  p: Float64Array;
  /** The state at `t`, and the one after a step. */
  u: Float64Array;
  next: Float64Array;
  /** Scratch for the error estimate. */
  error: Float64Array;
  t: number;
  /** Length of the step to try next, or of all steps; > 0. */
  size: number;
  /** Where a step must end. */
  target: number;
  /** Whether the step to the target was so short that a multistep method is to begin anew behind it. */
  isCut: boolean;
  /** Fixed steps are counted from `origin`, so that the error of the time does not grow with their number. */
  origin: number;
  index: number;
  count: number;
  /** Whether the last step was left to the caller to keep, and the length and end of such a step. */
  isLeft: boolean;
  h: number;
  end: number;
  naccept: number;
  nreject: number;
  /** Whether the last try was rejected by `isOutOfDomain`. */
  outOfDomain: boolean;
}

/** A solve at its start, in the array `u` that holds the initial state. */
export function loopOf(problem: OdeProblem, algorithm: Algorithm, options: CheckedOptions, stepper: Stepper, u: Float64Array): StepLoop {
  const { f, tspan: [t0, t1], p } = problem;
  return {
    stepper, controller: controllerOf(algorithm, stepper), multistep: algorithm.startOrder !== undefined, recorder: new Recorder(problem, options.times, options.dense), callbacks: undefined, options,
    direction: t1 < t0 ? -1 : 1, smallest: Number.EPSILON * Number.EPSILON * Math.abs(t1 - t0), p, u, next: new Float64Array(f.dim), error: new Float64Array(f.dim),
    t: t0, size: NaN, target: NaN, isCut: false, origin: NaN, index: 0, count: 0, isLeft: false, h: NaN, end: NaN, naccept: 0, nreject: 0, outOfDomain: false,
  };
}

/** Why a step loop could not go on, `length` being that of the step it could not take; `undefined` when it did what it was to do. */
export type StepFault = { readonly retcode: Retcode; readonly why: string; readonly length: number } | undefined;

/** Steps up to this length are rounding of the time. */
const leastLength = (t: number, smallest: number): number => Math.max(4 * Number.EPSILON * Math.abs(t), smallest);

/** The same of a solve where it is. */
export const leastStep = ({ t, smallest }: StepLoop): number => leastLength(t, smallest);

/** Slopes so much closer together than the steps around them are little but rounding to these. */
const shortest = 0.01;

const fault = (retcode: Retcode, why: string, length = NaN): StepFault => ({ retcode, why, length });

/**
 * Takes up to `limit` steps of `loop.size`, but not past `loop.target`, for which the last one is shortened. One at which a callback may be
 * due is the last and left to the caller: `loop.next` is the state after it, and nothing is saved or moved on.
 */
export function fixedSteps(loop: StepLoop, limit: number): StepFault {
  const { stepper, options, recorder, callbacks, direction, target, origin, count, size } = loop;
  const { maxIters, onStep, signal } = options;
  let accepted = true;
  try {
    for (let i = 0; i < limit && loop.t !== target; i++) {
      const { t, u, next, index } = loop;
      if (signal?.aborted || loop.naccept === maxIters) return halted(options);
      const last = index === count - 1;
      const end = last ? target : origin + direction * (index + 1) * size;
      const h = last ? target - t : direction * size;
      if (t + h === t) return fault("dtLessThanMin", `a step of ${h} does not change the time`);
      if (!stepper.step(t, h, u, next)) return fault("stepFailed", `the equations of a step of ${h} could not be solved`, h);
      const bad = firstNonFinite(next);
      if (bad >= 0) return fault("nonFinite", `u[${bad}] is ${next[bad]} after a step of ${h}`, h);
      loop.h = h;
      loop.end = end;
      loop.isLeft = callbacks !== undefined && !callbacks.isQuiet(stepper, t, h, next, end === target);
      if (loop.isLeft) return undefined;
      recorder.step(stepper, t, h, end, next, callbacks?.interpolant);
      moveOn(loop);
      callbacks?.pass();
      accepted = false;
      stepper.accept?.();
      accepted = true;
      onStep?.(t, h, u);
    }
  } finally {
    // What a stepper knows that could not accept a step is of the state before it.
    if (!accepted) stepper.reset?.();
  }
  return undefined;
}

/** Moves to the end of the step that was taken last. */
export function moveOn(loop: StepLoop): void {
  const { u } = loop;
  loop.u = loop.next;
  loop.next = u;
  loop.t = loop.end;
  loop.index++;
  loop.naccept++;
}

/**
 * Takes up to `limit` steps whose scaled error is at most 1, but not past `loop.target`. A step that is not finite is retried
 * with a much smaller one. With callbacks as {@link fixedSteps}.
 */
export function adaptiveSteps(loop: StepLoop, limit: number): StepFault {
  const { stepper, controller, multistep, options, recorder, callbacks, direction, smallest, target, p } = loop;
  const { norm, dtmin, dtmax, maxIters, isOutOfDomain, signal, onStep } = options;
  // The stepper's own way is faster where it has one.
  const fused = stepper.scaledError !== undefined && !norm;
  const isChecked = options.isLookedInto && stepper.interpolationError !== undefined;
  // What changes is kept in locals: in fields it would cost a quarter of the solve of a small system.
  let { t, size, u, next, naccept, nreject } = loop;
  let kept = 0;
  let solved = true;
  let accepted = true;
  try {
    while (kept < limit && t !== target) {
      if (signal?.aborted || naccept + nreject === maxIters) return halted(options);
      const remaining = Math.abs(target - t);
      // Stretching by up to 1 % spares a sliver of a last step.
      const last = remaining <= 1.01 * size && remaining <= dtmax * (1 + 1e-10);
      if (!last && (size <= leastLength(t, smallest) || size < dtmin)) {
        return tooSmall(loop, direction * size, next, naccept + nreject, solved);
      }
      const end = last ? target : t + direction * (multistep && remaining < 2 * size ? remaining / 2 : size);
      // What really passes: its rounding would add up at large times.
      const h = end - t;
      solved = stepper.step(t, h, u, next);
      if (!solved) {
        nreject++;
        loop.outOfDomain = false;
        size = Math.abs(h) * retryFactor(controller);
        continue;
      }
      let scaled = fused ? (stepper as Required<Stepper>).scaledError() : scaledError(loop, u, next);
      if (isChecked && scaled <= 1) scaled = Math.max(scaled, interpolationError(loop, u, next));
      const good = scaled <= 1;
      if (!good || (isOutOfDomain !== undefined && isOutOfDomain(end, next, p))) {
        nreject++;
        loop.outOfDomain = good;
        size = Math.abs(h) * (good ? quarter : controller.reject(scaled));
        continue;
      }
      if (multistep) loop.isCut = last && Math.abs(h) < shortest * size;
      const proposed = Math.abs(h) * controller.accept(scaled);
      // A step that was cut very short at a stop says nothing about the length it was to have.
      size = Math.min(dtmax, !multistep && 10 * Math.abs(h) < size ? Math.max(size, proposed) : proposed);
      if (callbacks !== undefined && !callbacks.isQuiet(stepper, t, h, next, end === target)) {
        loop.h = h;
        loop.end = end;
        loop.isLeft = true;
        break;
      }
      recorder.step(stepper, t, h, end, next, callbacks?.interpolant);
      const begun = t;
      const former = u;
      u = next;
      next = former;
      t = end;
      naccept++;
      kept++;
      callbacks?.pass();
      accepted = false;
      stepper.accept?.();
      accepted = true;
      onStep?.(begun, h, former);
    }
  } finally {
    // Also when what the caller gave us throws: the solve is then where it was, or at the end of the step if that was saved.
    if (!accepted) stepper.reset?.();
    loop.t = t;
    loop.size = size;
    loop.u = u;
    loop.next = next;
    loop.naccept = naccept;
    loop.nreject = nreject;
  }
  return undefined;
}

function scaledError({ stepper, options, error }: StepLoop, u: Float64Array, next: Float64Array): number {
  stepper.error?.(error);
  return scaledNorm(error, u, next, options);
}

function interpolationError({ stepper, options, error }: StepLoop, u: Float64Array, next: Float64Array): number {
  const leeway = stepper.interpolationError!(error);
  return leeway < Infinity ? scaledNorm(error, u, next, options) / leeway : 0;
}

function halted({ signal, maxIters }: CheckedOptions): StepFault {
  return signal?.aborted ? fault("aborted", "the signal was aborted") : fault("maxIters", `maxIters = ${maxIters} steps were taken`);
}

/** `tries` is how many steps were taken and rejected, `solved` whether the equations of the last one were. */
function tooSmall({ outOfDomain, options: { dtmin } }: StepLoop, length: number, next: Float64Array, tries: number, solved: boolean): StepFault {
  const size = Math.abs(length);
  if (tries === 0) return fault("dtLessThanMin", `a first step of ${size} is shorter than ${size < dtmin ? `dtmin = ${dtmin}` : "rounding allows"}`, length);
  if (!solved) return fault("dtLessThanMin", `the equations of no step down to ${size} could be solved`, length);
  const bad = firstNonFinite(next);
  if (bad >= 0) return fault("nonFinite", `u[${bad}] is ${next[bad]} after any step down to ${size}`, length);
  if (outOfDomain) return fault("dtLessThanMin", `isOutOfDomain holds after any step down to ${size}`);
  return fault("dtLessThanMin", `the tolerances ask for steps below ${size}, which ${size < dtmin ? "dtmin" : "rounding"} forbids`, length);
}
