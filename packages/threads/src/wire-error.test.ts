import { OdeError } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { packError, unpackError } from "./wire-error.ts";

/** What arrives on the other side. */
const sent = (error: unknown): unknown => unpackError(structuredClone(packError(error)));

test("an OdeError keeps its class, code and message, other errors what a clone keeps", () => {
  const error = new OdeError("NON_FINITE", "Cannot do it");
  expect(sent(error)).toBeInstanceOf(OdeError);
  expect(sent(error)).toMatchObject({ code: "NON_FINITE", message: "Cannot do it", name: "OdeError" });
  expect(sent(new RangeError("too far"))).toMatchObject({ name: "RangeError", message: "too far" });
  expect(sent("a text")).toBe("a text");
  expect(sent(new DOMException("stopped", "AbortError"))).toMatchObject({ message: expect.stringContaining("stopped") as string });
  expect(sent({ f: () => 1 })).toMatchObject({ message: "[object Object]" });
});
