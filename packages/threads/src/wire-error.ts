import { OdeError, type OdeErrorCode } from "@fluxion/ode-core";

/** An error as it is sent from a thread: cloning would take the class and the code from an `OdeError`. */
export type WireError = { readonly code: OdeErrorCode; readonly message: string } | { readonly thrown: unknown };

/** Makes of what was thrown something that can be sent. */
export function packError(error: unknown): WireError {
  if (error instanceof OdeError) return { code: error.code, message: error.message };
  try {
    // Of some errors, as of a DOMException, a clone is an empty object.
    const clone: unknown = structuredClone(error);
    if (clone instanceof Error || !(error instanceof Error)) return { thrown: clone };
  } catch {
    // No copy of it can be made.
  }
  return { thrown: new Error(String(error)) };
}

/** The error again. */
export const unpackError = (error: WireError): unknown => ("code" in error ? new OdeError(error.code, error.message) : error.thrown);
