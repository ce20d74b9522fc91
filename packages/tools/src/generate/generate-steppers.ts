import { readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { IndentationText, Project } from "ts-morph";
import { writeStepper, type TableauData } from "./write-stepper.ts";

/** Folder of the explicit methods, from the root. */
export const algorithmsFolder = "packages/ode-core/src/algorithms";

/**
 * The generated steppers as unsaved source files: one per file of `tableaus/`, whose name is the method's and whose
 * export is the tableau.
 *
 * @param root - The repository's root folder.
 */
export async function generateSteppers(root: string): Promise<Project> {
  const project = new Project({ manipulationSettings: { indentationText: IndentationText.TwoSpaces }, skipAddingFilesFromTsConfig: true, skipFileDependencyResolution: true, compilerOptions: { noLib: true } });
  const folder = `${root}/${algorithmsFolder}`;
  for (const file of readdirSync(`${folder}/tableaus`).toSorted()) {
    const name = file.replace(/\.ts$/, "");
    const module = (await import(pathToFileURL(`${folder}/tableaus/${file}`).href)) as Record<string, TableauData>;
    project.createSourceFile(`${folder}/generated/${file}`, (writer) => writeStepper(writer, name, module[`${name}Tableau`]), { overwrite: true });
  }
  return project;
}
