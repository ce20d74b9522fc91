import ts from "typescript";
import { expect, test } from "vitest";
import { modelSource } from "../packages/tools/src/new/model-source.ts";
import { modelTest } from "../packages/tools/src/new/model-test.ts";
import { readText, root } from "./workspace.ts";

/** What the compiler says of files that are not on disk, in the place and with the options of real ones. */
function complaints(files: Readonly<Record<string, string>>): string[] {
  const { config } = ts.parseConfigFileTextToJson("tsconfig.json", readText("tsconfig.json")) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, noEmit: true, composite: false, rewriteRelativeImportExtensions: false, allowImportingTsExtensions: true }, root);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => Object.hasOwn(files, path) || fileExists(path);
  host.readFile = (path) => files[path] ?? readFile(path);
  host.getSourceFile = (path, version, ...rest) => (Object.hasOwn(files, path) ? ts.createSourceFile(path, files[path], version) : getSourceFile(path, version, ...rest));
  const program = ts.createProgram(Object.keys(files), options, host);
  return Object.keys(files).flatMap((path) => {
    const source = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source), ...program.getDeclarationDiagnostics(source)].map(
      ({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  });
}

test("a new model and its test compile as they are made", () => {
  const folder = `${root}/packages/node/src`;
  const files = { [`${folder}/new-model.ts`]: modelSource("new-model"), [`${folder}/new-model.test.ts`]: modelTest("new-model") };
  expect(complaints(files)).toEqual([]);
  expect(complaints({ ...files, [`${folder}/new-model.ts`]: `${modelSource("new-model")}\nexport const wrong: string = newModel;\n` })).toHaveLength(1);
});
