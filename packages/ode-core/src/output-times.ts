import { OdeError } from "./errors.ts";

/** Times closer than this are one time: what rounding does to `t0 + i h` between `t0` and `t1`. */
export function timeTolerance(t0: number, t1: number): number {
  return 16 * Number.EPSILON * Math.max(Math.abs(t0), Math.abs(t1));
}

/**
 * The times at which a solution is saved: the only place that computes them.
 * A number stands for `t0, t0 + s, ...` (or `t0 - s, ...` backwards), and `t1` even when it is no multiple; a list is taken as given.
 * `undefined` saves every step.
 *
 * @throws OdeError `INVALID_OPTION` for a list that is empty, out of order or leaves `[t0, t1]`, for NaN and for a spacing that is not > 0.
 */
export function outputTimes(saveAt: number | ArrayLike<number> | undefined, t0: number, t1: number): Float64Array | undefined {
  if (saveAt === undefined) return undefined;
  return typeof saveAt === "number" ? spaced(saveAt, t0, t1) : listed(saveAt, t0, t1);
}

function spaced(spacing: number, t0: number, t1: number): Float64Array {
  if (!(spacing > 0 && spacing < Infinity)) throw wrong(`must be a spacing > 0 or a list of times: current value is ${spacing}`);
  const direction = t1 < t0 ? -1 : 1;
  const tolerance = timeTolerance(t0, t1);
  const whole = Math.floor((Math.abs(t1 - t0) + tolerance) / spacing);
  if (whole > 1e8) throw wrong(`must give at most 1e8 times: a spacing of ${spacing} gives ${whole}`);
  const times: number[] = [];
  for (let i = 0; i <= whole; i++) times.push(t0 + direction * i * spacing);
  if (Math.abs(times[whole] - t1) <= tolerance) times[whole] = t1;
  else times.push(t1);
  return Float64Array.from(times);
}

function listed(saveAt: ArrayLike<number>, t0: number, t1: number): Float64Array {
  const times = new Float64Array(saveAt);
  const [low, high] = t0 <= t1 ? [t0, t1] : [t1, t0];
  const tolerance = timeTolerance(t0, t1);
  if (times.length === 0) throw wrong("must hold at least one time (that of the end where events are to save alone): it is empty");
  for (let i = 0; i < times.length; i++) {
    const isInside = typeof saveAt[i] === "number" && times[i] >= low - tolerance && times[i] <= high + tolerance;
    if (!isInside) throw wrong(`must lie in [${low}, ${high}]: saveAt[${i}] is ${saveAt[i]}`);
    if (i > 0 && (t0 <= t1 ? times[i] < times[i - 1] : times[i] > times[i - 1])) {
      throw wrong(`must run from t0 to t1: saveAt[${i}] is ${times[i]} after ${times[i - 1]}`);
    }
  }
  return times;
}

const wrong = (message: string): OdeError => new OdeError("INVALID_OPTION", `Cannot solve as option "saveAt" ${message}`);
