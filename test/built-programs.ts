import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { promisify } from "node:util";
import { build } from "esbuild";
import { root } from "./workspace.ts";

/** The files of `@fluxion/threads` that threads run. */
const threadFiles = ["evaluate-shard", "solve-part", "supervise-shards"].map((name) => `packages/threads/src/${name}.ts`);

/**
 * Builds programs, and what threads run, to JavaScript in one new folder inside the repository, as threads do not load
 * TypeScript.
 *
 * @param paths - From the root. `folder/name.ts` becomes `name.js`.
 * @returns The folder.
 */
export async function buildPrograms(...paths: readonly string[]): Promise<string> {
  // Inside the repository, so that packages are found.
  mkdirSync(`${root}/out`, { recursive: true });
  const outdir = mkdtempSync(`${root}/out/programs-`);
  const entryPoints = [...paths, ...threadFiles].map((path) => `${root}/${path}`);
  await build({ entryPoints, outdir, entryNames: "[name]", bundle: true, splitting: true, format: "esm", platform: "node", target: "es2022", conditions: ["@fluxion/source"], external: ["esbuild"], logLevel: "silent" });
  return outdir;
}

/** Runs a built program that ends by itself within four minutes, and returns what it prints. */
export async function runProgram(folder: string, name: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [`${folder}/${name}.js`, ...args], { timeout: 240_000 });
  return stdout;
}
