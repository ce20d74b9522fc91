import { OdeError, outputTimes, timeTolerance, type Callback, type CallbackState, type ContinuousCallback, type OdeSolution, type PresetTimeCallback, type SolveOptions } from "@fluxion/ode-core";

/** Callbacks that have derivatives. */
export type SmoothCallback = ContinuousCallback | PresetTimeCallback;

/** What happened once. */
export interface LoggedEvent {
  readonly t: number;
  readonly callback: SmoothCallback;
  /** Place of the callback in its list. */
  readonly index: number;
  /** `u[n]` before and after it. */
  readonly before: Float64Array;
  readonly after: Float64Array;
}

/** Events at one time, in their order, and the saved states there: those with indices from `first` to `middle - 1` are before, from there to `end - 1` after them. */
export interface EventGroup {
  readonly t: number;
  readonly events: readonly LoggedEvent[];
  readonly first: number;
  readonly middle: number;
  readonly end: number;
  /** Which event saved the state before it, and those before that one had passed: the state moves with it. Undefined where states are before all events, at a time that was asked for and stays. */
  readonly saver: number | undefined;
}

/** The callbacks of the options as a list. */
export const callbacksOf = ({ callback }: Pick<SolveOptions, "callback">): readonly Callback[] => (callback === undefined ? [] : [callback].flat());

/**
 * The same callbacks on states whose first `n` entries are those that they know, which tell `log` of what happens, once it has. They save what those of the caller do.
 */
export function loggedCallbacks(callbacks: readonly Callback[], n: number, log: (event: LoggedEvent, state: CallbackState) => void): Callback[] {
  return (callbacks as readonly SmoothCallback[]).map((callback, index): Callback => {
    const affect = (state: CallbackState): void => {
      const own = { t: state.t, u: state.u.slice(0, n), p: state.p, terminate: () => state.terminate() };
      const [before, p] = [own.u.slice(), own.p.slice()];
      callback.affect?.(own);
      if (p.some((x, j) => x !== own.p[j])) throw new OdeError("MISSING_CAPABILITY", `Cannot differentiate the solution as affects that have derivatives must change the state only: that of callback ${index} changes p at t = ${state.t}`);
      state.u.set(own.u);
      log({ t: state.t, callback, index, before, after: own.u }, state);
    };
    // Without an affect, both sides are one.
    const condition = callback.kind === "continuous" ? { condition: onFirst(callback.condition, n) } : {};
    return { ...callback, ...condition, affect, save: callback.save === "both" && !callback.affect ? "before" : callback.save };
  });
}

/** The events by their times, with the saved states of `solution` there. */
export function eventGroups({ t: times, problem: { tspan } }: OdeSolution, events: readonly LoggedEvent[], { saveAt }: Pick<SolveOptions, "saveAt">): EventGroup[] {
  const groups: { t: number; events: LoggedEvent[] }[] = [];
  for (const event of events) {
    if (groups.at(-1)?.t === event.t) groups.at(-1)!.events.push(event);
    else groups.push({ t: event.t, events: [event] });
  }
  const everyStep = saveAt === undefined;
  const asked = (everyStep ? undefined : outputTimes(saveAt, ...tspan)) ?? tspan.slice(0, 1);
  const isAt = (time: number, t: number): boolean => Math.abs(time - t) <= timeTolerance(time, t);
  let [next, nextAsked] = [0, 0];
  return groups.map((group) => {
    const isEarlier = (time: number): boolean => !isAt(time, group.t) && (time - group.t) * (tspan[1] - tspan[0]) < 0;
    while (next < times.length && isEarlier(times[next])) next++;
    while (nextAsked < asked.length && isEarlier(asked[nextAsked])) nextAsked++;
    const first = next;
    while (next < times.length && isAt(times[next], group.t)) next++;
    const saves = ({ callback: { save, affect } }: LoggedEvent, ...sides: string[]): boolean => sides.includes(save === "both" && !affect ? "before" : save);
    const saver = group.events.findIndex((event) => saves(event, "before", "both"));
    // Where every step is saved, it is after events of which no side is wanted; the start was saved before.
    const after = next > first && (group.events.some((event) => saves(event, "after", "both")) || (everyStep && saver < 0 && group.t !== tspan[0]));
    const isAsked = nextAsked < asked.length && isAt(asked[nextAsked], group.t);
    return { ...group, first, middle: after ? next - 1 : next, end: next, saver: isAsked || saver < 0 ? undefined : saver };
  });
}

/** A condition on states that have more entries behind their first `n`: a view of a state is made once. */
function onFirst(condition: ContinuousCallback["condition"], n: number): ContinuousCallback["condition"] {
  const views = new WeakMap<Float64Array, Float64Array>();
  return (t, w, p) => {
    let u = views.get(w);
    if (!u) views.set(w, (u = w.subarray(0, n)));
    return condition(t, u, p);
  };
}
