import type { Interpolant, Stepper } from "./algorithm.ts";
import type { StepRecord } from "./dense-output.ts";
import { timeTolerance } from "./output-times.ts";
import type { OdeProblem } from "./problem.ts";

/** Collects saved states, and interpolants when dense output is wanted. Allocates only for what it keeps, and what steppers without `interpolate` make for a step with a time in it. */
export class Recorder {
  readonly t: number[] = [];
  readonly u: Float64Array[] = [];
  /** Whether every step is saved, as no times were asked for. */
  readonly everyStep: boolean;
  readonly #times: Float64Array | undefined;
  readonly #dense: boolean;
  readonly #direction: number;
  readonly #start: number;
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  readonly #interpolants: Interpolant[] = [];
  /** Where the last step ended, and before where (times the direction) nothing is to be saved. In an array, as fields would be boxed anew. */
  readonly #now: Float64Array = new Float64Array(2);
  #next = 0;
  #savedEnd = false;

  /** Saves the initial state if it is wanted. `times` as from `outputTimes`. */
  constructor({ u0, tspan }: OdeProblem, times: Float64Array | undefined, dense: boolean) {
    const [t0, t1] = tspan;
    this.#times = times;
    this.everyStep = !times;
    this.#dense = dense;
    this.#direction = t1 < t0 ? -1 : 1;
    this.#start = t0;
    this.#now[0] = t0;
    if (!times) this.save(t0, u0);
    else while (this.#next < times.length && this.#isPast(t0)) this.save(times[this.#next++], u0);
    this.#savedEnd = this.t.length > 0;
    this.#wait();
  }

  /** Takes note of a kept step of `stepper` from `t` by `h` to `end`, where the state is `next`, and saves what is wanted: {@link inside}, and the end if every step is saved. */
  step(stepper: Stepper, t: number, h: number, end: number, next: Float64Array, interpolant: Interpolant | undefined): void {
    // Small enough to be inlined, so that steps that save nothing box no numbers for a call.
    if (this.#direction * end < this.#now[1]) {
      this.#now[0] = end;
      this.#savedEnd = false;
    } else this.#due(stepper, t, h, end, next, interpolant);
  }

  #due(stepper: Stepper, t: number, h: number, end: number, next: Float64Array, interpolant: Interpolant | undefined): void {
    this.inside(stepper, t, h, end, next, interpolant);
    if (this.everyStep) this.save(end, next);
  }

  /**
   * Takes note of a kept step and saves the times asked for; when every step is saved, its end is left to the caller.
   * A step that was cut short at `end` still has the length `h` of its interpolant.
   *
   * @param interpolant - That of the step, when it was made before.
   */
  inside(stepper: Stepper, t: number, h: number, end: number, next: Float64Array, interpolant: Interpolant | undefined): void {
    this.#now[0] = end;
    this.#savedEnd = false;
    if (this.#dense) {
      interpolant ??= stepper.capture();
      this.#starts.push(t);
      this.#lengths.push(h);
      this.#interpolants.push(interpolant);
    }
    const times = this.#times;
    if (!times) return;
    while (this.#next < times.length && this.#isPast(end)) {
      const time = times[this.#next];
      // A time that rounding moved off the step's end gets the state computed there, not one interpolated beside it.
      const isEnd = Math.abs(time - end) <= this.#toleranceAt(time);
      const u = new Float64Array(next.length);
      // Comes before it is saved, as it may throw.
      if (isEnd) u.set(next);
      else if (interpolant === undefined && stepper.interpolate) stepper.interpolate((time - t) / h, u);
      else (interpolant ??= stepper.capture()).at((time - t) / h, u);
      this.t.push(time);
      this.u.push(u);
      this.#next++;
      if (isEnd) this.#savedEnd = true;
    }
    this.#wait();
  }

  /** Notes until when nothing is to be saved; twice the tolerance leaves the doubtful cases to `#isPast`. */
  #wait(): void {
    const times = this.#times;
    if (!times || this.#dense) this.#now[1] = -Infinity;
    else this.#now[1] = this.#next < times.length ? this.#direction * times[this.#next] - 2 * this.#toleranceAt(times[this.#next]) : Infinity;
  }

  /** The time asked for that is `end` but for rounding, else `end`: one time for what happens there and for what is saved. */
  align(end: number): number {
    const time = this.#times?.[this.#next] ?? NaN;
    return Math.abs(time - end) <= this.#toleranceAt(time) ? time : end;
  }

  /** Saves a copy of `u` at `t`, or at the time saved last if rounding put that later: a time asked for need not be the very end of a step. */
  save(t: number, u: Float64Array): void {
    const last = this.t.length - 1;
    this.t.push(last >= 0 && this.#direction * (t - this.t[last]) < 0 ? this.t[last] : t);
    this.u.push(u.slice());
  }

  /** Whether a time asked for is the end of the step last taken note of, or the start before the first. */
  get savedEnd(): boolean {
    return this.#savedEnd;
  }

  /** What dense output needs; `undefined` when it was not wanted. */
  record(): StepRecord | undefined {
    return this.#dense ? { t: this.#starts, h: this.#lengths, interpolants: this.#interpolants, end: this.#now[0] } : undefined;
  }

  #isPast(end: number): boolean {
    const time = (this.#times as Float64Array)[this.#next];
    return this.#direction * (time - end) <= this.#toleranceAt(time);
  }

  /** That of the time itself, not of the end of a span that may be many orders of magnitude longer. */
  #toleranceAt(time: number): number {
    return timeTolerance(this.#start, time);
  }
}
