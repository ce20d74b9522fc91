import type { Callback } from "./callback.ts";
import { timeTolerance } from "./output-times.ts";

/**
 * The times that steps must end at, `t1` last: those of `tstops` and of preset-time callbacks that lie between `t0` and `t1`,
 * in the order in which the solve meets them, without repetitions. Empty when `t0 = t1`.
 */
export function stopTimes(tstops: ArrayLike<number> | undefined, callbacks: readonly Callback[], t0: number, t1: number): Float64Array {
  if (t0 === t1) return new Float64Array(0);
  const all = Array.from(tstops ?? []);
  for (const callback of callbacks) if (callback.kind === "presetTime") for (const t of callback.times) all.push(t);
  if (all.length === 0) return Float64Array.of(t1);
  const direction = t1 < t0 ? -1 : 1;
  const before = (a: number, b: number): boolean => direction * (b - a) > timeTolerance(a, b);
  const inside = all.filter((t) => before(t0, t) && before(t, t1)).sort((a, b) => direction * (a - b));
  return Float64Array.from([...inside.filter((t, i) => i === 0 || before(inside[i - 1], t)), t1]);
}
