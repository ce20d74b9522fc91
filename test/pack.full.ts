import { execFileSync } from "node:child_process";
import { publint } from "publint";
import { beforeAll, describe, expect, test } from "vitest";
import { packageNames, readJson, root, type Manifest } from "./workspace.ts";

interface PackReport {
  readonly files: readonly { readonly path: string }[];
}

const publicNames = packageNames.filter((name) => !readJson<Manifest>(`packages/${name}/package.json`).private);

/** Paths in the tarball that npm would publish. */
function packedFiles(name: string): readonly string[] {
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const out = execFileSync(npm, ["pack", "--dry-run", "--json", "--ignore-scripts", "--loglevel=error"], { cwd: `${root}/packages/${name}`, encoding: "utf8" });
  return (JSON.parse(out) as readonly PackReport[])[0].files.map(({ path }) => path);
}

describe("packages as published", () => {
  beforeAll(() => {
    execFileSync(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, "-b"], { cwd: root, stdio: "inherit" });
  }, 300_000);

  test.each(publicNames)("%s packs its code, its types, its sources, its README and its licence, and no tests", (name) => {
    const files = packedFiles(name);
    expect(files).toEqual(expect.arrayContaining(["package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.d.ts", "src/index.ts"]));
    expect(files.filter((path) => /\.test\.|\.tsbuildinfo$/.test(path))).toEqual([]);
  });

  test.each(publicNames)("publint has nothing to say about %s", async (name) => {
    const { messages } = await publint({ pkgDir: `${root}/packages/${name}`, strict: true, pack: "npm" });
    expect(messages).toEqual([]);
  });
});
