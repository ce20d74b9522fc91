import type { Algorithm } from "./algorithm.ts";
import type { Callback } from "./callback.ts";
import { option, type OptionSpec } from "./config.ts";
import { assertKnown, assertLength, isList, OdeError, shown } from "./errors.ts";
import { outputTimes } from "./output-times.ts";
import type { OdeProblem } from "./problem.ts";
import type { SolveOptions } from "./solution.ts";
import { stopTimes } from "./stop-times.ts";

/** Those of an adaptive solve that asks for none. */
export const defaultTolerances: { readonly reltol: number; readonly abstol: number } = { reltol: 1e-6, abstol: 1e-9 };

/** Checked options with defaults filled in. */
export interface CheckedOptions {
  /** The largest one of several: `abstols` and `norm` then make up for what others are less. */
  readonly reltol: number;
  /** The smallest one of several. */
  readonly abstol: number;
  /** One per component, when they differ or `norm` needs them. */
  readonly abstols: Float64Array | undefined;
  readonly norm: SolveOptions["norm"];
  /** Without its sign; `undefined` when to be chosen. */
  readonly dt: number | undefined;
  readonly dtmin: number;
  readonly dtmax: number;
  readonly adaptive: boolean | undefined;
  readonly maxIters: number;
  readonly times: Float64Array | undefined;
  /** Ends that steps must have, `t1` last; empty when `t0 = t1`. */
  readonly stops: Float64Array;
  readonly dense: boolean;
  /** Whether states within steps are asked for. Of all of them, so that steps do not depend on which. */
  readonly isLookedInto: boolean;
  readonly isOutOfDomain: SolveOptions["isOutOfDomain"];
  readonly callbacks: readonly Callback[];
  readonly signal: SolveOptions["signal"];
  readonly onStep: SolveOptions["onStep"];
}

const isFunction = (v: unknown): boolean => typeof v === "function";
const isCallback = (v: unknown): boolean => ["continuous", "discrete", "presetTime"].includes((v as Callback | undefined)?.kind as string);
const given = (expected: string, accepts: (v: unknown) => boolean): OptionSpec<unknown> => ({ expected, accepts, fallback: undefined });
const tolerance = option.nonNegative();

/** Whether it is a list of what is accepted. */
function numbers(v: unknown, accepts: (x: unknown) => boolean): boolean {
  if (!isList(v)) return false;
  for (let i = 0; i < v.length; i++) if (!accepts(v[i])) return false;
  return true;
}

const specs = {
  reltol: given("a number >= 0 or a list of numbers > 0", (v) => tolerance.accepts(v) || numbers(v, option.positive(1).accepts)),
  abstol: given("a number >= 0 or a list of them", (v) => tolerance.accepts(v) || numbers(v, tolerance.accepts)),
  norm: given("a function", isFunction),
  dt: given("a finite number other than 0", (v) => typeof v === "number" && Number.isFinite(v) && v !== 0),
  dtmin: tolerance,
  dtmax: given("a number > 0", (v) => typeof v === "number" && v > 0),
  adaptive: option.flag(),
  maxIters: option.count(),
  saveAt: given("a number or a list of numbers", (v) => typeof v === "number" || isList(v)),
  tstops: given("a list of finite numbers", (v) => numbers(v, Number.isFinite)),
  dense: option.flag(),
  isOutOfDomain: given("a function", isFunction),
  callback: given("a callback or a list of them", (v) => isCallback(v) || (Array.isArray(v) && v.every(isCallback))),
  signal: given("an AbortSignal", (v) => typeof (v as SolveOptions["signal"] | null)?.aborted === "boolean"),
  onStep: given("a function", isFunction),
} satisfies Record<keyof SolveOptions, OptionSpec<unknown>>;
const names = Object.keys(specs);

/**
 * Checks what a solve was asked for and fills in defaults.
 *
 * @throws OdeError `INVALID_OPTION` naming the option, what is needed and what was found; `SHAPE_MISMATCH` for a list of
 * tolerances of another length than the state.
 */
