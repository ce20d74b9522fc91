import { existsSync, writeFileSync } from "node:fs";
import { Node, Project, QuoteKind, IndentationText, type ObjectLiteralExpression, type SourceFile, type VariableDeclaration } from "ts-morph";
import { modelSource } from "./model-source.ts";
import { modelTest } from "./model-test.ts";
import { modelName, UsageError, type ModelName } from "./names.ts";

/** The packages that hold dynamics models. Each has a table `<package>Models` in src/models.ts. */
export const modelPackages = ["node", "hnn", "lnn"] as const;

/** A package that holds dynamics models. */
export type ModelPackage = (typeof modelPackages)[number];

/**
 * Adds the model `name` to a package: its source, its test, an export and an entry in the package's table.
 * Nothing is written unless all of it can be.
 *
 * @param root folder of the repository
 * @param name in kebab or camel case
 * @returns the changed files, from the root
 * @throws UsageError if the name is not usable or already taken, or the package is not as expected.
 */
export function addModel(root: string, packageName: ModelPackage, name: string): readonly string[] {
  const names = modelName(name);
  const folder = `packages/${packageName}/src`;
  const added = { [`${folder}/${names.file}.ts`]: modelSource(names), [`${folder}/${names.file}.test.ts`]: modelTest(names) };
  const taken = Object.keys(added).find((path) => existsSync(`${root}/${path}`));
  if (taken !== undefined) throw new UsageError(`Cannot make model "${name}" as ${taken} must not exist yet: it does`);

  const project = new Project({
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
    manipulationSettings: { indentationText: IndentationText.TwoSpaces, quoteKind: QuoteKind.Double, useTrailingCommas: true },
  });
  const open = (path: string): SourceFile => {
    if (!existsSync(`${root}/${path}`)) throw new UsageError(`Cannot make model "${name}" as ${path} must exist: it does not`);
    return project.addSourceFileAtPath(`${root}/${path}`);
  };
  const [index, models] = [open(`${folder}/index.ts`), open(`${folder}/models.ts`)];
  addExport(index, names);
  addEntry(models, `${packageName}Models`, names);

  const changed = { [`${folder}/index.ts`]: index.getFullText(), [`${folder}/models.ts`]: models.getFullText() };
  for (const [path, text] of Object.entries({ ...added, ...changed })) writeFileSync(`${root}/${path}`, text);
  return [...Object.keys(added), ...Object.keys(changed)];
}

/** Exports the factory and its options from index.ts, which is kept in the order of its files. */
function addExport(index: SourceFile, { file, factory, options }: ModelName): void {
  const exports = index.getExportDeclarations();
  if (exports.some((line) => line.getNamedExports().some((specifier) => (specifier.getAliasNode() ?? specifier.getNameNode()).getText() === factory))) {
    throw new UsageError(`Cannot make model "${factory}" as index.ts must not export ${factory} yet: it does`);
  }
  // The marker of an index that exports nothing yet.
  for (const line of exports) if (!line.hasModuleSpecifier() && line.getNamedExports().length === 0) line.remove();
  const before = index.getExportDeclarations().filter((line) => (line.getModuleSpecifierValue() ?? "") < `./${file}.ts`).at(-1);
  index.insertExportDeclaration(before === undefined ? 0 : before.getChildIndex() + 1, {
    moduleSpecifier: `./${file}.ts`,
    namedExports: [factory, { name: options, isTypeOnly: true }],
  });
}

/** Adds the factory to the package's table under its own name, and to the table's type where that is written out. */
function addEntry(models: SourceFile, tableName: string, { file, factory }: ModelName): void {
  const declaration = models.getVariableDeclaration(tableName);
  const table = objectOf(declaration);
  if (declaration === undefined || table === undefined) {
    throw new UsageError(`Cannot make model "${factory}" as models.ts must hold a table ${tableName} = { ... }: it does not`);
  }
  if (table.getProperty(factory) !== undefined || models.getImportDeclarations().some((line) => line.getNamedImports().some((named) => named.getName() === factory))) {
    throw new UsageError(`Cannot make model "${factory}" as ${tableName} must not have an entry ${factory} yet: it has`);
  }
  const imports = models.getImportDeclarations();
  const before = imports.filter((line) => !line.getModuleSpecifierValue().startsWith(".") || line.getModuleSpecifierValue() < `./${file}.ts`).at(-1);
  models.insertImportDeclaration(before === undefined ? 0 : before.getChildIndex() + 1, { moduleSpecifier: `./${file}.ts`, namedImports: [factory] });
  const type = declaration.getTypeNode();
  if (Node.isTypeLiteral(type)) type.addProperty({ name: factory, isReadonly: true, type: `typeof ${factory}` });
  const shorthand = table.getProperties().every((property) => Node.isShorthandPropertyAssignment(property));
  if (shorthand) table.addShorthandPropertyAssignment({ name: factory });
  else table.addPropertyAssignment({ name: factory, initializer: factory });
}

/** The object literal that a declaration is set to, inside `as const`, `satisfies` and brackets. */
function objectOf(declaration: VariableDeclaration | undefined): ObjectLiteralExpression | undefined {
  let node: Node | undefined = declaration?.getInitializer();
  while (Node.isAsExpression(node) || Node.isSatisfiesExpression(node) || Node.isParenthesizedExpression(node)) node = node.getExpression();
  return Node.isObjectLiteralExpression(node) ? node : undefined;
}
