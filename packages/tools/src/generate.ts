// `npm run generate`: writes the steppers of the explicit Runge-Kutta methods from their tableaus, the LU factors of small matrices, and the page of solvers.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generateCode } from "./generate/generate-code.ts";
import { solverPage, solverPagePath } from "./generate/solver-page.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url)).replace(/[/\\]$/, "");
const project = await generateCode(root);
await project.save();
for (const file of project.getSourceFiles()) console.log(file.getFilePath().slice(root.length + 1));
writeFileSync(`${root}/${solverPagePath}`, await solverPage(root));
console.log(solverPagePath);
