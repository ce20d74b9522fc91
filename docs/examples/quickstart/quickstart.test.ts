import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

test("the README shows this program as it is", () => {
  const program = readFileSync(path("quickstart.ts"), "utf8").trimEnd();
  expect(readFileSync(path("../../../README.md"), "utf8")).toContain(`\`\`\`ts\n${program}\n\`\`\``);
});

test("it runs, and the training loss falls a hundredfold", () => {
  const output = execFileSync(process.execPath, [path("../../../node_modules/tsx/dist/cli.mjs"), "-C", "@fluxion/source", path("quickstart.ts")], { encoding: "utf8" });
  const [first, last] = [...output.matchAll(/\d\.\de[+-]\d+/g)].map(([text]) => Number(text));
  expect(last).toBeLessThan(first / 100);
});
