import type { Interpolant, Stepper } from "./algorithm.ts";
import type { Callback, PresetTimeCallback } from "./callback.ts";
import { EventWatch, type WatchedStep } from "./event-watch.ts";
import { timeTolerance } from "./output-times.ts";
import type { Recorder } from "./recorder.ts";
import type { OdeEvent } from "./solution.ts";

/** Walks through the times of one preset-time callback. */
class PresetTimes {
  readonly callback: PresetTimeCallback;
  readonly #times: Float64Array;
  readonly #direction: number;
  #next = 0;

  constructor(callback: PresetTimeCallback, [t0, t1]: readonly [number, number]) {
    this.callback = callback;
    this.#direction = t1 < t0 ? -1 : 1;
    this.#times = callback.times.slice().sort((a, b) => this.#direction * (a - b));
  }

  /** Whether one of the times is `t`; later calls are for later times. */
  isDue(t: number): boolean {
    let due = false;
    for (; this.#next < this.#times.length; this.#next++) {
      const time = this.#times[this.#next];
      const here = Math.abs(time - t) <= timeTolerance(time, t);
      if (!here && this.#direction * (time - t) > 0) break;
      due ||= here;
    }
    return due;
  }
}

/** Brings a state into order after affects, before it is saved; returns whether that changed it. */
export type Settle = (t: number, u: Float64Array, p: Float64Array) => boolean;

/** Finds out when the callbacks of one solve are due, and calls them. */
export class CallbackRunner {
  /** What the affects see; `u` is the integrator's own buffer. */
  readonly state: { t: number; u: Float64Array; p: Float64Array; terminate(): void };
  /** Index of the callback that ended the solve, or -1. */
  terminatedBy: number = -1;
  /** Whether the last `run` changed the state, and whether the parameters. */
  changedState: boolean = false;
  changedParameters: boolean = false;
  /** Those of continuous callbacks so far. */
  readonly events: OdeEvent[] = [];
  readonly #entries: readonly (EventWatch | PresetTimes | Callback)[];
  readonly #watches: readonly EventWatch[];
  /** Whether there is a callback to ask after every step. */
  readonly #isDiscrete: boolean;
  readonly #before: { readonly u: Float64Array; readonly p: Float64Array };
  readonly #settle: Settle | undefined;
  #stop = false;
  #theta = Infinity;
  /** Whether the events of no callback came too close to go on. */
  #canGoOn = true;
  /** Events of the last step that are not later than this many steps after its first one happen with it. */
  #tie = 0;
  #interpolant: Interpolant | undefined;
  #stepper: Stepper | undefined;
  /** One for all steps. */
  readonly #step: { -readonly [K in keyof WatchedStep]: WatchedStep[K] };

