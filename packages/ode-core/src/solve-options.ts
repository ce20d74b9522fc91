import { option, type OptionSpec } from "./config.ts";
import { OdeError } from "./errors.ts";
import { outputTimes } from "./output-times.ts";
import type { OdeProblem } from "./problem.ts";
import type { SolveOptions } from "./solution.ts";

/** Checked options with defaults filled in. */
export interface CheckedOptions {
  readonly reltol: number;
  readonly abstol: number;
  /** Without its sign; `undefined` when to be chosen. */
  readonly dt: number | undefined;
  readonly dtmax: number;
  readonly adaptive: boolean | undefined;
  readonly maxIters: number;
  readonly times: Float64Array | undefined;
  readonly dense: boolean;
  readonly onStep: SolveOptions["onStep"];
}

const specs = {
  reltol: option.nonNegative(),
  abstol: option.nonNegative(),
  dt: { ...option.positive(), expected: "a finite number other than 0", accepts: (v: unknown) => typeof v === "number" && Number.isFinite(v) && v !== 0 },
  dtmax: { ...option.positive(), accepts: (v: unknown) => typeof v === "number" && v > 0 },
  adaptive: option.flag(),
  maxIters: option.count(),
  saveAt: { expected: "a number or a list of numbers", fallback: undefined, accepts: (v: unknown) => typeof v === "number" || Array.isArray(v) || ArrayBuffer.isView(v) },
  dense: option.flag(),
  onStep: { expected: "a function", fallback: undefined, accepts: (v: unknown) => typeof v === "function" },
} satisfies Record<keyof SolveOptions, OptionSpec<unknown>>;

/**
 * Checks what a solve was asked for and fills in defaults.
 *
 * @throws OdeError `INVALID_OPTION` naming the option, what is needed and what was found.
 */
export function checkSolveOptions(options: SolveOptions, problem: OdeProblem): CheckedOptions {
  for (const [key, value] of Object.entries(options)) {
    if (!Object.hasOwn(specs, key)) throw new OdeError("INVALID_OPTION", `Cannot solve as the options are ${Object.keys(specs).join(", ")}: got "${key}"`);
    const { expected, accepts } = specs[key as keyof typeof specs];
    if (value !== undefined && !accepts(value)) {
      throw new OdeError("INVALID_OPTION", `Cannot solve as option "${key}" must be ${expected}: current value is ${String(value)}`);
    }
  }
  const { reltol = 1e-6, abstol = 1e-9, dt, dtmax = Infinity, adaptive, maxIters = 100_000, saveAt, dense = saveAt === undefined, onStep } = options;
  if (reltol === 0 && abstol === 0) throw new OdeError("INVALID_OPTION", 'Cannot solve as one of options "reltol" and "abstol" must be > 0: both are 0');
  const times = outputTimes(saveAt, ...problem.tspan);
  return { reltol, abstol, dt: dt === undefined ? undefined : Math.abs(dt), dtmax, adaptive, maxIters, times, dense, onStep };
}