export function checkSolveOptions(options: SolveOptions, problem: OdeProblem): CheckedOptions {
  assertKnown("solve", options, names);
  for (const key in options) {
    const value = options[key as keyof SolveOptions];
    const { expected, accepts } = specs[key as keyof typeof specs];
    if (value !== undefined && !accepts(value)) {
      throw new OdeError("INVALID_OPTION", `Cannot solve as option "${key}" must be ${expected}: current value is ${shown(value)}`);
    }
  }
  const { dt, dtmin = 0, dtmax = Infinity, adaptive, maxIters = 100_000, saveAt, tstops, isOutOfDomain, signal, onStep } = options;
  const { dense = saveAt === undefined, callback = noCallbacks } = options;
  if (dtmin > dtmax) throw new OdeError("INVALID_OPTION", `Cannot solve as option "dtmin" must be at most dtmax = ${dtmax}: current value is ${dtmin}`);
  const tolerances = tolerancesOf(options, problem.f.dim);
  if (tolerances.reltol === 0 && tolerances.abstol === 0) throw new OdeError("INVALID_OPTION", 'Cannot solve as one of options "reltol" and "abstol" must be > 0: both are 0');
  const callbacks: readonly Callback[] = "kind" in callback ? [callback] : callback;
  const times = outputTimes(saveAt, ...problem.tspan);
  const stops = stopTimes(tstops, callbacks, ...problem.tspan);
  const isLookedInto = dense || callbacks.some(({ kind }) => kind === "continuous") || hasOthers(times, problem.tspan[0], stops);
  const length = dt === undefined ? undefined : Math.abs(dt);
  return { ...tolerances, dt: length, dtmin, dtmax, adaptive, maxIters, times, stops, dense, isLookedInto, isOutOfDomain, callbacks, signal, onStep };
}

/** Whether an option is about the state: a function that is given one, or tolerances of its components where they are a list. */
const isOfState: Readonly<Record<keyof SolveOptions, boolean>> = {
  reltol: true, abstol: true, norm: true, isOutOfDomain: true, callback: true, onStep: true,
  dt: false, dtmin: false, dtmax: false, adaptive: false, maxIters: false, saveAt: false, tstops: false, dense: false, signal: false,
};

/** Those options that mean the same for other equations, of another state. */
export function optionsForOtherState(options: SolveOptions): SolveOptions {
  return Object.fromEntries(Object.entries(options).filter(([name, value]) => !isOfState[name as keyof SolveOptions] || value === undefined || typeof value === "number"));
}

/** Whether some of the times are neither the start nor a stop. */
function hasOthers(times: Float64Array | undefined, t0: number, stops: Float64Array): boolean {
  if (!times) return false;
  const ends = new Set([t0, ...stops]);
  return times.some((t) => !ends.has(t));
}

const noCallbacks: readonly Callback[] = [];

type Tolerances = Pick<CheckedOptions, "reltol" | "abstol" | "abstols" | "norm">;

function tolerancesOf({ reltol = defaultTolerances.reltol, abstol = defaultTolerances.abstol, norm }: SolveOptions, n: number): Tolerances {
  if (typeof abstol !== "number") assertLength("abstol", abstol, n);
  if (typeof reltol !== "number") return weighted(reltol, abstol, norm, n);
  if (typeof abstol === "number") return { reltol, abstol, abstols: norm && new Float64Array(n).fill(abstol), norm };
  return { reltol, abstol: least(abstol), abstols: new Float64Array(abstol), norm };
}

/**
 * Relative tolerances per component as one, the largest, by weights: `e / (abstol_i + reltol_i size)` is `w_i e / (w_i abstol_i + reltol size)` with
 * `w_i = reltol / reltol_i`. So all that depends on the larger tolerance errs to the safe side.
 */
function weighted(reltols: ArrayLike<number>, abstol: number | ArrayLike<number>, norm: SolveOptions["norm"], n: number): Tolerances {
  assertLength("reltol", reltols, n);
  const reltol = Array.from(reltols).reduce((a, b) => Math.max(a, b));
  const weights = Float64Array.from(reltols, (x) => reltol / x);
  const abstols = weights.map((w, i) => w * (typeof abstol === "number" ? abstol : abstol[i]));
  const weightedNorm = (scaled: Float64Array): number => {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      const e = (scaled[i] *= weights[i]);
      sum += e * e;
    }
    return norm ? norm(scaled) : Math.sqrt(sum / n);
  };
  return { reltol, abstol: least(abstols), abstols, norm: weightedNorm };
}

const least = (list: ArrayLike<number>): number => Array.from(list).reduce((a, b) => Math.min(a, b));

/** Throws `INVALID_OPTION` when the options and the way in which `algorithm` will step do not fit. */
export function requireStepControl({ name, startOrder }: Algorithm, { adaptive: wanted, dt, isOutOfDomain }: CheckedOptions, adaptive: boolean): void {
  const wrong = (message: string): OdeError => new OdeError("INVALID_OPTION", `Cannot solve as option ${message}`);
  if (wanted === true && !adaptive) throw wrong(`"adaptive" must be false: algorithm "${name}" has no error estimate`);
  if (!adaptive && startOrder !== undefined) throw wrong(`"adaptive" must be true: algorithm "${name}" chooses its order with its steps`);
  if (!adaptive && dt === undefined) throw wrong(`"dt" is required: algorithm "${name}" takes fixed steps here`);
  if (!adaptive && isOutOfDomain) throw wrong(`"isOutOfDomain" needs steps that can be rejected: algorithm "${name}" takes fixed steps here`);
}
