import { afterEach, describe, expect, test, vi } from "vitest";
import { main } from "./main.ts";

// In tests it shows no colours itself.
vi.mock(import("citty"), async (original) => {
  const citty = await original();
  return { ...citty, renderUsage: async (...words) => `\u001B[4m${await citty.renderUsage(...words)}\u001B[24m` };
});

let out = "";
/** Runs the command in this process; `out` holds what it wrote. */
async function fluxion(...argv: string[]): Promise<number> {
  out = "";
  const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((out += String(text))));
  return await main(argv).finally(() => spy.mockRestore());
}

describe("help and version", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("are shown on request", async () => {
    for (const [argv, usage] of [[["--help"], "train|simulate|report"], [[], "train|simulate|report"], [["train", "--help"], "fluxion train "]] as const) {
      expect(await fluxion(...argv)).toBe(0);
      expect(out).toContain(usage);
    }
    expect(await fluxion("--version")).toBe(0);
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each([
    ["a terminal", true, "", true],
    ["a terminal with NO_COLOR", true, "yes", false],
    ["a pipe", false, "", false],
  ])("have the right colours for %s", async (_, isTTY, noColor, coloured) => {
    vi.stubEnv("NO_COLOR", noColor);
    const before = process.stdout.isTTY;
    process.stdout.isTTY = isTTY;
    await fluxion("--help").finally(() => void (process.stdout.isTTY = before));
    expect(out.includes("\u001B[")).toBe(coloured);
  });
});
