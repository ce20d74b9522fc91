import { option, readOptions } from "./config.ts";
import { isList } from "./errors.ts";

/** What an `affect` sees and may change: `u` and `p` in place. */
export interface CallbackState {
  /** The time of the event. */
  readonly t: number;
  /** `u[n]`, the state at `t`. */
  readonly u: Float64Array;
  /** `p[m]`, the solve's own copy of the parameters: the problem keeps its own. */
  readonly p: Float64Array;
  /** Ends the solve at `t`, with retcode `"terminated"`. */
  terminate(): void;
}

/** Which sides of an event are saved: the state before it, the one after it, or both. */
export type SaveSides = "both" | "before" | "after" | "none";

/**
 * Derivatives of a condition and of an affect, which sensitivity algorithms need to go through an event: `tracedEvent` of `@fluxion/autodiff` makes both of traced functions.
 * The affect then must change `u` only, by nothing but `t`, `u` and `p`.
 */
export interface EventDerivatives {
  /** Writes the gradients of the condition by `u[n]` and `p[m]`; returns its derivative by t. */
  condition?(t: number, u: Float64Array, p: Float64Array, byState: Float64Array, byParameters: Float64Array): number;
  /** For `G = w . (u after the affect)`: writes the gradients by `u[n]` before it and by `p[m]`; returns the derivative by t. */
  affect?(t: number, u: Float64Array, p: Float64Array, w: Float64Array, byState: Float64Array, byParameters: Float64Array): number;
}

interface CallbackCommon {
  readonly affect: ((state: CallbackState) => void) | undefined;
  readonly terminal: boolean;
  readonly save: SaveSides;
}

/** Made by {@link continuousCallback}. */
export interface ContinuousCallback extends CallbackCommon {
  readonly kind: "continuous";
  readonly derivatives: EventDerivatives | undefined;
  readonly condition: (t: number, u: Float64Array, p: Float64Array) => number;
  readonly direction: "rising" | "falling" | "both";
  readonly interpPoints: number;
}

/** Made by {@link discreteCallback}. */
export interface DiscreteCallback extends CallbackCommon {
  readonly kind: "discrete";
  readonly condition: (t: number, u: Float64Array, p: Float64Array) => boolean;
}

/** Made by {@link presetTimeCallback}. */
export interface PresetTimeCallback extends CallbackCommon {
  readonly kind: "presetTime";
  readonly derivatives: EventDerivatives | undefined;
  readonly times: Float64Array;
}

/** Something to do during a solve: an immutable value. */
export type Callback = ContinuousCallback | DiscreteCallback | PresetTimeCallback;

/** Options of {@link continuousCallback}. */
export interface ContinuousCallbackOptions {
  /** The event is where this passes through zero. Must be continuous along the solution, and change nothing. */
  readonly condition: (t: number, u: Float64Array, p: Float64Array) => number;
  /** What happens there. Default: nothing but what `save` and `terminal` say. */
  readonly affect?: ((state: CallbackState) => void) | undefined;
  /** Only where the condition rises or falls through zero, in the order in which the solve passes. Default `"both"`. */
  readonly direction?: "rising" | "falling" | "both" | undefined;
  /** Ends the solve at the event. Default false. */
  readonly terminal?: boolean | undefined;
  /** Which sides to save. Default `"both"`. */
  readonly save?: SaveSides | undefined;
  /**
   * Points inside a step at which the condition is looked at, too: two events between neighbouring points are missed. Steps at
   * whose ends it is further from zero than twice its change over this step and the last one are spared. 0 looks at the ends of
   * the steps alone. Default 8.
   */
  readonly interpPoints?: number | undefined;
  /** Those of condition and affect. Default: none, so that only `finiteDifference` goes through the event. */
  readonly derivatives?: EventDerivatives | undefined;
}