  /** `u` is copied, `p` too: affects write into the copy. */
  constructor(callbacks: readonly Callback[], tspan: readonly [number, number], u: Float64Array, p: Float64Array, settle: Settle | undefined) {
    const scratch = new Float64Array(u.length);
    this.#entries = callbacks.map((c) => (c.kind === "continuous" ? new EventWatch(c, scratch) : c.kind === "presetTime" ? new PresetTimes(c, tspan) : c));
    this.#watches = this.#entries.filter((entry) => entry instanceof EventWatch);
    this.#isDiscrete = callbacks.some(({ kind }) => kind === "discrete");
    this.#before = { u: u.slice(), p: p.slice() };
    this.#settle = settle;
    this.#step = { t: NaN, h: NaN, next: u, p, at: (theta, out) => this.#at(theta, out) };
    this.state = { t: tspan[0], u, p: p.slice(), terminate: () => void (this.#stop = true) };
  }

  /** Calls what is due at the start of the solve. */
  begin(recorder: Recorder): void {
    this.#call(recorder, true);
    for (const watch of this.#watches) watch.begin(this.state.t, this.state.u, this.state.p);
  }

  /**
   * Looks for continuous events in a kept step from `t` by `h` to `next`. True when there is nothing to do at its end: to be followed by `pass`. Else
   * `next` is the state at the first event, at `theta`, or still that at the end: to be followed by `run`.
   *
   * @param atStop - Whether a preset time may be due at the end.
   */
  isQuiet(stepper: Stepper, t: number, h: number, next: Float64Array, atStop: boolean): boolean {
    const step = this.#step;
    step.t = t;
    step.h = h;
    step.next = next;
    step.p = this.state.p;
    this.#stepper = stepper;
    this.#interpolant = undefined;
    this.#theta = Infinity;
    this.#tie = timeTolerance(t, t + h) / Math.abs(h);
    this.#canGoOn = true;
    // By index, as iterators are objects where the engine has not removed them.
    for (let i = 0; i < this.#watches.length; i++) {
      const watch = this.#watches[i];
      this.#theta = Math.min(this.#theta, watch.look(step));
      this.#canGoOn &&= !watch.isExhausted;
    }
    if (this.#theta < 1) {
      // Before `next` is written to, which is part of what the stepper interpolates.
      this.#interpolant ??= stepper.capture();
      this.#interpolant.at(this.#theta, next);
    }
    return this.#theta === Infinity && !atStop && !this.#isDiscrete && this.#canGoOn;
  }

  /** Why the solve cannot go on with the step last looked at; empty when it can. */
  get fault(): string {
    if (this.#canGoOn) return "";
    const i = this.#entries.findIndex((entry) => entry instanceof EventWatch && entry.isExhausted);
    return `the events of callback ${i} came ever faster, until they could not be told apart: let its affect end the solve, or change what holds, before`;
  }

  #at(theta: number, out: Float64Array): void {
    const stepper = this.#stepper!;
    if (stepper.interpolate) stepper.interpolate(theta, out);
    else (this.#interpolant ??= stepper.capture()).at(theta, out);
  }

  /** Where in the step last looked at the first continuous event lies, in (0, 1]; `Infinity` when there is none. */
  get theta(): number {
    return this.#theta;
  }

  /** Goes on after a quiet step. */
  pass(): void {
    for (let i = 0; i < this.#watches.length; i++) this.#watches[i].pass();
  }

  /** Dense output of the step last looked at, if it was needed there. */
  get interpolant(): Interpolant | undefined {
    return this.#interpolant;
  }

  /** At the end of a step, which may be an event: saves what is wanted and calls what is due, in the order of the list. */
  run(t: number, u: Float64Array, recorder: Recorder): void {
    this.state.t = t;
    this.state.u = u;
    this.changedState = false;
    this.changedParameters = false;
    for (const watch of this.#watches) if (watch.theta > this.#theta && this.#isTied(watch)) watch.bringForward(t, u, this.state.p);
    this.#call(recorder, false);
    const { p } = this.state;
    const jumped = this.#theta < 1 || this.changedState || this.changedParameters;
    for (const watch of this.#watches) {
      const own = this.#isTied(watch);
      if (jumped || own) watch.restart(t, u, p, own);
      else watch.pass();
    }
  }

  #isTied({ theta }: EventWatch): boolean {
    return this.#theta < Infinity && theta - this.#theta <= this.#tie;
  }

  #call(recorder: Recorder, atStart: boolean): void {
    const { t, u, p } = this.state;
    let { savedEnd: saved } = recorder;
    let after = false;
    this.#entries.forEach((entry, i) => {
      const callback = "callback" in entry ? entry.callback : entry;
      if (!this.#isDue(entry, atStart)) return;
      const event = entry instanceof EventWatch ? { t, u: u.slice(), callback: i } : undefined;
      const { save } = callback;
      if ((save === "both" || save === "before") && !saved) {
        recorder.save(t, u);
        saved = true;
      }
      // Without an affect both sides are one.
      after ||= save === "after" || (save === "both" && callback.affect !== undefined);
      this.#affect(callback, i);
      // Not before: an exception in the affect makes it happen again.
      if (event) this.events.push(event);
    });
    if ((this.changedState || this.changedParameters) && this.#settle?.(t, u, p)) this.changedState = true;
    if (after || (recorder.everyStep && !saved)) recorder.save(t, u);
    if (this.changedParameters) this.#before.p.set(p);
  }

  #isDue(entry: EventWatch | PresetTimes | Callback, atStart: boolean): boolean {
    const { t, u, p } = this.state;
    if (entry instanceof EventWatch) return !atStart && this.#isTied(entry);
    if (entry instanceof PresetTimes) return entry.isDue(t);
    return !atStart && entry.kind === "discrete" && entry.condition(t, u, p);
  }

  #affect({ affect, terminal }: Callback, index: number): void {
    const { u, p } = this.state;
    if (affect) {
      const { u: oldU, p: oldP } = this.#before;
      oldU.set(u);
      affect(this.state);
      this.changedState ||= u.some((x, i) => x !== oldU[i]);
      this.changedParameters ||= p.some((x, i) => x !== oldP[i]);
    }
    if ((terminal || this.#stop) && this.terminatedBy < 0) this.terminatedBy = index;
  }
}
