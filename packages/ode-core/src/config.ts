import { OdeError, shown } from "./errors.ts";

/** A plug-in table: names to factories that take one options object. Plain data, so an app extends it with a spread. */
export type Table<T> = Readonly<Record<string, (options: never) => T>>;

/** `{ name, ...options }` as it stands in a config: the name picks the factory, the rest are its options. */
export type ConfigOf<R extends Table<unknown>> = {
  // Inferred rather than Parameters<R[K]>[0], which the compiler reduces to the table's own bound, never.
  [K in keyof R & string]: { readonly name: K } & (R[K] extends (options: infer O) => unknown ? (string extends keyof NonNullable<O> ? unknown : NonNullable<O>) : never);
}[keyof R & string];

/**
 * Makes the plug-in that `config` names. A literal name has its options checked by the compiler, too; a config that was read
 * from a file, whose name is some string, only when it is used.
 *
 * @throws OdeError `INVALID_ARGUMENT` for what is no object, `UNKNOWN_NAME` listing the names of the table, `INVALID_OPTION` from the factory.
 */
export function fromConfig<R extends Table<unknown>, N extends string>(table: R, config: { readonly name: N } & (string extends N ? Readonly<Record<string, unknown>> : never)): ReturnType<R[keyof R]>;
// Comes last, as its errors are those that the compiler tells: they have the names of the table.
export function fromConfig<R extends Table<unknown>>(table: R, config: ConfigOf<R>): ReturnType<R[keyof R]>;
export function fromConfig<R extends Table<unknown>>(table: R, config: { readonly name: string }): ReturnType<R[keyof R]> {
  if (typeof config !== "object" || config === null) {
    throw new OdeError("INVALID_ARGUMENT", `Cannot read a config as it must be an object with a name, such as { name: "${Object.keys(table)[0]}" }: current value is ${shown(config)}`);
  }
  const { name, ...options } = config;
  if (typeof name !== "string" || !Object.hasOwn(table, name)) {
    throw new OdeError("UNKNOWN_NAME", `Cannot find ${shown(name)} as the name must be one of ${Object.keys(table).join(", ")}`);
  }
  return table[name](options as never) as ReturnType<R[keyof R]>;
}

/** What an option must be, and what it is when it is not given. Built by {@link option}. */
export interface OptionSpec<T> {
  readonly expected: string;
  readonly fallback: T | undefined;
  accepts(value: unknown): boolean;
}

const spec = <T>(expected: string, accepts: (value: unknown) => boolean, fallback: T | undefined): OptionSpec<T> => ({ expected, accepts, fallback });

/** Specifications of plug-in options. Without a default an option is required. */
export const option = {
  positive: (fallback?: number): OptionSpec<number> => spec("a number > 0", (v) => typeof v === "number" && v > 0 && Number.isFinite(v), fallback),
  nonNegative: (fallback?: number): OptionSpec<number> => spec("a number >= 0", (v) => typeof v === "number" && v >= 0 && Number.isFinite(v), fallback),
  fraction: (fallback?: number): OptionSpec<number> => spec("a number in [0, 1)", (v) => typeof v === "number" && v >= 0 && v < 1, fallback),
  count: (fallback?: number): OptionSpec<number> => spec("a whole number >= 1", (v) => Number.isInteger(v) && (v as number) >= 1, fallback),
  indices: (fallback?: readonly number[]): OptionSpec<readonly number[]> =>
    spec("a list of whole numbers >= 0", (v) => Array.isArray(v) && v.every((x) => Number.isInteger(x) && x >= 0), fallback),
  counts: (fallback?: readonly number[]): OptionSpec<readonly number[]> =>
    spec("a list of whole numbers >= 1", (v) => Array.isArray(v) && v.every((x) => Number.isInteger(x) && x >= 1), fallback),
  flag: (fallback?: boolean): OptionSpec<boolean> => spec("true or false", (v) => typeof v === "boolean", fallback),
  oneOf: <const T extends string>(choices: readonly T[], fallback?: T): OptionSpec<T> =>
    spec(`one of ${choices.map((c) => `"${c}"`).join(", ")}`, (v) => choices.includes(v as T), fallback),
  custom: <T>(expected: string, accepts: (value: unknown) => boolean, fallback?: T): OptionSpec<T> => spec(expected, accepts, fallback),
};

/**
 * Checks the options of a plug-in against `specs` and fills in defaults. Factories for configs call it first, so that
 * options from a JSON config and from code meet the same check.
 *
 * @throws OdeError `INVALID_OPTION` naming the option, what is needed and what was found.
 */
export function readOptions<S extends Readonly<Record<string, OptionSpec<unknown>>>>(
  who: string,
  given: object,
  specs: S,
): { -readonly [K in keyof S]: S[K] extends OptionSpec<infer T> ? T : never } {
  const known = Object.keys(specs);
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(specs, key)) {
      throw new OdeError("INVALID_OPTION", `Cannot make ${who} as its options are ${known.join(", ") || "none"}: got "${key}"`);
    }
  }
  const out: Record<string, unknown> = {};
  for (const key of known) {
    const { expected, accepts, fallback } = specs[key];
    const found = (given as Record<string, unknown>)[key];
    // Not for null, which JSON has in place of NaN.
    const value = found === undefined ? fallback : found;
    if (value === undefined) throw new OdeError("INVALID_OPTION", `Cannot make ${who} as option "${key}" is required: it must be ${expected}`);
    if (value !== fallback && !accepts(value)) {
      throw new OdeError("INVALID_OPTION", `Cannot make ${who} as option "${key}" must be ${expected}: current value is ${shown(value)}`);
    }
    out[key] = value;
  }
  return out as never;
}