/** Options of {@link discreteCallback}. */
export interface DiscreteCallbackOptions {
  /** Looked at after every kept step. Must change nothing. */
  readonly condition: (t: number, u: Float64Array, p: Float64Array) => boolean;
  /** What happens where the condition holds. Default: nothing but what `save` and `terminal` say. */
  readonly affect?: ((state: CallbackState) => void) | undefined;
  /** Ends the solve where the condition holds. Default false. */
  readonly terminal?: boolean | undefined;
  /** Which sides to save. Default `"both"`. */
  readonly save?: SaveSides | undefined;
}

/** Options of {@link presetTimeCallback}. */
export interface PresetTimeCallbackOptions {
  /** In any order; those outside of the time span do not happen, one at its start does. */
  readonly times: ArrayLike<number>;
  /** What happens there. */
  readonly affect: (state: CallbackState) => void;
  /** Which sides to save. Default `"both"`. */
  readonly save?: SaveSides | undefined;
  /** Those of the affect. Default: none, so that only `finiteDifference` goes through it. */
  readonly derivatives?: EventDerivatives | undefined;
}

const isFunction = (value: unknown): boolean => typeof value === "function";
type Condition<T> = (t: number, u: Float64Array, p: Float64Array) => T;
// An absent affect stays undefined; `readOptions` would take undefined for "required".
const anAffect = option.custom<((state: CallbackState) => void) | null>("a function", isFunction, null);
const someDerivatives = option.custom<EventDerivatives | null>("an object with the functions condition and affect, or one of them", (v) => typeof v === "object" && v !== null && Object.values(v).every((f) => f === undefined || isFunction(f)), null);
const sides = option.oneOf<SaveSides>(["both", "before", "after", "none"], "both");

/**
 * An event at the zeros of a function of time and state, found on the dense output to rounding, the earliest of several
 * first, ties in the order of the list. The step ends there, `affect` is called, and the solve goes on from the changed
 * state with the step size it had. A condition that is zero at the start, or that was left at zero by an event, fires again
 * only after it has moved away. Infinitely many events in finite time, as of a ball coming to rest, end in `"maxIters"` or
 * are lost in rounding: make the last one terminal.
 *
 * Cost: per step one `condition`; in steps near an event one interpolation and `condition` for each of `interpPoints`.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 */
export function continuousCallback(options: ContinuousCallbackOptions): ContinuousCallback {
  const { affect, derivatives, ...rest } = readOptions("continuousCallback", options, {
    condition: option.custom<Condition<number>>("a function", isFunction),
    affect: anAffect,
    direction: option.oneOf(["rising", "falling", "both"], "both"),
    terminal: option.flag(false),
    save: sides,
    interpPoints: option.custom<number>("a whole number >= 0", (v) => Number.isInteger(v) && (v as number) >= 0, 8),
    derivatives: someDerivatives,
  });
  return { kind: "continuous", ...rest, affect: affect ?? undefined, derivatives: derivatives ?? undefined };
}

/**
 * Something that happens at the end of every kept step at which `condition` holds, not at the start of the solve.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 */
export function discreteCallback(options: DiscreteCallbackOptions): DiscreteCallback {
  const { affect, ...rest } = readOptions("discreteCallback", options, {
    condition: option.custom<Condition<boolean>>("a function", isFunction),
    affect: anAffect,
    terminal: option.flag(false),
    save: sides,
  });
  return { kind: "discrete", ...rest, affect: affect ?? undefined };
}

/**
 * Something that happens at given times, which the solve hits exactly.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 */
export function presetTimeCallback(options: PresetTimeCallbackOptions): PresetTimeCallback {
  const { times, affect, save, derivatives } = readOptions("presetTimeCallback", options, {
    times: option.custom<ArrayLike<number>>("a list of finite numbers", (v) => isList(v) && Array.from(v).every(Number.isFinite)),
    affect: option.custom<(state: CallbackState) => void>("a function", isFunction),
    save: sides,
    derivatives: someDerivatives,
  });
  return { kind: "presetTime", times: Float64Array.from(times), affect, terminal: false, save, derivatives: derivatives ?? undefined };
}
