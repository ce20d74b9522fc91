import type { Interpolant, Stepper } from "./algorithm.ts";
import type { StepRecord } from "./dense-output.ts";
import { timeTolerance } from "./output-times.ts";
import type { OdeProblem } from "./problem.ts";

/** Collects saved states, and interpolants when dense output is wanted. Allocates only for what it keeps. */
export class Recorder {
  readonly t: number[] = [];
  readonly u: Float64Array[] = [];
  readonly #times: Float64Array | undefined;
  readonly #dense: boolean;
  readonly #direction: number;
  readonly #tolerance: number;
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  readonly #interpolants: Interpolant[] = [];
  #end: number;
  #next = 0;

  /** Saves the initial state if it is wanted. `times` as from `outputTimes`. */
  constructor({ u0, tspan }: OdeProblem, times: Float64Array | undefined, dense: boolean) {
    const [t0, t1] = tspan;
    this.#times = times;
    this.#dense = dense;
    this.#direction = t1 < t0 ? -1 : 1;
    this.#tolerance = timeTolerance(t0, t1);
    this.#end = t0;
    if (!times) this.#save(t0, u0.slice());
    else while (this.#next < times.length && this.#isPast(t0)) this.#save(times[this.#next++], u0.slice());
  }

  /** Takes note of a kept step of `stepper` from `t` by `h` to `end`, where the state is `next`. */
  step(stepper: Stepper, t: number, h: number, end: number, next: Float64Array): void {
    this.#end = end;
    let interpolant = this.#dense ? stepper.capture() : undefined;
    if (interpolant) {
      this.#starts.push(t);
      this.#lengths.push(h);
      this.#interpolants.push(interpolant);
    }
    const times = this.#times;
    if (!times) {
      this.#save(end, next.slice());
      return;
    }
    while (this.#next < times.length && this.#isPast(end)) {
      const time = times[this.#next++];
      const state = next.slice();
      // A time that rounding moved off the step's end gets the state computed there, not one interpolated beside it.
      if (Math.abs(time - end) > this.#tolerance) {
        interpolant ??= stepper.capture();
        interpolant.at((time - t) / h, state);
      }
      this.#save(time, state);
    }
  }

  /** What dense output needs; `undefined` when it was not wanted. */
  record(): StepRecord | undefined {
    return this.#dense ? { t: this.#starts, h: this.#lengths, interpolants: this.#interpolants, end: this.#end } : undefined;
  }

  #isPast(end: number): boolean {
    return this.#direction * ((this.#times as Float64Array)[this.#next] - end) <= this.#tolerance;
  }

  #save(t: number, u: Float64Array): void {
    this.t.push(t);
    this.u.push(u);
  }
}
