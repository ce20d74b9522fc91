import { requireAlgorithm, type Algorithm, type Interpolant, type Stepper, type StepperContext } from "./algorithm.ts";
import { option, readOptions } from "./config.ts";
import { controllerOf, retryFactor, type StepController } from "./controller.ts";
import { OdeError } from "./errors.ts";
import { scaledNorm } from "./scaled-norm.ts";
import { stabilityLimit } from "./stability-limit.ts";
import type { BoundField } from "./vector-field.ts";

/** Options of {@link autoSwitch}. A step is stiff when its length times the fastest rate of the problem comes near the stability limit of the non-stiff method. */
export interface AutoSwitchOptions {
  /** More stiff steps than this in a row with the non-stiff method, rejected ones included, switch to the stiff one; counted from one of every fourth step on. Default 20. */
  readonly maxStiffStep?: number | undefined;
  /** More steps than this in a row with the stiff method that are not stiff switch back. Default 3. */
  readonly maxNonstiffStep?: number | undefined;
  /** Part of the stability limit from which on a step of the non-stiff method is stiff. Default 0.5. */
  readonly nonstiffTol?: number | undefined;
  /** The same for steps of the stiff method; not above the other, or it switches to and fro. Default 0.4. */
  readonly stiffTol?: number | undefined;
}

/** One step of the non-stiff method in so many is looked at, and each one from a stiff one on: a look costs as much as some stages of a small system. */
const lookEvery = 4;

/**
 * Where the stiff components are driven, error control holds the steps of stiff problems between 0.5 and 1 of the stability limit. Those
 * of problems that are not stiff come there too, with wide tolerances or a method of high order, but rarely stay for 20 steps.
 */
const specs = {
  maxStiffStep: option.count(20),
  maxNonstiffStep: option.count(3),
  nonstiffTol: option.positive(0.5),
  stiffTol: option.positive(0.4),
};

/**
 * A method for problems that are stiff part of the time, or of which it is not known: `nonstiff` until its steps are as long as
 * stability allows, `stiff` until the same steps would be stable with `nonstiff`, and so on. `solution.stats.switches` says where.
 * Finding out costs no evaluation: the rate of the problem comes from stages that are there, and from the Jacobian of the stiff
 * method. It takes a few steps in which stiff components may be wrong by their `abstol`: where that is more than they are, as for those of
 * Robertson's problem with 1e-4, the solution may be lost before.
 *
 * @param nonstiff - An explicit Runge-Kutta method whose last two stages are at the end of the step: `tsit5`, `dp5`, `vern6` to `vern9`.
 * @param stiff - A method with error control that knows its Jacobian: any Rosenbrock method, `implicitEuler`, `trbdf2`, `kenCarp4`, `kvaerno5`, `radauIIA5`.
 * @throws OdeError `INVALID_ARGUMENT` for a method that does not fit, `INVALID_OPTION` for a wrong option.
 * @source Petzold, SIAM J. Sci. Stat. Comput. 4 (1983) 136-148; Hairer, Wanner, Solving Ordinary Differential Equations II (1996), section IV.2.
 */
export function autoSwitch(nonstiff: Algorithm, stiff: Algorithm, options: AutoSwitchOptions = {}): Algorithm {
  requireAlgorithm("make autoSwitch", "nonstiff", nonstiff);
  requireAlgorithm("make autoSwitch", "stiff", stiff);
  const name = `autoSwitch(${nonstiff.name}, ${stiff.name})`;
  const checked = readOptions("autoSwitch", options, specs);
  const { tableau, initialStep } = nonstiff;
  if (!tableau) throw new OdeError("INVALID_ARGUMENT", `Cannot make ${name} as "nonstiff" must be an explicit Runge-Kutta method: "${nonstiff.name}" has no tableau`);
  if (stiff.tableau) throw new OdeError("INVALID_ARGUMENT", `Cannot make ${name} as "stiff" must be an implicit method: "${stiff.name}" is explicit`);
  for (const method of [nonstiff, stiff]) requireUsable(name, method);
  const limit = stabilityLimit(tableau);
  const setting: Setting = { name, nonstiff, stiff, ...checked, nonstiffTol: checked.nonstiffTol * limit, stiffTol: checked.stiffTol * limit };
  return {
    name,
    order: nonstiff.order,
    requires: [...new Set([...(nonstiff.requires ?? []), ...(stiff.requires ?? [])])],
    ...(initialStep ? { initialStep } : {}),
    stepper: (f, n, context) => new SwitchingStepper(setting, f, n, context),
  };
}

