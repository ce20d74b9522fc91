import { readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Tableau } from "@fluxion/ode-core";
import { IndentationText, Project } from "ts-morph";
import { termCounts } from "./linear-sum.ts";
import { tableauFacts } from "./tableau-facts.ts";
import { errorRows } from "./write-error.ts";
import { stepRows } from "./write-step.ts";
import { writeRosenbrockStages } from "./write-rosenbrock-stages.ts";
import { writeSmallLu } from "./write-small-lu.ts";
import { writeSums } from "./write-sums.ts";
import { writeStepper } from "./write-stepper.ts";
import { vectorSumsWriter } from "./write-vector-sums.ts";

/** Folder of the explicit methods, from the root. */
const algorithmsFolder = "packages/ode-core/src/algorithms";
const linearAlgebraFolder = "packages/ode-core/src/linear-algebra";

/** Folders that hold nothing but what is generated, from the root. */
export const generatedFolders: readonly string[] = [`${algorithmsFolder}/generated`, `${linearAlgebraFolder}/generated`];

/** Tableaus of other methods have no dense output by weights. */
const isExplicit = (tableau: Partial<Tableau>): tableau is Tableau => tableau.dense?.weights !== undefined;

/**
 * The generated code as unsaved source files: a stepper per file of `tableaus/` that holds an explicit method, by whose name it
 * is called, the sums that they share in JavaScript and WebAssembly, the stages of Rosenbrock methods and the LU factors of small matrices.
 *
 * @param root - The repository's root folder.
 */
export async function generateCode(root: string): Promise<Project> {
  const project = new Project({ manipulationSettings: { indentationText: IndentationText.TwoSpaces }, skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true, compilerOptions: { noLib: true } });
  const folder = `${root}/${algorithmsFolder}`;
  const facts = await tableauFacts(root);
  const tableaus: Tableau[] = [];
  for (const file of readdirSync(`${folder}/tableaus`).toSorted()) {
    const name = file.replace(/\.ts$/, "");
    const [tableau] = Object.values((await import(pathToFileURL(`${folder}/tableaus/${file}`).href)) as Record<string, Partial<Tableau>>);
    if (!isExplicit(tableau)) continue;
    tableaus.push(tableau);
    project.createSourceFile(`${folder}/generated/${file}`, (writer) => writeStepper(writer, name, tableau, facts), { overwrite: true });
  }
  const [step, error] = [stepRows, errorRows].map((rows) => termCounts(tableaus.flatMap(rows)));
  project.createSourceFile(`${folder}/generated/sums.ts`, (writer) => writeSums(writer, step, error), { overwrite: true });
  project.createSourceFile(`${folder}/generated/vector-sums.ts`, await vectorSumsWriter(), { overwrite: true });
  project.createSourceFile(`${folder}/generated/rosenbrock-stages.ts`, writeRosenbrockStages, { overwrite: true });
  project.createSourceFile(`${root}/${linearAlgebraFolder}/generated/small-lu.ts`, writeSmallLu, { overwrite: true });
  return project;
}
