import { expect, test } from "vitest";
import { fromConfig, option, readOptions, shown, tsit5 } from "./index.ts";

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

test("messages show values as they are", () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const cases: [unknown, string][] = [
    [NaN, "NaN"], [-0, "0"], [Infinity, "Infinity"], ["a\n", '"a\\n"'], [null, "null"], [undefined, "undefined"], [5n, "5"], [Symbol("s"), "Symbol(s)"],
    [new Float32Array([1, 0.5]), "[1, 0.5]"], [[1, [NaN, "x"]], '[1, [NaN, "x"]]'], [new Float64Array(9), "[0, 0, 0, 0, 0, 0, 0, 0, ...]"],
    [tsit5, "the function tsit5"], [() => 1, "a function"], [{}, "{}"], [circle, "an object with self"], [Object.create(null), "{}"],
  ];
  for (const [value, text] of cases) expect(shown(value)).toBe(text);
});
