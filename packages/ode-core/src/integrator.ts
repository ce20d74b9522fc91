import type { Algorithm } from "./algorithm.ts";
import { CallbackRunner } from "./callback-runner.ts";
import { algebraOf, makeConsistent } from "./consistent-state.ts";
import { denseOutput } from "./dense-output.ts";
import { OdeError } from "./errors.ts";
import { stopped } from "./failure.ts";
import { firstStep, initialStepCost } from "./initial-step.ts";
import type { NullSpaces } from "./linear-algebra/null-spaces.ts";
import { isAdaptive, makeStepper, stepperContext } from "./make-stepper.ts";
import { timeTolerance } from "./output-times.ts";
import { massOf, odeProblem, type OdeProblem } from "./problem.ts";
import { Recorder } from "./recorder.ts";
import type { OdeSolution, Retcode, SolveOptions, SolveStats } from "./solution.ts";
import { checkSolveOptions, requireStepControl } from "./solve-options.ts";
import { adaptiveSteps, fixedSteps, leastStep, loopOf, moveOn, type StepLoop } from "./step-loop.ts";
import { whyStopped } from "./why-stopped.ts";

/** A solve in progress. Made by `init`. */
export class Integrator {
  readonly #algorithm: Algorithm;
  readonly #given: SolveOptions;
  readonly #adaptive: boolean;
  #loop: StepLoop;
  /** What a singular mass matrix leaves of the equations; absent without one. */
  readonly #algebra: NullSpaces | undefined;
  #problem: OdeProblem;
  /** Index of the target among the stops. */
  #stop = 0;
  /** Spent outside of the stepper in use. */
  #spent = { nf: 0, njac: 0, nlu: 0 };
  /** Why the algebraic equations could not be solved; empty when they were. */
  #inconsistent = "";
  #retcode: Retcode | undefined;
  #message = "";
  #isStepping = false;

