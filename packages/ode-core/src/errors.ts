/** Stable codes, so that callers branch without matching message text. */
export type OdeErrorCode =
  | "SHAPE_MISMATCH"
  | "NON_FINITE"
  | "MISSING_CAPABILITY"
  | "UNKNOWN_NAME"
  | "INVALID_OPTION"
  | "INVALID_ARGUMENT"
  | "INVALID_TRACE"
  | "INVALID_FILE"
  | "OUT_OF_RANGE"
  | "SOLVE_FAILED";

/**
 * The one error type that Fluxion throws on misuse. `code` is stable; `message` is for people:
 * `Cannot <act> as <what is needed>: <what was found>`.
 */
export class OdeError extends Error {
  override readonly name = "OdeError";
  readonly code: OdeErrorCode;

  constructor(code: OdeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Entries of a list that messages show. */
const mostShown = 8;

/** A value as messages show it. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return value.name ? `the function ${value.name}` : "a function";
  if (isList(value)) {
    const entries = Array.from({ length: Math.min(value.length, mostShown) }, (_, i) => shown(value[i]));
    return `[${entries.join(", ")}${value.length > mostShown ? ", ..." : ""}]`;
  }
  if (typeof value !== "object" || value === null) return String(value);
  const keys = Object.keys(value);
  return keys.length === 0 ? "{}" : `an object with ${keys.slice(0, mostShown).join(", ")}${keys.length > mostShown ? ", ..." : ""}`;
}

/** Whether a value is an array or a typed array. */
export const isList = (value: unknown): value is ArrayLike<unknown> => Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));

/**
 * Throws unless `value` has the method that makes it a plug-in, such as an algorithm or a loss; a factory that was not called has none.
 *
 * @param needed - What it must be: `an algorithm such as tsit5()`.
 */
export function assertPlugin(code: OdeErrorCode, act: string, what: string, needed: string, value: unknown, method: string): void {
  // Every function has a method "bind".
  if (typeof value === "object" && typeof (value as Readonly<Record<string, unknown>> | null)?.[method] === "function") return;
  const found = typeof value === "function" ? `a function: ${value.name || "it"} perhaps needs parentheses` : shown(value);
  throw new OdeError(code, `Cannot ${act} as ${what} must be ${needed}: current value is ${found}`);
}

/** Throws `SHAPE_MISMATCH` unless `value` has `length` entries. */
export function assertLength(what: string, value: ArrayLike<number>, length: number): void {
  if (value.length !== length) {
    throw new OdeError("SHAPE_MISMATCH", `Cannot use ${what} as its length must be ${length}: current length is ${value.length}`);
  }
}

/** Whether every number is finite, at a fraction of the time of `every`. */
export function isAllFinite(values: ArrayLike<number>): boolean {
  // x - x is 0 or NaN.
  let zeros = 0;
  for (let i = 0; i < values.length; i++) zeros += values[i] - values[i];
  return zeros === 0;
}

/** Throws `NON_FINITE` naming the first entry of `value` that is NaN, infinite or no number at all: JSON has `null` for NaN, which would count as 0. */
export function assertFinite(what: string, value: ArrayLike<number>): void {
  if (ArrayBuffer.isView(value) && isAllFinite(value)) return;
  for (let i = 0; i < value.length; i++) {
    if (!Number.isFinite(value[i])) {
      throw new OdeError("NON_FINITE", `Cannot use ${what} as every entry must be finite: ${what}[${i}] is ${typeof value[i] === "string" ? "the string " : ""}${shown(value[i])}`);
    }
  }
}

/** Throws `INVALID_OPTION` when `options` has an entry that is none of `known`: it would be left alone without a word. */
export function assertKnown(act: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw new OdeError("INVALID_ARGUMENT", `Cannot ${act} as the options must be an object: current value is ${shown(options)}`);
  for (const key in options) {
    if (!known.includes(key)) throw new OdeError("INVALID_OPTION", `Cannot ${act} as the options are ${known.join(", ")}: got "${key}"`);
  }
}
