import { expect, test } from "vitest";
import { parseJson } from "./file-errors.ts";

test("text that is no JSON is refused by the name of its file, with what the parser says", () => {
  expect(parseJson('{"loss": null}', "metrics.json", (_key, value) => value ?? Infinity)).toEqual({ loss: Infinity });
  const invalid = expect.objectContaining({ code: "INVALID_FILE", message: expect.stringMatching(/^Cannot read metrics\.json as it must be JSON: ./) as string, cause: expect.any(SyntaxError) as SyntaxError });
  for (const text of ["", '{"loss": ', "\u0000"]) expect(() => parseJson(text, "metrics.json")).toThrow(invalid);
});
