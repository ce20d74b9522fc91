import { OdeError, option, type OptionSpec } from "@fluxion/ode-core";

/** A call that each thread makes for itself, as functions cannot be sent to one. */
export interface ModuleCall {
  /** URL of the module. */
  readonly module: string;
  /** The name of its export, a function. */
  readonly name: string;
  /** Its argument. */
  readonly data: unknown;
}

/** Specifications of the options that make a call of `name` unless they say otherwise, and that end its threads. */
export const callSpecs = (name: string): { name: OptionSpec<string>; data: OptionSpec<unknown>; signal: OptionSpec<AbortSignal | null> } => ({
  name: option.custom("a name", (v) => typeof v === "string", name),
  data: option.custom<unknown>("a value", () => true, null),
  signal: option.custom<AbortSignal | null>("an AbortSignal", (v) => v instanceof AbortSignal, null),
});

/** What a call is for. */
interface CallPurpose<T> {
  /** `"solve an ensemble on threads"` or the like, for messages. */
  readonly act: string;
  /** What must be returned, for messages. */
  readonly returns: string;
  readonly isMade: (made: Partial<T>) => boolean;
}

/** Loads the module and makes the call. @throws OdeError `INVALID_ARGUMENT` for an export that is no function or makes something else. */
export async function callModule<T>({ module, name, data }: ModuleCall, { act, returns, isMade }: CallPurpose<T>): Promise<T> {
  const wrong = (what: string): OdeError => new OdeError("INVALID_ARGUMENT", `Cannot ${act} as ${what}`);
  const exported = ((await import(module)) as Record<string, unknown>)[name];
  if (typeof exported !== "function") throw wrong(`module ${module} must export a function "${name}": it is ${typeof exported}`);
  const made = (await (exported as (data: unknown) => unknown)(data)) as Partial<T> | undefined;
  if (!made || !isMade(made)) throw wrong(`"${name}" of ${module} must return ${returns}: it returned ${Object.keys(made ?? {}).join(", ") || "nothing"}`);
  return made as T;
}
