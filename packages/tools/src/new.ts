// `npm run new -- model NAME [--package node|hnn|lnn]`: adds a dynamics model to a package, and to the page of options. Ends with code 2 on a wrong request.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { optionsPage, optionsPagePath } from "./generate/options-page.ts";
import { addModel, modelPackages, type ModelPackage } from "./new/add-model.ts";
import { UsageError } from "./new/names.ts";

const usage = `npm run new -- model NAME [--package ${modelPackages.join("|")}]`;

function readRequest(args: readonly string[]): { name: string; packageName: ModelPackage } {
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options: { package: { type: "string", default: "node" } } });
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}. Usage: ${usage}`, { cause: error });
  }
  const { positionals, values } = parsed;
  if (positionals.length !== 2 || positionals[0] !== "model") throw new UsageError(`Cannot tell what to make. Usage: ${usage}`);
  const packageName = modelPackages.find((candidate) => candidate === values.package);
  if (packageName === undefined) {
    throw new UsageError(`Cannot make a model as its package must be one of ${modelPackages.join(", ")}: current package is ${JSON.stringify(values.package)}`);
  }
  return { name: positionals[1], packageName };
}

try {
  const { name, packageName } = readRequest(process.argv.slice(2));
  const root = fileURLToPath(new URL("../../..", import.meta.url)).replace(/[/\\]$/, "");
  for (const path of addModel(root, packageName, name)) console.log(path);
  writeFileSync(`${root}/${optionsPagePath}`, optionsPage(root));
  console.log(optionsPagePath);
  console.log(`Next: write the equations, then npm run generate && npm test -- packages/${packageName} test/public-api -u`);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
