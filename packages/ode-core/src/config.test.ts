import { expect, test } from "vitest";
import { fromConfig, option, readOptions } from "./index.ts";

const table = {
  widget: (options: { size?: number; kind?: "round" | "square" } = {}) => readOptions("widget", options, { size: option.positive(2), kind: option.oneOf(["round", "square"], "round") }),
} as const;

test("fromConfig makes the named plug-in with defaults filled in", () => {
  expect(fromConfig(table, { name: "widget", kind: "square" })).toEqual({ size: 2, kind: "square" });
});

test("a wrong name lists the known ones, with code UNKNOWN_NAME", () => {
  const config: { readonly name: string } = { name: "gadget" };
  expect(() => fromConfig(table, config)).toThrow(expect.objectContaining({ code: "UNKNOWN_NAME", message: expect.stringContaining("widget") as string }));
  // @ts-expect-error a literal name must be one of the table
  expect(() => fromConfig(table, { name: "toString" })).toThrow(expect.objectContaining({ code: "UNKNOWN_NAME" }));
});

test("a config that is none is said to be none", () => {
  // @ts-expect-error a config is an object
  expect(() => fromConfig(table, "widget")).toThrow('must be an object with a name, such as { name: "widget" }: current value is "widget"');
  // @ts-expect-error a config is an object
  expect(() => fromConfig(table, null)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
});

test("a wrong option names itself, what is needed and what was found", () => {
  expect(() => fromConfig(table, { name: "widget", size: -1 })).toThrow('option "size" must be a number > 0: current value is -1');
  // What JSON has in place of NaN is not the default.
  expect(() => fromConfig(table, JSON.parse('{ "name": "widget", "size": null }') as { name: "widget" })).toThrow('option "size" must be a number > 0: current value is null');
  // @ts-expect-error the options of a literal name are known
  expect(() => fromConfig(table, { name: "widget", sise: 1 })).toThrow('its options are size, kind: got "sise"');
});
