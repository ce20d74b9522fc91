// `npm run generate`: writes the steppers of the explicit Runge-Kutta methods from their tableaus, the stages of Rosenbrock methods and the LU factors of small
// matrices, and the pages of solvers, options and operations.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generateCode } from "./generate/generate-code.ts";
import { operationsPage, operationsPagePath } from "./generate/operations-page.ts";
import { optionsPage, optionsPagePath } from "./generate/options-page.ts";
import { solverPage, solverPagePath } from "./generate/solver-page.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url)).replace(/[/\\]$/, "");
const project = await generateCode(root);
await project.save();
for (const file of project.getSourceFiles()) console.log(file.getFilePath().slice(root.length + 1));
for (const [path, text] of [[solverPagePath, await solverPage(root)], [optionsPagePath, optionsPage(root)], [operationsPagePath, operationsPage(root)]]) {
  writeFileSync(`${root}/${path}`, text);
  console.log(path);
}
