import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { context, type BuildContext } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const folder = fileURLToPath(new URL(".", import.meta.url));
const chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

/** Speaks the DevTools protocol through pipes: messages of JSON, each ended by a zero. */
function devTools({ stdio }: ChildProcess): (method: string, params?: object, sessionId?: string) => Promise<Record<string, unknown>> {
  const [to, from] = [stdio[3] as Writable, stdio[4] as Readable];
  const waiting = new Map<number, (result: Record<string, unknown>) => void>();
  let text = "";
  from.setEncoding("utf8").on("data", (chunk: string) => {
    const messages = (text + chunk).split("\0");
    text = messages.pop()!;
    for (const { id, result = {} } of messages.map((message) => JSON.parse(message) as { id?: number; result?: Record<string, unknown> })) if (id !== undefined) waiting.get(id)?.(result);
  });
  let last = 0;
  return (method, params = {}, sessionId = undefined) =>
    new Promise((resolve) => {
      waiting.set(++last, resolve);
      to.write(`${JSON.stringify({ id: last, method, params, ...(sessionId === undefined ? {} : { sessionId }) })}\0`);
    });
}

// Skipped where no Chromium is installed; test/browser has its numbers.
describe.skipIf(!chromium)("the page (skipped without Chromium)", () => {
  let profile = "";
  let browser: ChildProcess;
  let server: BuildContext;
  let evaluate: (expression: string) => Promise<unknown>;

  beforeAll(async () => {
    profile = mkdtempSync(join(tmpdir(), "fluxion-page-"));
    // What `npm start` does.
    server = await context({ absWorkingDir: folder, entryPoints: ["page.ts", "trainer.ts"], bundle: true, write: false, format: "esm", conditions: ["@fluxion/source"], outdir: "build", logLevel: "silent" });
    const { port } = await server.serve({ servedir: folder, host: "127.0.0.1", port: 0 });
    browser = spawn(chromium!, ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--remote-debugging-pipe", `--user-data-dir=${profile}`], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
    const send = devTools(browser);
    const { targetId } = await send("Target.createTarget", { url: `http://127.0.0.1:${port}/` });
    const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
    evaluate = async (expression) => ((await send("Runtime.evaluate", { expression }, sessionId as string))["result"] as { value?: unknown } | undefined)?.value;
  });
  afterAll(async () => {
    const exited = new Promise((resolve) => browser.once("exit", resolve));
    browser.kill();
    await Promise.all([exited, server.dispose()]);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });

  /** What the page says, once it matches. */
  async function said(pattern: RegExp): Promise<string> {
    for (;;) {
      const text = String(await evaluate('document.querySelector("output")?.textContent'));
      if (pattern.test(text)) return text;
      if (text.startsWith("failed")) throw new Error(text);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  test("reports while it trains, and stops when asked to, with the network drawn", async () => {
    expect(await said(/^training/)).toMatch(/^training after \d+ of 3000 steps, loss \d\.\de[+-]\d+$/);
    await evaluate('document.querySelector("button").click()');
    expect(await said(/^aborted/)).toMatch(/^aborted after \d+ of 3000 steps/);
    const drawn = await evaluate('(() => { const c = document.querySelector("canvas"); return c.getContext("2d").getImageData(0, 0, c.width, c.height).data.filter((x, i) => i % 4 === 3 && x > 0).length; })()');
    expect(drawn).toBeGreaterThan(2000);
  }, 60_000);
});

test("the page loads the scripts that are built", () => {
  const [page, script] = [readFileSync(join(folder, "index.html"), "utf8"), readFileSync(join(folder, "page.ts"), "utf8")];
  expect(page).toContain('src="build/page.js"');
  expect(script).toContain('new Worker("build/trainer.js", { type: "module" })');
});
