import { OdeError } from "@fluxion/ode-core";

/** URL of a file of this folder for a thread to run, source or built. */
export const threadFile = (name: string): URL => new URL(import.meta.url.endsWith(".ts") ? `./${name}.ts` : `./${name}.js`, import.meta.url);

/** Runs `start`, which sends a call's data to a thread. @throws OdeError `INVALID_OPTION` for data that cannot be sent. */
export function sendingData<T>(what: string, start: () => T): T {
  try {
    return start();
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "DataCloneError")) throw error;
    throw new OdeError("INVALID_OPTION", `Cannot make ${what} as option "data" must be what structuredClone takes: ${error.message}`);
  }
}
