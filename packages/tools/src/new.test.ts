import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const program = fileURLToPath(new URL("../bin/run-ts.mjs", import.meta.url));

test.each([
  [["model", "Damped_Oscillator"], 'Cannot make a model as its name must be in kebab or camel case, such as damped-oscillator or dampedOscillator: current name is "Damped_Oscillator"'],
  [["model", "spring", "--package", "train"], 'Cannot make a model as its package must be one of node, hnn, lnn: current package is "train"'],
  [["solver", "rk4"], "Cannot tell what to make. Usage: npm run new -- model NAME [--package node|hnn|lnn]"],
])("a wrong request %j ends with code 2 and one line that says why", (args, message) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, "packages/tools/src/new.ts", ...args], { encoding: "utf8" });
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: "", stderr: `${message}\n` });
});
