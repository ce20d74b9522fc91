import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectSameNumbers, type PageResult } from "./browser/same-numbers.ts";
import { root } from "./workspace.ts";

/** Runs a program by a version of Node.js that npm fetches where it is not yet there. */
function runBy(version: number, args: readonly string[]): string | undefined {
  const npx = ["--yes", "--prefer-offline", "--fetch-retries=0", `--package=node@${version}`, "--", "node", ...args];
  const { status, stdout } = spawnSync("npx", npx, { encoding: "utf8", timeout: 120_000, shell: process.platform === "win32" });
  return status === 0 ? stdout : undefined;
}

describe.each([20, 22, 24])("Node.js %i", (version) => {
  const fetched = runBy(version, ["--version"])?.startsWith(`v${version}.`) ?? false;
  let folder = "";

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "fluxion-node-"));
    const contents = 'import { train } from "./test/browser/page.ts"; console.log(JSON.stringify(await train()));';
    await build({ stdin: { contents, resolveDir: root }, outfile: `${folder}/numbers.mjs`, bundle: true, format: "esm", platform: "node", target: "es2022", conditions: ["@fluxion/source"], logLevel: "silent" });
  });
  afterAll(() => void rmSync(folder, { recursive: true }));

  test.skipIf(!fetched)("trains on WebAssembly and gets the same numbers (skipped where npm cannot fetch it)", async () => {
    const result = JSON.parse(runBy(version, [`${folder}/numbers.mjs`])!) as PageResult;
    expect(result.backend).toBe("wasm");
    await expectSameNumbers(result);
  });
});
