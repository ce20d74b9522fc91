import { OdeError, type OdeErrorCode } from "@fluxion/ode-core";

/** An error as it is sent from a thread: cloning would take the class and the code from an `OdeError`. */
export type WireError = { readonly code: OdeErrorCode; readonly message: string } | { readonly thrown: unknown };

/** Makes of what was thrown something that can be sent. */
export function packError(error: unknown): WireError {
  if (error instanceof OdeError) return { code: error.code, message: error.message };
  try {
    return { thrown: structuredClone(error) };
  } catch {
    return { thrown: new Error(String(error)) };
  }
}

/** The error again. */
export const unpackError = (error: WireError): unknown => ("code" in error ? new OdeError(error.code, error.message) : error.thrown);
