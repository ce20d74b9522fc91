import { test } from "vitest";
import { expectInterpreter, moreWays, operations, sizesOf } from "./fixtures/traced-operations.ts";

test.each(Object.keys(operations))("%s: value and derivatives are the interpreter's at every size, in float32 and without relaxed SIMD", (name) => {
  for (const n of sizesOf(operations[name])) expectInterpreter(operations[name], n, moreWays);
});
