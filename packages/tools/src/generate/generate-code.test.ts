import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { generatedFolders, generateCode } from "./generate-code.ts";
import { operationsPage, operationsPagePath } from "./operations-page.ts";
import { optionsPage, optionsPagePath } from "./options-page.ts";
import { solverPage, solverPagePath } from "./solver-page.ts";
import { linearSum, termCounts, terms, usedStages } from "./linear-sum.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url)).replace(/[/\\]$/, "");

test("the committed code is what is generated, byte for byte", async () => {
  const project = await generateCode(root);
  const files = project.getSourceFiles();
  const committed = generatedFolders.flatMap((folder) => readdirSync(`${root}/${folder}`).map((name) => `${root}/${folder}/${name}`));
  expect(files.map((file) => file.getFilePath()).toSorted()).toEqual(committed.toSorted());
  for (const file of files) {
    const path = file.getFilePath();
    expect(file.getFullText() === readFileSync(path, "utf8"), `${basename(path)} differs: run npm run generate`).toBe(true);
  }
});

test("the committed page of solvers is what the algorithms and their TSDoc make", async () => {
  expect((await solverPage(root)) === readFileSync(`${root}/${solverPagePath}`, "utf8"), "run npm run generate").toBe(true);
});

test("the committed page of options is what TSDoc makes", () => {
  expect(optionsPage(root) === readFileSync(`${root}/${optionsPagePath}`, "utf8"), "run npm run generate").toBe(true);
});

test("the committed page of operations is what TSDoc makes, and has every function that traced functions may call", () => {
  const page = operationsPage(root);
  expect(page === readFileSync(`${root}/${operationsPagePath}`, "utf8"), "run npm run generate").toBe(true);
  expect(page).not.toMatch(/\|  \|$/m);
  const exported = readFileSync(`${root}/packages/autodiff/src/index.ts`, "utf8").replaceAll(/\btype \w+/g, "").matchAll(/\b[a-z]\w*(?=[,\s]*(?:,|\}))/g);
  const missing = [...exported].map(([name]) => name).filter((name) => !page.includes(`| \`${name}(`));
  expect(missing).toEqual(["backends", "compile", "compileProgram", "evaluate", "resolveBackend", "printPlan", "print", "trace", "tracedEvent", "compileScalar", "tracedField"]);
});

test("the page of options has every type of options that the packages export", () => {
  const page = readFileSync(`${root}/${optionsPagePath}`, "utf8");
  const packages = ["ode-core", "autodiff", "sensitivity", "nn-core", "lnn", "hnn", "node", "systems", "train", "threads", "cli", "testkit"];
  const exported = packages.flatMap((name) => [...readFileSync(`${root}/packages/${name}/src/index.ts`, "utf8").matchAll(/\btype (\w+)Options\b/g)].map(([, type]) => type));
  const missing = exported.filter((name) => !page.includes(`\`${name[0].toLowerCase()}${name.slice(1)}(`) && !page.includes(`### \`${name}Options\``));
  // Those of backends, which are no factories, and of `parseTrajectoryCsv`, `workPrecisionFigure` and `reportHtml`, which are on the page.
  expect(missing).toEqual(["Kernel", "TrajectoryCsv", "WorkPrecision", "Report"]);
});

test("a sum leaves out zeros and factors of one, and keeps signs", () => {
  const k = (i: number): string => `k${i}`;
  expect(linearSum([1, 0, -0.5, -1, 2], k)).toBe("k1 - 0.5 * k3 - k4 + 2 * k5");
  expect(linearSum([-1, 3], k)).toBe("-k1 + 3 * k2");
  expect(linearSum([0, 0], k)).toBe("0");
  expect(usedStages([0, 1], [0, 0, 0, 2])).toEqual([2, 4]);
  expect(terms([1, 0, -0.5])).toEqual([[1, 1], [-0.5, 3]]);
  expect(termCounts([[1, 2, 3], [0, 1], [5, 0, 0, 1, 4], [0]])).toEqual([0, 1, 3]);
});
