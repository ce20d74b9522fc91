import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { buildPrograms, runProgram } from "../../../test/built-programs.ts";

test("it runs, and the training loss falls a hundredfold", async () => {
  const programs = await buildPrograms("docs/examples/threads/train.js", "docs/examples/threads/loss.js");
  try {
    const output = await runProgram(programs, "train");
    const [first, last] = [...output.matchAll(/\d\.\de[+-]\d+/g)].map(([text]) => Number(text));
    expect(last).toBeLessThan(first / 100);
  } finally {
    rmSync(programs, { recursive: true, force: true });
  }
}, 270_000);
