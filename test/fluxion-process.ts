import { spawn } from "node:child_process";
import { pathToFileURL } from "node:url";
import { root } from "./workspace.ts";

/** How a process ended and what it wrote. */
export interface ProcessResult {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/**
 * Runs the `fluxion` command from its sources as a process of its own.
 *
 * @param onError - Sees all that was written to standard error so far, and may send Ctrl-C.
 */
export function fluxion(args: readonly string[], cwd: string, onError: (text: string, interrupt: () => void) => void = () => {}): Promise<ProcessResult> {
  const loader = pathToFileURL(`${root}/node_modules/tsx/dist/esm/index.mjs`).href;
  // As outside of tests and of their machines, where there may be colours.
  const { CI: _ci, TEST: _test, ...env } = process.env;
  const child = spawn(process.execPath, ["-C", "@fluxion/source", "--import", loader, `${root}/packages/cli/src/bin.ts`, ...args], { cwd, env });
  let [out, err] = ["", ""];
  child.stdout.on("data", (data) => void (out += String(data)));
  child.stderr.on("data", (data) => {
    err += String(data);
    onError(err, () => void child.kill("SIGINT"));
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}
