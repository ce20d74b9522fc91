import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addModel, modelPackages, type ModelPackage } from "../packages/tools/src/new/add-model.ts";
import { packageNames, root } from "./workspace.ts";

/** What the program said of the last model. */
let made = { status: NaN as number | null, output: "" };
/** A copy of the sources; packages that are imported by name are those of this repository. */
let copy = "";
const source = (packageName: ModelPackage, file = ""): string => join(copy, `packages/${packageName}/src`, file);

beforeAll(() => {
  copy = realpathSync(mkdtempSync(join(tmpdir(), "fluxion-copy-")));
  mkdirSync(join(copy, "test"));
  for (const path of ["tsconfig.json", ".oxlintrc.json", "package.json", "test/vitest.config.ts", "test/count-reporter.ts", "docs/options.md", ...packageNames.flatMap((name) => [`packages/${name}/tsconfig.json`, `packages/${name}/src`])]) {
    cpSync(join(root, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction");
  for (const name of modelPackages) {
    // The last one by the program, which writes the page of options besides.
    if (name !== modelPackages.at(-1)) addModel(copy, name, `relaxed-${name}`);
    else made = run("tsx/dist/cli.mjs", ["-C", "@fluxion/source", "packages/tools/src/new.ts", "model", `relaxed-${name}`, "--package", name]);
    // The table's type and its value both have the entry.
    writeFileSync(
      source(name, "table.test.ts"),
      `import { fromConfig } from "@fluxion/ode-core";\nimport { expect, test } from "vitest";\nimport { ${name}Models } from "./models.ts";\n\ntest("found by name", () => {\n  expect(fromConfig(${name}Models, { name: "relaxed${name[0].toUpperCase()}${name.slice(1)}", dim: 3 }).dim).toBe(3);\n});\n`,
    );
  }
}, 60_000);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** What the compiler says of the copy's sources, with the options of the repository, declarations included. */
function complaints(): string[] {
  const { config } = ts.parseConfigFileTextToJson("tsconfig.json", readFileSync(join(copy, "tsconfig.json"), "utf8")) as { config: { compilerOptions: object } };
  const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, noEmit: true, composite: false, rewriteRelativeImportExtensions: false, allowImportingTsExtensions: true }, copy);
  const files = modelPackages.flatMap((name) => readdirSync(source(name)).map((file) => source(name, file)));
  const program = ts.createProgram(files, options);
  return files.flatMap((path) => {
    const file = program.getSourceFile(path);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file), ...(path.endsWith(".test.ts") ? [] : program.getDeclarationDiagnostics(file))].map(
      ({ messageText }) => `${path.slice(copy.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  });
}

const run = (script: string, args: readonly string[]): { status: number | null; output: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "node_modules", script), ...args], { cwd: copy, encoding: "utf8" });
  return { status, output: stdout + stderr };
};

describe("a new model in each package", () => {
  test("is made with a test, an export, an entry and a part of the page of options", () => {
    const files = ["relaxed-lnn.ts", "relaxed-lnn.test.ts", "index.ts", "models.ts"].map((file) => `packages/lnn/src/${file}`);
    expect({ ...made, output: made.output.split("\n").slice(0, -2) }).toEqual({ status: 0, output: [...files, "docs/options.md"] });
    const page = readFileSync(join(copy, "docs/options.md"), "utf8");
    for (const factory of ["relaxedNode", "relaxedHnn", "relaxedLnn"]) expect(page).toContain(`### \`${factory}\`\n\n\`${factory}(options)\`: Relaxation towards a network`);
    expect(run("vitest/vitest.mjs", ["run", "--config", "test/vitest.config.ts", "packages/tools/src/generate", "-t", "page of options"])).toMatchObject({ status: 0, output: expect.stringContaining("2 passed, 0 failed") as string });
  });

  test("compiles as it is made, and a wrong line would not", () => {
    expect(complaints()).toEqual([]);
    writeFileSync(source("node", "wrong.ts"), 'import { relaxedNode } from "./index.ts";\nexport const wrong: string = relaxedNode({ dim: "2" });\n');
    expect(complaints().length).toBe(2);
    rmSync(source("node", "wrong.ts"));
  });

  test("passes the linter", () => {
    expect(run("oxlint/bin/oxlint", ["--deny-warnings"])).toMatchObject({ status: 0 });
  });

  test("passes its conformance suite and is found in its table", () => {
    const { status, output } = run("vitest/vitest.mjs", ["run", "--config", "test/vitest.config.ts", "src/relaxed-", "src/table.test"]);
    expect(output).toMatch(/\n6[0-9] passed, 0 failed, 0 skipped\s*$/);
    expect(status).toBe(0);
  });

  test("is not made over another", () => {
    const before = readdirSync(source("node")).map((file) => [file, readFileSync(source("node", file), "utf8")]);
    for (const name of ["relaxed-node", "neural-ode"]) expect(() => addModel(copy, "node", name)).toThrow("must not exist yet");
    expect(readdirSync(source("node")).map((file) => [file, readFileSync(source("node", file), "utf8")])).toEqual(before);
  });
});