/** Checked options; the tolerances times the stability limit. */
interface Setting extends Readonly<Record<keyof AutoSwitchOptions, number>> {
  readonly name: string;
  readonly nonstiff: Algorithm;
  readonly stiff: Algorithm;
}

/** Hands on to the controller of the method in use, and tells when a step was rejected. */
class SwitchedController implements StepController {
  current: StepController;
  readonly #rejected: () => void;

  constructor(first: StepController, rejected: () => void) {
    this.current = first;
    this.#rejected = rejected;
  }

  accept(error: number): number {
    return this.current.accept(error);
  }

  reject(error: number): number {
    const factor = this.current.reject(error);
    this.#rejected();
    return factor;
  }

  fail(): number {
    return retryFactor(this.current);
  }
}

class SwitchingStepper implements Stepper {
  switches: number[] = [];
  readonly controller: SwitchedController;
  readonly #setting: Setting;
  readonly #f: BoundField;
  readonly #n: number;
  readonly #context: StepperContext;
  readonly #nonstiff: Stepper;
  /** Made when first needed, as it holds matrices. */
  #stiff: Stepper | undefined;
  readonly #estimate: Float64Array;
  /** Start and length of the last step. In an array, as properties would be boxed anew at each assignment. */
  readonly #now: Float64Array = new Float64Array(2);
  /** Length of the last step that was kept; NaN before. */
  readonly #kept: Float64Array = Float64Array.of(NaN);
  /** States at both ends of the last step: the caller's arrays. */
  #u: Float64Array;
  #next: Float64Array;
  #active: Stepper;
  /** Of the last step, when it was asked for. */
  #captured: Interpolant | undefined;
  /** Steps in a row that speak for the other method. */
  #count = 0;
  /** Steps that are not to be looked at. */
  #rest = 0;