  constructor(problem: OdeProblem, algorithm: Algorithm, options: SolveOptions) {
    const checked = checkSolveOptions(options, problem);
    const stepper = makeStepper(algorithm, problem, checked, problem.p);
    this.#algorithm = algorithm;
    this.#given = options;
    this.#problem = problem;
    this.#adaptive = isAdaptive(stepper, checked);
    requireStepControl(algorithm, checked, this.#adaptive);
    this.#loop = loopOf(problem, algorithm, checked, stepper, problem.u0.slice());
    this.#algebra = algebraOf(problem);
    this.#begin();
  }

  /** The time reached. */
  get t(): number {
    return this.#loop.t;
  }

  /** The state `u[n]` at `t`: a view, copy it to keep it. Not to be written, as the next step rests on more than it: `reinit` takes another one, a callback changes it. */
  get u(): Readonly<Float64Array> {
    return this.#loop.u;
  }

  /** The parameters `p[m]` in use: those of the problem until a callback changes them. A view, not to be written. */
  get p(): Readonly<Float64Array> {
    return this.#loop.p;
  }

  /** Whether the end was reached or the solve stopped: `step` then does nothing. */
  get done(): boolean {
    return this.#retcode !== undefined;
  }

  /** How the solve ended; `undefined` while it goes on. */
  get retcode(): Retcode | undefined {
    return this.#retcode;
  }

  /** What was spent so far. */
  get stats(): SolveStats {
    const { nf, njac, nlu } = this.#spent;
    const { stepper, naccept, nreject } = this.#loop;
    return { nf: nf + stepper.nf, njac: njac + (stepper.njac ?? 0), nlu: nlu + (stepper.nlu ?? 0), naccept, nreject, switches: stepper.switches?.slice() ?? [] };
  }

  /**
   * Takes one step, tries that are rejected included. Returns false when none was kept: the solve is done, or was left by an exception at a stop.
   * After an exception of the right-hand side or of `onStep` it may be called again; one of a callback ends the solve, with retcode `"aborted"`.
   */
  step(): boolean {
    const { naccept } = this.#loop;
    if (!this.done) this.#advance(1);
    return this.#loop.naccept > naccept;
  }

  /** Takes the steps that are left, one per turn of a `for` loop, and yields itself after each. */
  *[Symbol.iterator](): Generator<this, void, undefined> {
    while (!this.done) if (this.step()) yield this;
  }

  /** Steps to the end. */
  run(): void {
    while (!this.done) this.#advance(Infinity);
  }

  /** Ends the solve where it is, with retcode `"aborted"`, and hands its memory on: for one that is left unfinished, of many above all. */
  stop(): void {
    this.#requireRest("stop");
    if (!this.done) this.#finish("aborted", "stop was called");
  }

  /** What was solved and saved so far. Its retcode is `"aborted"` when the solve is not done. */
  solution(): OdeSolution {
    const { recorder, t, u, naccept } = this.#loop;
    const problem = this.#problem;
    return {
      problem,
      algorithm: this.#algorithm,
      t: new Float64Array(recorder.t),
      u: recorder.u.slice(),
      retcode: this.#retcode ?? "aborted",
      message: this.#retcode === undefined ? stopped(t, "the solve was not stepped to its end") : this.#message,
      stats: this.stats,
      events: this.#loop.callbacks?.events.slice() ?? [],
      ...denseOutput(naccept === 0 ? { ...problem, u0: u.slice() } : problem, recorder.record()),
    };
  }

  /**
   * Starts anew, from another state or time if given, with the parameters of the problem; what was saved and counted is dropped.
   *
   * @throws OdeError as `odeProblem` and `solve` do, when state, time and options do not fit together, `INVALID_ARGUMENT` while a step is taken.
   */
  reinit(u0: ArrayLike<number> = this.#problem.u0, t0: number = this.#problem.tspan[0]): void {
    this.#requireRest("start anew");
    const { f, tspan, p } = this.#problem;
    const problem = odeProblem(f, u0, [t0, tspan[1]], p, massOf(this.#problem));
    const options = checkSolveOptions(this.#given, problem);
    const stepper = makeStepper(this.#algorithm, problem, options, p);
    // What throws before leaves the solve as it was.
    const { stepper: last, u } = this.#loop;
    last.release?.();
    u.set(problem.u0);
    this.#problem = problem;
    this.#loop = loopOf(problem, this.#algorithm, options, stepper, u);
    this.#begin();
  }

  /** Goes to the start: what is due there, and the length of the first step. */
  #begin(): void {
    const loop = this.#loop;
    const problem = this.#problem;
    const [t0] = problem.tspan;
    const { dt, callbacks, stops } = loop.options;
    this.#spent = { nf: 0, njac: 0, nlu: 0 };
    this.#retcode = undefined;
    this.#message = "";
    this.#inconsistent = "";
    this.#stop = 0;
    if (this.#settle(t0, loop.u, problem.p)) loop.recorder = new Recorder({ ...problem, u0: loop.u }, loop.options.times, loop.options.dense);
    if (this.#inconsistent !== "") return this.#finish("initialFailure", this.#inconsistent);
    const settle = this.#algebra && ((t: number, u: Float64Array, p: Float64Array) => this.#settle(t, u, p));
    loop.callbacks = callbacks.length > 0 ? new CallbackRunner(callbacks, problem.tspan, loop.u, problem.p, settle) : undefined;
    if (loop.callbacks) this.#beginCallbacks(loop.callbacks);
    if (this.done) return;
    if (stops.length === 0) return this.#finish("success", "");
    this.#setSize(dt);
  }

  /** Makes `u[n]` satisfy the algebraic equations; returns whether that changed it. */
  #settle(t: number, u: Float64Array, p: Float64Array): boolean {
    if (!this.#algebra) return false;
    const problem = this.#problem;
    const { isChanged, fault = "", nf, njac, nlu } = makeConsistent(this.#algebra, problem.f.bind(p.slice()), t, u, stepperContext(problem, this.#loop.options));
    this.#spent = { nf: this.#spent.nf + nf, njac: this.#spent.njac + njac, nlu: this.#spent.nlu + nlu };
    this.#inconsistent = fault;
    return isChanged;
  }

  #beginCallbacks(callbacks: CallbackRunner): void {
    this.#loop.p = callbacks.state.p;
    try {
      callbacks.begin(this.#loop.recorder);
      this.#afterCallbacks(callbacks);
    } catch (error) {
      throw this.#endedBy(error);
    }
  }

  /** An exception among callbacks ends the solve: some were called, which cannot be undone nor be done again. */
  #endedBy(error: unknown): unknown {
    this.#finish("aborted", `a callback threw: ${String(error)}`);
    return error;
  }

  /** Sets the length of the next step, to `dt` if given, and aims at the next stop. */
  #setSize(dt: number | undefined): void {
    const loop = this.#loop;
    const { dtmin, dtmax } = loop.options;
    // What was chosen may be too short for the time to change, which nobody asked for.
    loop.size = dt ?? Math.max(dtmin, 10 * leastStep(loop), this.#chooseStep());
    if (Number.isNaN(loop.size)) return this.#finish("nonFinite", "the first step has no length", NaN);
    if (this.#adaptive) loop.size = Math.min(loop.size, dtmax);
    this.#aim();
  }

  /** A step as for the start of a solve, from where it is now. */
  #chooseStep(): number {
    const { t, u, p, options, stepper } = this.#loop;
    // A component that the right-hand side does not write is not finite.
    const slope = new Float64Array(u.length).fill(NaN);
    const { f, tspan } = this.#problem;
    this.#spent.nf += initialStepCost;
    const size = firstStep(this.#algorithm, f.bind(p), [t, tspan[1]], u, options, slope);
    stepper.start?.(slope);
    return size;
  }

  /** Turns to the next stop, from here on. */
  #aim(): void {
    const loop = this.#loop;
    loop.target = loop.options.stops[this.#stop];
    loop.origin = loop.t;
    loop.index = 0;
    // Rounding of the quotient must not add a sliver of a step.
    if (!this.#adaptive) loop.count = Math.max(1, Math.ceil((Math.abs(loop.target - loop.t) / loop.size) * (1 - 1e-12)));
  }

  /** @throws OdeError `INVALID_ARGUMENT` when called by what a step calls. */
  #requireRest(act: string): void {
    if (this.#isStepping) throw new OdeError("INVALID_ARGUMENT", `Cannot ${act} as no step may be on its way: it was called by a right-hand side, a callback or onStep of the same solve`);
  }

  #advance(limit: number): void {
    this.#requireRest("step");
    this.#isStepping = true;
    try {
      this.#advanceUpTo(limit);
    } finally {
      this.#isStepping = false;
    }
  }

  /** Takes up to `limit` steps, or fewer up to a stop or a callback. */
  #advanceUpTo(limit: number): void {
    const loop = this.#loop;
    const fault = this.#adaptive ? adaptiveSteps(loop, limit) : fixedSteps(loop, limit);
    if (fault) return this.#finish(fault.retcode, fault.why, fault.length);
    if (loop.callbacks && loop.isLeft) this.#keepStep(loop.callbacks);
    if (this.done || loop.t !== loop.target) return;
    this.#stop++;
    if (this.#stop === loop.options.stops.length) return this.#finish("success", "");
    loop.stepper.atStop?.();
    if (!loop.isCut) return this.#aim();
    loop.isCut = false;
    loop.stepper.reset?.();
    this.#setSize(undefined);
  }

  /** Ends the step that was taken at the first event in it, if there is one, saves what is wanted and goes on from there. */
  #keepStep(callbacks: CallbackRunner): void {
    const loop = this.#loop;
    loop.isLeft = false;
    const { stepper, recorder, t, h, u, next } = loop;
    const { theta, fault } = callbacks;
    if (fault !== "") return this.#finish("eventsTooClose", fault);
    const cut = theta < 1;
    let end = recorder.align(cut ? t + theta * h : loop.end);
    // Rounding must not leave a sliver of a step before a stop.
    if (Math.abs(loop.target - end) <= timeTolerance(end, loop.target)) end = loop.target;
    recorder.inside(stepper, t, h, end, next, callbacks.interpolant);
    loop.end = end;
    moveOn(loop);
    try {
      if (cut) stepper.reset?.();
      else stepper.accept?.();
      callbacks.run(end, next, recorder);
      if (callbacks.changedState) stepper.reset?.();
      this.#afterCallbacks(callbacks);
    } catch (error) {
      throw this.#endedBy(error);
    }
    const jumped = cut || callbacks.changedState || callbacks.changedParameters;
    if (jumped) loop.isCut = false;
    // Without steps to rely on, the next one is of the lowest order and must be short.
    if (jumped && loop.multistep && !this.done && end !== this.#problem.tspan[1]) this.#setSize(undefined);
    else if (cut && end !== loop.target) this.#aim();
    loop.options.onStep?.(t, cut ? end - t : h, u);
  }

  #afterCallbacks({ changedParameters, terminatedBy, state }: CallbackRunner): void {
    if (changedParameters) {
      const { nf, njac, nlu } = this.stats;
      this.#spent = { nf, njac, nlu };
      // Bound fields rely on parameters that stay as they are, and those of the state may change again.
      const stepper = makeStepper(this.#algorithm, this.#problem, this.#loop.options, state.p.slice());
      stepper.takeOver?.(this.#loop.stepper);
      this.#loop.stepper.release?.();
      this.#loop.stepper = stepper;
      if (stepper.controller) this.#loop.controller = stepper.controller;
    }
    if (this.#inconsistent !== "") this.#finish("initialFailure", this.#inconsistent);
    else if (terminatedBy >= 0) this.#finish("terminated", `callback ${terminatedBy} ended the solve`);
  }

  /** @param length - That of a step that could not be taken. */
  #finish(retcode: Retcode, why: string, length?: number): void {
    const found = whyStopped({ problem: this.#problem, algorithm: this.#algorithm, loop: this.#loop, algebra: this.#algebra, adaptive: this.#adaptive }, retcode, why, length);
    this.#spent.nf += found.nf;
    this.#retcode = found.retcode;
    this.#message = found.message;
    this.#loop.stepper.release?.();
  }
}
