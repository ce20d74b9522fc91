// Installs from the lock file when node_modules is absent or older than the lock. Plain Node: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const root = fileURLToPath(new URL("../../..", import.meta.url));

// Ctrl-C reaches the whole process group: the program that is running decides what it means, and this one waits for it.
process.on("SIGINT", () => {});

/** Runs a program in the root folder with inherited streams; ends this process with its exit code when that is not 0. */
export function run(command, args, env = {}) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? (signal === "SIGINT" ? 130 : 1));
}

/** Runs a JavaScript program with this Node. */
export const runNode = (script, args = [], env = {}) => run(process.execPath, [script, ...args], env);

/** `npm ci`, unless the installed tree is at least as new as the lock file. */
export function install() {
  const major = process.versions.node.split(".").map(Number);
  if (major[0] < 20 || (major[0] === 20 && major[1] < 19)) {
    console.error(`Cannot run Fluxion as it needs Node >= 20.19: this is ${process.version}`);
    process.exit(2);
  }
  const installed = `${root}/node_modules/.package-lock.json`;
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(`${root}/package-lock.json`).mtimeMs - 1000) return;
  console.log("Installing dependencies from package-lock.json ...");
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  if (npm) runNode(npm, args);
  else run(process.platform === "win32" ? "npm.cmd" : "npm", args);
}
