import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addModel } from "./add-model.ts";
import { UsageError } from "./names.ts";

let root = "";
const src = (): string => join(root, "packages/node/src");
const read = (file: string): string => readFileSync(join(src(), file), "utf8");

/** Every file of the package with its text. */
const snapshot = (): Record<string, string> => Object.fromEntries(readdirSync(src()).toSorted().map((file) => [file, read(file)]));

const index = `export { augmentedOde, type AugmentedOdeOptions } from "./augmented-ode.ts";
export { nodeModels } from "./models.ts";
export { neuralOde } from "./neural-ode.ts";
`;
const models = `import { augmentedOde } from "./augmented-ode.ts";
import { neuralOde } from "./neural-ode.ts";

/** Models by name. */
export const nodeModels = {
  augmentedOde,
  neuralOde,
} as const;
`;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fluxion-new-"));
  mkdirSync(src(), { recursive: true });
  writeFileSync(join(src(), "index.ts"), index);
  writeFileSync(join(src(), "models.ts"), models);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("addModel", () => {
  test("adds source, test, one export and one entry, in order, and nothing else", () => {
    const changed = addModel(root, "node", "damped-oscillator");
    expect(changed.map((path) => path.replace("packages/node/src/", ""))).toEqual(["damped-oscillator.ts", "damped-oscillator.test.ts", "index.ts", "models.ts"]);
    expect(read("index.ts")).toBe(
      index.replace("export { nodeModels", 'export { dampedOscillator, type DampedOscillatorOptions } from "./damped-oscillator.ts";\nexport { nodeModels'),
    );
    expect(read("models.ts")).toBe(
      models
        .replace("import { neural", 'import { dampedOscillator } from "./damped-oscillator.ts";\nimport { neural')
        .replace("  neuralOde,\n", "  neuralOde,\n  dampedOscillator,\n"),
    );
    expect(read("damped-oscillator.ts")).toContain("export function dampedOscillator(");
    expect(read("damped-oscillator.test.ts")).toContain('from "./damped-oscillator.ts"');
  });

  test("takes the name in camel case, too, and keeps its capitals", () => {
    const kebab = snapshot();
    addModel(root, "node", "damped-oscillator");
    const expected = snapshot();
    for (const file of Object.keys(expected)) rmSync(join(src(), file));
    for (const [file, text] of Object.entries(kebab)) writeFileSync(join(src(), file), text);
    addModel(root, "node", "dampedOscillator");
    expect(snapshot()).toEqual(expected);

    addModel(root, "node", "dampedODEOfOrder2");
    expect(read("index.ts")).toContain('export { dampedODEOfOrder2, type DampedODEOfOrder2Options } from "./damped-ode-of-order2.ts";');
    expect(read("models.ts")).toContain("  dampedODEOfOrder2,\n");
    expect(read("damped-ode-of-order2.ts")).toContain("export function dampedODEOfOrder2(options: DampedODEOfOrder2Options)");
    expect(read("damped-ode-of-order2.test.ts")).toContain('import { dampedODEOfOrder2 } from "./damped-ode-of-order2.ts";');
  });

  test.each([
    ["short", "neuralOde", "zeta"],
    ["long", "neuralOde: neuralOde", "zeta: zeta"],
  ])("a table with a written-out type and %s entries gets the new one in both", (_, old, entry) => {
    const table = (imports: string, type: string, entries: string): string =>
      `import { neuralOde } from "./neural-ode.ts";\n${imports}\nexport const nodeModels: {\n  readonly neuralOde: typeof neuralOde;\n${type}} = {\n  ${old},\n${entries}};\n`;
    writeFileSync(join(src(), "models.ts"), table("", "", ""));
    addModel(root, "node", "zeta");
    expect(read("models.ts")).toBe(table('import { zeta } from "./zeta.ts";\n', "  readonly zeta: typeof zeta;\n", `  ${entry},\n`));
  });

  test("an empty index and an empty table take the first model, and then a second", () => {
    writeFileSync(join(src(), "index.ts"), "export {};\n");
    writeFileSync(join(src(), "models.ts"), "export const nodeModels = {} as const;\n");
    addModel(root, "node", "beta");
    addModel(root, "node", "alpha");
    expect(read("index.ts")).toBe('export { alpha, type AlphaOptions } from "./alpha.ts";\nexport { beta, type BetaOptions } from "./beta.ts";\n');
    expect(read("models.ts").replaceAll(/\s+/g, " ")).toContain("{ beta, alpha, } as const;");
  });

  test.each([
    ["its source exists", "neural-ode", () => writeFileSync(join(src(), "neural-ode.ts"), "")],
    ["its test exists", "spring", () => writeFileSync(join(src(), "spring.test.ts"), "")],
    ["the index exports the factory", "neural-ode", () => undefined],
    ["the table has the entry", "neural-ode", () => writeFileSync(join(src(), "index.ts"), "export {};\n")],
    ["there is no table", "spring", () => writeFileSync(join(src(), "models.ts"), "export const other = {};\n")],
    ["there is no models.ts", "spring", () => rmSync(join(src(), "models.ts"))],
    ["its source exists under a name in camel case", "neuralOde", () => writeFileSync(join(src(), "neural-ode.ts"), "")],
    ["the name begins with a capital", "DampedOscillator", () => undefined],
    ["the name is in two cases", "damped-Oscillator", () => undefined],
    ["the name climbs out of the package", "../spring", () => undefined],
    ["the name is empty", "", () => undefined],
    ["the name is a word of the language", "class", () => undefined],
    ["the name is that of the table's file", "models", () => undefined],
  ])("refuses and changes nothing when %s", (_, name, arrange) => {
    arrange();
    const before = snapshot();
    expect(() => addModel(root, "node", name)).toThrow(UsageError);
    expect(snapshot()).toEqual(before);
  });
});