  constructor(setting: Setting, f: BoundField, n: number, context: StepperContext) {
    const { nonstiff } = setting;
    this.#setting = setting;
    this.#f = f;
    this.#n = n;
    this.#context = context;
    this.#estimate = new Float64Array(n);
    this.#u = this.#estimate;
    this.#next = this.#estimate;
    this.#nonstiff = nonstiff.stepper(f, n, context);
    this.#active = this.#nonstiff;
    this.controller = new SwitchedController(controllerOf(nonstiff, this.#nonstiff), () => this.#rejected());
  }

  takeOver(previous: SwitchingStepper): void {
    this.controller.current = previous.controller.current;
    this.switches = previous.switches;
    this.#count = previous.#count;
    this.#rest = previous.#rest;
    if (previous.#active !== previous.#nonstiff) this.#active = this.#makeStiff();
    // One that a stepper brings along looks at that stepper.
    if (this.#active.controller) this.controller.current = this.#active.controller;
  }

  get nf(): number {
    return this.#nonstiff.nf + (this.#stiff?.nf ?? 0);
  }

  get njac(): number {
    return this.#stiff?.njac ?? 0;
  }

  get nlu(): number {
    return this.#stiff?.nlu ?? 0;
  }

  step(t: number, h: number, u: Float64Array, out: Float64Array): boolean {
    this.#now[0] = t;
    this.#now[1] = h;
    this.#u = u;
    this.#next = out;
    this.#captured = undefined;
    return this.#active.step(t, h, u, out);
  }

  error(out: Float64Array): void {
    this.#active.error?.(out);
  }

  scaledError(): number {
    const active = this.#active;
    if (active.scaledError) return active.scaledError();
    active.error?.(this.#estimate);
    return scaledNorm(this.#estimate, this.#u, this.#next, this.#context);
  }

  interpolationError(out: Float64Array): number {
    return this.#active.interpolationError?.(out) ?? Infinity;
  }

  start(slope: Float64Array): void {
    this.#active.start?.(slope);
  }

  capture(): Interpolant {
    return this.#active.capture();
  }

  interpolate(theta: number, out: Float64Array): void {
    const active = this.#active;
    if (active.interpolate) return active.interpolate(theta, out);
    this.#captured ??= active.capture();
    this.#captured.at(theta, out);
  }

  accept(): void {
    const active = this.#active;
    const length = Math.abs(this.#now[1]);
    const isShorter = length < 0.9 * this.#kept[0];
    this.#kept[0] = length;
    if (this.#rest > 0) {
      this.#rest--;
      active.accept?.();
      return;
    }
    const isStiff = active !== this.#nonstiff;
    const speaksForStiff = this.#speaksForStiff();
    // That a step shorter than the last one is not stiff says nothing: it was cut at a stop, or follows a rejected one.
    const saysNothing = !isStiff && !speaksForStiff && isShorter;
    if (speaksForStiff !== isStiff) this.#count++;
    else if (!saysNothing) this.#count = 0;
    if (!isStiff && !speaksForStiff && !isShorter) this.#rest = lookEvery - 1;
    active.accept?.();
    this.#decide(this.#now[0] + this.#now[1]);
  }

  /** A step of the non-stiff method that grew unstable is rejected more often than kept; one of the stiff method says nothing. */
  #rejected(): void {
    if (this.#active !== this.#nonstiff || !this.#speaksForStiff()) return;
    this.#count++;
    this.#rest = 0;
    this.#decide(this.#now[0]);
  }

  /** Whether the last step is stiff. A rate that is not a number comes of one that grew beyond all bounds, or from the stiff method: no reason to leave it. */
  #speaksForStiff(): boolean {
    const { nonstiffTol, stiffTol } = this.#setting;
    const active = this.#active as Required<Stepper>;
    return !(Math.abs(this.#now[1]) * active.rate() <= (active === this.#nonstiff ? nonstiffTol : stiffTol));
  }

  atStop(): void {
    this.#active.atStop?.();
  }

  reset(): void {
    this.#active.reset?.();
  }

  release(): void {
    this.#nonstiff.release?.();
    this.#stiff?.release?.();
  }

  #makeStiff(): Stepper {
    this.#stiff ??= this.#setting.stiff.stepper(this.#f, this.#n, this.#context);
    return this.#stiff;
  }

  /** Changes the method at time `t` if enough steps speak for the other one. */
  #decide(t: number): void {
    const { nonstiff, stiff, maxStiffStep, maxNonstiffStep } = this.#setting;
    const toStiff = this.#active === this.#nonstiff;
    if (this.#count <= (toStiff ? maxStiffStep : maxNonstiffStep)) return;
    this.#active = toStiff ? this.#makeStiff() : this.#nonstiff;
    this.#active.reset?.();
    this.#count = 0;
    this.controller.current = controllerOf(toStiff ? stiff : nonstiff, this.#active);
    this.switches.push(t);
  }
}

/** Throws `INVALID_ARGUMENT` unless steppers of `algorithm` estimate their error and their rate: looks at one of a single number. */
function requireUsable(name: string, algorithm: Algorithm): void {
  const stepper = algorithm.stepper({ rhs: (_t, _u, out) => void out.fill(0) }, 1, { reltol: 1e-6, abstol: 1e-6 });
  const missing = stepper.error === undefined ? "an error estimate" : stepper.rate === undefined ? "an estimate of its rate" : undefined;
  if (missing) throw new OdeError("INVALID_ARGUMENT", `Cannot make ${name} as both of its methods must have ${missing}: "${algorithm.name}" has none`);
}
