import { builtinModules } from "node:module";
import { posix } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { filesUnder, packageNames, readJson, readText, type Manifest } from "./workspace.ts";

/** Which packages each package may import. Arrows point one way: a new row imports rows above it only. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  "ode-core": [],
  autodiff: ["ode-core"],
  sensitivity: ["ode-core"],
  "nn-core": ["autodiff", "ode-core"],
  node: ["nn-core", "autodiff", "ode-core"],
  hnn: ["nn-core", "autodiff", "ode-core"],
  lnn: ["nn-core", "autodiff", "ode-core"],
  systems: ["autodiff", "ode-core"],
  train: ["lnn", "hnn", "node", "nn-core", "autodiff", "ode-core"],
  threads: ["train", "ode-core"],
  cli: ["threads", "train", "nn-core", "sensitivity", "systems", "autodiff", "ode-core"],
  testkit: ["autodiff", "ode-core"],
  tools: ["ode-core"],
};

/** What test files of some packages may import besides: earlier rows, too. */
const testArrows: Readonly<Record<string, readonly string[]>> = { train: ["sensitivity", "systems"] };

/** What every test file may import besides what its package may. */
const testOnly = new Set(["@fluxion/testkit", "vitest", "fast-check"]);

/** Every complaint about the imports of one file, as `path: reason`. */
function importFaults(path: string, text: string): string[] {
  const owner = path.split("/")[1];
  const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = readJson<Manifest>(`packages/${owner}/package.json`);
  const isTest = path.endsWith(".test.ts");
  const declared = { ...dependencies, ...peerDependencies, ...(isTest ? devDependencies : {}) };
  const faultOf = (specifier: string): string | undefined => {
    if (specifier.startsWith(".")) {
      const target = posix.join(posix.dirname(path), specifier);
      if (!target.startsWith(`packages/${owner}/src/`)) return "leaves its package by a relative path";
      return /\.(ts|json)$/.test(specifier) ? undefined : "needs its file ending";
    }
    if (specifier.startsWith("node:")) return undefined;
    if (builtinModules.includes(specifier)) return "needs the node: prefix";
    if (isTest && testOnly.has(specifier)) return undefined;
    const name = specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
    if (name.startsWith("@fluxion/")) {
      if (name !== specifier) return "reaches into another package";
      const allowed = [...arrows[owner], ...(isTest ? (testArrows[owner] ?? []) : [])];
      if (!allowed.includes(name.slice("@fluxion/".length))) return `points against the arrows of ${owner}`;
    }
    return Object.hasOwn(declared, name) ? undefined : `is not declared in packages/${owner}/package.json`;
  };
  return ts
    .preProcessFile(text, true, true)
    .importedFiles.map(({ fileName }) => ({ fileName, fault: faultOf(fileName) }))
    .filter(({ fault }) => fault !== undefined)
    .map(({ fileName, fault }) => `${path}: "${fileName}" ${fault}`);
}

describe("layers", () => {
  test("the table has a row for each package, and rows import earlier rows only", () => {
    expect(Object.keys(arrows).toSorted()).toEqual(packageNames);
    const rank = (name: string): number => Object.keys(arrows).indexOf(name);
    const backwards = [...Object.entries(arrows), ...Object.entries(testArrows)].flatMap(([from, tos]) => tos.filter((to) => rank(to) >= rank(from)).map((to) => `${from} -> ${to}`));
    expect(backwards).toEqual([]);
  });

  test.each(packageNames)("%s imports what it may", (name) => {
    const files = filesUnder(`packages/${name}/src`, ".ts");
    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap((path) => importFaults(path, readText(path)))).toEqual([]);
  });

  test.each(packageNames)("%s declares the workspace dependencies of its arrows, each with a project reference", (name) => {
    const { dependencies = {} } = readJson<Manifest>(`packages/${name}/package.json`);
    const { references = [] } = ts.parseConfigFileTextToJson("tsconfig.json", readText(`packages/${name}/tsconfig.json`)).config as {
      references?: readonly { path: string }[];
    };
    const ours = Object.keys(dependencies).filter((d) => d.startsWith("@fluxion/")).map((d) => d.slice("@fluxion/".length));
    expect(ours.toSorted()).toEqual(arrows[name].toSorted());
    expect(references.map(({ path }) => path).toSorted()).toEqual(ours.map((d) => `../${d}`).toSorted());
  });

  test.each([
    ["against an arrow", "packages/ode-core/src/a.ts", 'import type { Expr } from "@fluxion/autodiff";'],
    ["deep", "packages/lnn/src/a.ts", 'export * from "@fluxion/nn-core/src/dense.ts";'],
    ["relative into a neighbour", "packages/lnn/src/a.ts", 'import "../../nn-core/src/dense.ts";'],
    ["undeclared", "packages/lnn/src/a.ts", 'const d3 = await import("d3");'],
    ["test-only in a source", "packages/lnn/src/a.ts", 'import { test } from "vitest";'],
    ["of tests in a source", "packages/train/src/a.ts", 'import { pendulum } from "@fluxion/systems";'],
    ["against an arrow in a test", "packages/sensitivity/src/a.test.ts", 'import { lagrangianNN } from "@fluxion/lnn";'],
    ["without an ending", "packages/lnn/src/a.ts", 'import { b } from "./b";'],
  ])("an import %s is found", (_, path, text) => {
    expect(importFaults(path, text)).toHaveLength(1);
    expect(importFaults(path, `// ${text}`)).toEqual([]);
  });
});
