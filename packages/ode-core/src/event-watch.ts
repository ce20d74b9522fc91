import type { ContinuousCallback } from "./callback.ts";
import { OdeError } from "./errors.ts";
import { findRoot } from "./find-root.ts";
import { timeTolerance } from "./output-times.ts";

/** A kept step from `t` by `h` to the state `next`, with parameters `p`. */
export interface WatchedStep {
  readonly t: number;
  readonly h: number;
  readonly next: Float64Array;
  readonly p: Float64Array;
  /** Writes the state at `t + theta h` into `out[n]`. */
  at(theta: number, out: Float64Array): void;
}

/** Where in a step a condition changed sign: it has the value `ga` at `a` and passes zero until `b`. */
interface Bracket {
  readonly a: number;
  readonly b: number;
  readonly ga: number;
  readonly gb: number;
}

/** Values of a condition up to this part of its change over a step are zero to rounding. */
const noise = 1e-14;
/** The same for the initial state, whose rounding is that of the user's numbers and not of the change over a small first step. */
const initialNoise = 1e-10;

/** So many events in a row that turned back, ever sooner, the last one by this part of the time that the first one took, are those of a motion that comes to rest. */
const [fewest, shortest] = [2, 0.02];

/** Watches the condition of one continuous callback from step to step. */
export class EventWatch {
  readonly callback: ContinuousCallback;
  /** Where in the last step its event lies, in (0, 1]; `Infinity` for none. */
  theta: number = Infinity;
  readonly #state: Float64Array;
  /** The condition at the start of the step, and at its end. */
  #g = NaN;
  #gEnd = NaN;
  /** Sign of the condition on the way to the start of the step; 0 when it is yet to be seen. */
  #sign = 0;
  /** |Change of the condition per time| over the step before; NaN when there was none, or a jump. */
  #rate = NaN;
  /** Whether the step begins with a jump. */
  #fresh = true;
  /** The side of zero from which the last event of its own was reached, until it is left again, and when that was. */
  #side = 0;
  #last = NaN;
  /** How many events in a row were left to the side they came from, and the time before the first and the last of them. */
  #turns = 0;
  #firstGap = NaN;
  #gap = NaN;
  /** Whether its events came ever faster, as bounces do, and the condition then went on to the other side: the last ones were too close to tell. */
  isExhausted: boolean = false;
  /** Values at the start of the step up to this are a zero that does not count; NaN before the first step has shown the scale. */
  #dealtWith = NaN;

