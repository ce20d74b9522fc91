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

/** Throws `SHAPE_MISMATCH` unless `value` has `length` entries. */
export function assertLength(what: string, value: ArrayLike<number>, length: number): void {
  if (value.length !== length) {
    throw new OdeError("SHAPE_MISMATCH", `Cannot use ${what} as its length must be ${length}: current length is ${value.length}`);
  }
}

/** Throws `NON_FINITE` naming the first entry of `value` that is NaN, infinite or no number at all: JSON has `null` for NaN, which would count as 0. */
export function assertFinite(what: string, value: ArrayLike<number>): void {
  // x - x is 0 or NaN: most often the sum of these tells all, at a quarter of the time.
  let zeros = ArrayBuffer.isView(value) ? 0 : NaN;
  for (let i = 0; i < value.length; i++) zeros += value[i] - value[i];
  if (zeros === 0) return;
  for (let i = 0; i < value.length; i++) {
    if (!Number.isFinite(value[i])) {
      throw new OdeError("NON_FINITE", `Cannot use ${what} as every entry must be finite: ${what}[${i}] is ${typeof value[i] === "string" ? `the string ${JSON.stringify(value[i])}` : value[i]}`);
    }
  }
}

/** Throws `INVALID_OPTION` when `options` has an entry that is none of `known`: it would be left alone without a word. */
export function assertKnown(act: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw new OdeError("INVALID_ARGUMENT", `Cannot ${act} as the options must be an object: current value is ${String(options)}`);
  for (const key in options) {
    if (!known.includes(key)) throw new OdeError("INVALID_OPTION", `Cannot ${act} as the options are ${known.join(", ")}: got "${key}"`);
  }
}
