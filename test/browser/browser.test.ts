import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../workspace.ts";
import { expectSameNumbers, type PageResult } from "./same-numbers.ts";

const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--virtual-time-budget=20000", "--dump-dom"];

// Skipped where no Chromium is installed: everything it runs is tested in Node as well.
describe.skipIf(!chromium)("in a browser (skipped without Chromium)", () => {
  let profile = "";
  let server: Worker;
  let origin = "";

  beforeAll(async () => {
    profile = mkdtempSync(join(tmpdir(), "fluxion-browser-"));
    const { outputFiles } = await build({ entryPoints: [`${root}/test/browser/page.ts`], bundle: true, write: false, format: "iife", conditions: ["@fluxion/source"], logLevel: "silent" });
    // A thread of its own serves the page, as this one waits for the browser.
    server = new Worker(serve, { eval: true, workerData: outputFiles[0].text });
    origin = await new Promise<string>((resolve) => server.once("message", (port: number) => resolve(`http://127.0.0.1:${port}`)));
  });
  afterAll(async () => {
    await server.terminate();
    // The browser's own processes may still be writing.
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });

  /** What the page wrote. */
  function open(path: string): PageResult {
    const { stdout } = spawnSync(chromium!, [...flags, `--user-data-dir=${profile}`, origin + path], { encoding: "utf8", timeout: 60_000 });
    const [, body] = /<body>(\{.*\})<\/body>/.exec(stdout) ?? [];
    if (body === undefined) throw new Error(`The page did not finish: ${stdout}`);
    return JSON.parse(body) as PageResult;
  }

  test("a page trains on WebAssembly and gets Node's numbers", async () => {
    const result = open("/free");
    expect(result.backend).toBe("wasm");
    await expectSameNumbers(result);
  });

  test("a page whose content security policy forbids generated code trains on the interpreter", async () => {
    const result = open("/strict");
    expect(result.backend).toBe("interpreter");
    await expectSameNumbers(result);
  });
});

/** Serves the script, a plain page, and one whose policy allows the script but neither `eval` nor WebAssembly. */
const serve = `
const { createServer } = require("node:http");
const { parentPort, workerData } = require("node:worker_threads");
const server = createServer((request, response) => {
  const script = request.url === "/page.js";
  response.setHeader("content-type", script ? "text/javascript" : "text/html");
  if (request.url === "/strict") response.setHeader("content-security-policy", "script-src 'self'");
  response.end(script ? workerData : '<!doctype html><body><script src="/page.js"></script>');
});
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;