  #step: WatchedStep | undefined;
  /** The condition within the step. One function for all steps, which then make none. */
  readonly #condition = (theta: number): number => {
    const step = this.#step!;
    const { t, h, next, p } = step;
    if (theta === 1) return this.callback.condition(t + h, next, p);
    step.at(theta, this.#state);
    return this.callback.condition(t + theta * h, this.#state, p);
  };

  /** `state[n]` is scratch. */
  constructor(callback: ContinuousCallback, state: Float64Array) {
    this.callback = callback;
    this.#state = state;
  }

  /** Begins at the start of a solve: a zero there does not count. */
  begin(t: number, u: Float64Array, p: Float64Array): void {
    this.#dealtWith = NaN;
    this.#begin(t, u, p);
  }

  /** Goes on after an event at `t`, perhaps from a changed state. When it was an event of its own, a zero there does not count. */
  restart(t: number, u: Float64Array, p: Float64Array, own: boolean): void {
    this.#side = own ? this.#sign : 0;
    if (own) this.#follow(t);
    else this.#dealtWith = 0;
    this.#begin(t, u, p);
  }

  /** Takes note of an event of its own at `t`. */
  #follow(t: number): void {
    const gap = Math.abs(t - this.#last);
    // The last ones are little but rounding, and what a solver leaves of them.
    if (!(gap <= Math.max(2 * this.#gap, timeTolerance(t, t)))) {
      this.#turns = 0;
      this.#firstGap = gap;
    }
    this.#gap = gap;
    this.#last = t;
  }

  /** The condition left the last event to the side of `sign`. */
  #leave(sign: number): void {
    if (sign === this.#side) this.#turns++;
    else {
      this.isExhausted = this.#turns >= fewest && this.#gap <= shortest * this.#firstGap;
      this.#turns = 0;
    }
    this.#side = 0;
  }

  /** Its event is to happen at `t` instead, with one a little earlier in the last step: its value there is a zero, too. */
  bringForward(t: number, u: Float64Array, p: Float64Array): void {
    this.#dealtWith = Math.max(this.#dealtWith, 2 * Math.abs(this.callback.condition(t, u, p)));
  }

  /** Goes on after a step without any event. */
  pass(): void {
    this.#g = this.#gEnd;
    this.#fresh = false;
  }

  /** Looks for the first event of a step: sets and returns `theta`. To be followed by `pass` or `restart`. */
  look(step: WatchedStep): number {
    const g = this.#condition;
    this.#step = step;
    const bracket = this.#scan(g, Math.abs(step.h));
    if (bracket) {
      this.theta = findRoot(g, bracket.a, bracket.b, bracket.ga, bracket.gb);
      this.#dealtWith = 16 * Math.abs(g(this.theta)) + noise * Math.abs(bracket.gb - bracket.ga);
    } else this.theta = Infinity;
    return this.theta;
  }

  #begin(t: number, u: Float64Array, p: Float64Array): void {
    this.#g = this.callback.condition(t, u, p);
    if (typeof this.#g !== "number") throw new OdeError("INVALID_ARGUMENT", `Cannot watch a continuous callback as its condition must return a number that passes zero at the event: it returned ${String(this.#g)}. For conditions that hold or not there is discreteCallback`);
    this.#sign = Math.sign(this.#g) || 0;
    this.#fresh = true;
    this.#rate = NaN;
    this.theta = Infinity;
  }

  /** The first change of sign in the wanted direction between points of the step; keeps account of the sign. */
  #scan(g: (theta: number) => number, h: number): Bracket | undefined {
    const { direction, interpPoints } = this.callback;
    const end = g(1);
    const change = Math.abs(end - this.#g);
    const reach = 2 * (change + this.#rate * h);
    // Too far from zero for this step's and the last one's pace: there is no need to look inside. False for a rate of NaN.
    const isFar = Math.min(Math.abs(this.#g), Math.abs(end)) > reach && this.#g > 0 === end > 0;
    const count = isFar ? 1 : interpPoints + 1;
    let a = 0;
    let ga = this.#g;
    let sign = this.#sign;
    this.#rate = change / h;
    // The scale of the first step tells what rounding of the initial state amounts to.
    if (this.#fresh && Number.isNaN(this.#dealtWith)) this.#dealtWith = initialNoise * Math.abs(end);
    if (this.#fresh && Math.abs(ga) <= this.#dealtWith) {
      [a, ga] = departure(g, ga);
      sign = Math.sign(ga) || 0;
    }
    for (let i = 1; i <= count; i++) {
      const b = i / count;
      if (b <= a) continue;
      const gb = i === count ? end : g(b);
      // What rounding puts just beyond the end of a step happens at its end, where other events or the end of the solve may be.
      const arrived = b === 1 && sign !== 0 && Math.abs(gb) <= noise * Math.abs(gb - ga);
      const crossed = arrived || (sign > 0 ? gb <= 0 : sign < 0 && gb >= 0);
      const wanted = direction === "both" || (direction === "rising") === sign < 0;
      if (crossed && wanted) {
        if (this.#side !== 0) this.#leave(sign);
        this.#sign = sign;
        return { a, b, ga, gb: arrived ? 0 : gb };
      }
      if (!Number.isNaN(gb)) {
        sign = Math.sign(gb);
        a = b;
        ga = gb;
      }
    }
    this.#gEnd = ga;
    this.#sign = sign;
    if (this.#side !== 0 && sign !== 0) this.#leave(sign);
    return undefined;
  }
}

/**
 * Where a condition that is zero to rounding at the start of a step has clearly left zero, and its value there; the start
 * with value 0 when it stays. Growth tells a departure from rounding: three points, each four times further than the last,
 * with changes of one sign that at least double, and larger than the value at the start.
 */
function departure(g: (theta: number) => number, g0: number): [theta: number, value: number] {
  let older = 0, old = 0;
  for (let k = 20; k >= 1; k--) {
    const theta = 4 ** -k;
    const value = g(theta);
    const change = value - g0;
    const grows = older * old > 0 && old * change > 0 && Math.abs(old) >= 2 * Math.abs(older) && Math.abs(change) >= 2 * Math.abs(old);
    if (grows && Math.abs(change) > 4 * Math.abs(g0)) return [theta, value];
    [older, old] = [old, change];
  }
  return [0, 0];
}
