import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { odeProblem, solve, vern7 } from "@fluxion/ode-core";
import { pendulum } from "@fluxion/systems";
import { formatTrajectoryCsv } from "@fluxion/train";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPrograms, runProgram } from "./built-programs.ts";
import { fluxion } from "./fluxion-process.ts";
import { packageNames, readJson, readText, root, type Manifest } from "./workspace.ts";

/** A block of TypeScript in the README of a package, or in a page of docs. */
interface Block {
  /** The package or the page. */
  readonly owner: string;
  /** Named by its first line, `// name.ts`, or else after its owner. */
  readonly name: string;
  readonly code: string;
  /** What it prints; absent where the README does not say. */
  readonly output: string | undefined;
}

const publicNames = packageNames.filter((name) => !readJson<Manifest>(`packages/${name}/package.json`).private);
const readmes: Readonly<Record<string, string>> = Object.fromEntries(publicNames.map((name) => [name, readText(`packages/${name}/README.md`)]));
/** Pages of docs that hold programs. */
const pages: Readonly<Record<string, string>> = { migrating: readText("docs/migrating.md") };

const blocks = Object.entries({ ...readmes, ...pages }).flatMap(([owner, text]) =>
  [...text.matchAll(/^```ts\n([^]*?)^```\n(?:\n```text\n([^]*?)^```$)?/gm)].map(
    ([, code, output]): Block => ({ owner, name: /^\/\/ ([\w.-]+)\.ts\n/.exec(code)?.[1] ?? owner, code, output }),
  ),
);
const programs = blocks.filter(({ output }) => output !== undefined);
/** For vitest to run. */
const suites = blocks.filter(({ name }) => name.endsWith(".test"));

// Inside the repository, so that packages are found; a folder for each package, as names may be equal.
mkdirSync(`${root}/out`, { recursive: true });
const folder = mkdtempSync(`${root}/out/readmes-`);
const pathOf = ({ owner, name }: Block): string => `${folder}/${owner}/${name}.ts`;
for (const block of blocks) {
  mkdirSync(`${folder}/${block.owner}`, { recursive: true });
  writeFileSync(pathOf(block), block.code);
}
const wrong = `${folder}/wrong.ts`;
writeFileSync(wrong, 'import { odeProblem } from "@fluxion/ode-core";\nexport const problem = odeProblem(() => {}, "1", [0, 1]);\n');

/** The sources of blocks and packages with the options that tests are checked with. */
function typeChecked(): ts.Program {
  const { config } = ts.readConfigFile(`${root}/test/tsconfig.json`, (path) => ts.sys.readFile(path)) as { config: unknown };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, `${root}/test`);
  return ts.createProgram([...blocks.map(pathOf), wrong, ...publicNames.map((name) => `${root}/packages/${name}/src/index.ts`)], options);
}

let compiler: ts.Program;
let built = "";
beforeAll(async () => {
  compiler = typeChecked();
  built = await buildPrograms(...blocks.filter((block) => !suites.includes(block)).map((block) => pathOf(block).slice(root.length + 1)));
}, 120_000);
afterAll(() => [folder, built].filter((path) => path !== "").forEach((path) => rmSync(path, { recursive: true, force: true })));

