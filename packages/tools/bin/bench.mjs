// `npm run bench -- NAME`: runs test/bench/NAME.ts, which prints a table and writes out/bench/NAME.json.
import { existsSync, readdirSync } from "node:fs";
import { root, runNode } from "./install.mjs";

const [name, ...args] = process.argv.slice(2);
if (!name || !existsSync(`${root}/test/bench/${name}.ts`)) {
  const names = readdirSync(`${root}/test/bench`).filter((f) => f.endsWith(".ts") && f !== "harness.ts").map((f) => f.slice(0, -3));
  console.error(`Cannot run benchmark "${name ?? ""}" as it must be one of: ${names.join(", ")}`);
  process.exit(2);
}
runNode(`${root}/packages/tools/bin/run-ts.mjs`, [`test/bench/${name}.ts`, ...args]);
