import { OdeError } from "@fluxion/ode-core";

/** The error of a file that cannot be read: what it must be, and what was found. */
export const unreadable = (what: string, needed: string, found: string, options?: ErrorOptions): OdeError =>
  new OdeError("INVALID_FILE", `Cannot read ${what} as ${needed}: ${found}`, options);

/**
 * The value of the JSON text of a file.
 *
 * @param what - What the file is called, for messages: usually its path.
 * @param reviver - As that of `JSON.parse`. Default: none.
 * @throws OdeError `INVALID_FILE` when the text is no JSON.
 */
export function parseJson(json: string, what: string, reviver?: (key: string, value: unknown) => unknown): unknown {
  try {
    return JSON.parse(json, reviver);
  } catch (cause) {
    throw unreadable(what, "it must be JSON", (cause as Error).message, { cause });
  }
}
