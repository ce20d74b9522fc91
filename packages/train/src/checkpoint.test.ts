import { expect, test } from "vitest";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
import type { FitState } from "./fit.ts";
import { encodeSafetensors } from "./safetensors.ts";

const state: FitState = {
  step: 3,
  p: Float64Array.of(0.1, -0, 1e-300),
  kept: Float64Array.of(0.2, 5e-324, -1),
  optimizer: { mean: Float64Array.of(1 / 3, 2, 3), count: Float64Array.of(2) },
  losses: [0.1 + 0.2, Infinity, 5e-324],
  rhsEvaluations: 1234,
};
const tag = '{"config":"ü"}';
const what = "checkpoint.safetensors";

test("a checkpoint reads back bit for bit", () => {
  expect(decodeCheckpoint(encodeCheckpoint(state, tag), tag, what)).toEqual(state);
  const fresh: FitState = { step: 0, p: Float64Array.of(1), kept: Float64Array.of(1), optimizer: {}, losses: [], rhsEvaluations: 0 };
  expect(decodeCheckpoint(encodeCheckpoint(fresh, tag), tag, what)).toEqual(fresh);
});

test("that of another run is left alone", () => {
  expect(decodeCheckpoint(encodeCheckpoint(state, "another"), tag, what)).toBeNull();
  expect(() => encodeCheckpoint(state, undefined as never)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

test("a truncated one, one with a part missing, or one whose steps and losses differ in number is refused by name", () => {
  const bytes = encodeCheckpoint(state, tag);
  const invalid = expect.objectContaining({ code: "INVALID_FILE", message: expect.stringContaining(what) as string });
  for (const length of [0, 7, 100, bytes.length - 1]) expect(() => decodeCheckpoint(bytes.slice(0, length), tag, what)).toThrow(invalid);
  expect(() => decodeCheckpoint(encodeSafetensors({ p: { shape: [1], data: Float64Array.of(1) } }, { tag }), tag, what)).toThrow(invalid);
  for (const step of [0, 2, 4, NaN]) expect(() => decodeCheckpoint(encodeCheckpoint({ ...state, step }, tag), tag, what)).toThrow(invalid);
});