/** What the compiler says of one file. */
function complaints(path: string): string[] {
  const file = compiler.getSourceFile(path);
  return [...compiler.getSyntacticDiagnostics(file), ...compiler.getSemanticDiagnostics(file)].map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

describe.each(publicNames)("the README of %s", (owner) => {
  const text = readmes[owner];
  const own = blocks.filter((block) => block.owner === owner);

  test("begins like all and is short", () => {
    expect(text).toMatch(new RegExp(`^# @fluxion/${owner}\n\n[A-Z][^]*?\\.\n\n\`\`\`\nnpm install (--save-dev )?@fluxion/${owner}\\b`));
    expect(text.split("\n").length).toBeLessThan(56);
    // On npm there is nothing beside a README.
    expect(text).not.toMatch(/\]\(/);
  });

  test("installs what its programs import, and nothing else", () => {
    const installed = /^npm install (?:--save-dev )?(.*)$/m.exec(text)![1].split(" ").filter((name) => name !== "vitest");
    const imported = own.flatMap(({ code }) => ts.preProcessFile(code).importedFiles.map(({ fileName }) => fileName));
    expect(installed.toSorted()).toEqual([...new Set([`@fluxion/${owner}`, ...imported])].toSorted());
  });

  test("names exports that exist", () => {
    const checker = compiler.getTypeChecker();
    const index = checker.getSymbolAtLocation(compiler.getSourceFile(`${root}/packages/${owner}/src/index.ts`)!);
    const exported = index ? checker.getExportsOfModule(index).map(({ name }) => name) : [];
    const listed = [.../^\| export \|.*\n.*\n((?:\|.*\n)+)/m.exec(text)?.[1].matchAll(/^\|([^|]*)\|/gm) ?? []].flatMap(([, cell]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(listed.length).toBeGreaterThanOrEqual(owner === "cli" ? 0 : 2);
    expect(listed.filter((name) => !exported.includes(name))).toEqual([]);
  });

  test("holds programs that type-check", () => {
    expect(own.flatMap((block) => complaints(pathOf(block)))).toEqual([]);
  });
});

test.each(Object.keys(pages))("the page %s holds programs that type-check, and says what they print", (page) => {
  const own = blocks.filter(({ owner }) => owner === page);
  expect(own.length).toBeGreaterThan(0);
  expect(own.filter(({ output }) => output === undefined)).toEqual([]);
  expect(own.flatMap((block) => complaints(pathOf(block)))).toEqual([]);
});

test("a wrong program would not type-check", () => {
  expect(complaints(wrong)).toEqual([expect.stringContaining("is not assignable")]);
});

test("every package shows what it does, by a program, a command or a suite", () => {
  const others = publicNames.filter((name) => !programs.some(({ owner }) => owner === name));
  expect(others).toEqual(["cli", "testkit"]);
  expect(suites.map(({ owner }) => owner)).toEqual(["testkit"]);
});

describe("what READMEs and pages say that is printed", () => {
  test.each(programs.map((block) => [block.owner, block] as const))("%s", async (_owner, { name, output }) => {
    expect(await runProgram(built, name)).toBe(output);
  });

  test("cli", async () => {
    const text = readmes["cli"];
    const work = `${folder}/cli`;
    mkdirSync(`${work}/data`, { recursive: true });
    writeFileSync(`${work}/train.json`, /^```json\n([^]*?)^```$/m.exec(text)![1]);
    const record = (name: string, q: number, end: number): void => {
      const motion = solve(odeProblem(pendulum().field, [q, 0], [0, end]), vern7(), { reltol: 1e-10, saveAt: 0.1 });
      writeFileSync(`${work}/data/${name}.csv`, formatTrajectoryCsv(motion, ["q", "v"]));
    };
    [0.5, 1, 1.5].forEach((q, i) => record(`train-${i + 1}`, q, 1));
    record("long", 1, 10);
    record("heldout-1", 0.8, 10);

    const commands = [...text.matchAll(/^npx fluxion (.*)$/gm)].map(([, words]) => words.split(" "));
    expect(commands.map(([name]) => name)).toEqual(["train", "simulate"]);
    let printed = "";
    for (const words of commands) {
      const { code, out, err } = await fluxion(words, work);
      expect(code, err).toBe(0);
      printed = out;
    }
    // All digits are printed: the last ones depend on the machine.
    const rounded = (csv: string): string => csv.replaceAll(/\d\.\d+(?:e-\d+)?/g, (number) => Number(number).toFixed(4));
    expect(rounded(printed)).toBe(rounded(/^```text\n([^]*?)^```$/m.exec(text)![1]));
  });
});

describe("the suite in the README of testkit", async () => {
  for (const suite of suites) await import(pathToFileURL(pathOf(suite)).href);
});
