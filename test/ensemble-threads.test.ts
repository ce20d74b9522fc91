import { rmSync } from "node:fs";
import { ensembleThreads } from "@fluxion/threads";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPrograms, runProgram } from "./built-programs.ts";
import { root } from "./workspace.ts";

/** What ensemble-scenarios.ts prints. */
interface Scenarios {
  readonly failures: number;
  readonly same: Readonly<Record<number, boolean>>;
  readonly none: readonly unknown[];
  readonly deadly: readonly unknown[];
  readonly aborted: { readonly reason: string; readonly ms: number; readonly before: string };
  readonly refused: Readonly<Record<"module" | "name" | "job" | "option" | "data" | "threads" | "trajectories", string>>;
}

let folder = "";
let scenarios: Scenarios;

beforeAll(async () => {
  folder = await buildPrograms("test/fixtures/ensemble-scenarios.ts", "test/fixtures/ensemble-job.ts");
  // Ends by itself: no thread is left.
  scenarios = JSON.parse(await runProgram(folder, "ensemble-scenarios")) as Scenarios;
}, 270_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("ensembles on threads", () => {
  test("are the serial ones to the bit, failures and their codes and messages included, for any number of threads", () => {
    expect(scenarios.failures).toBe(3 * 3);
    expect(scenarios.same).toEqual({ 1: true, 2: true, 5: true });
    expect(scenarios.none).toEqual([]);
  });

  test("survive trajectories that end the process, break their thread or cannot be sent", () => {
    const { deadly } = scenarios;
    expect(deadly.length).toBe(20);
    deadly.forEach((one, i) => void ([3, 4, 6, 9].includes(i) || expect(one).toBe(i)));
    for (const i of [3, 9]) expect(deadly[i]).toMatch(/^Error .*process\.exit was called/);
    expect(deadly[4]).toBe("Error out of the blue");
    expect(deadly[6]).toMatch(/^INVALID_ARGUMENT .*trajectory 6/);
  });

  test("end at once when aborted, with the reason of the signal", () => {
    const { reason, ms, before } = scenarios.aborted;
    expect([reason, before]).toEqual(["Error enough", "Error enough"]);
    expect(ms).toBeLessThan(5000);
  });

  test("what is no ensemble is refused once", () => {
    const { refused } = scenarios;
    expect(refused.module).toMatch(/no-such-job/);
    expect(refused.name).toMatch(/^INVALID_ARGUMENT .*"toString": it is undefined/);
    expect(refused.job).toMatch(/^INVALID_ARGUMENT .*it returned problem/);
    expect(refused.option).toMatch(/^INVALID_OPTION .*"reltol"/);
    expect(refused.data).toMatch(/^INVALID_OPTION .*"data"/);
    expect(refused.threads).toMatch(/^INVALID_OPTION .*"threads"/);
    expect(refused.trajectories).toMatch(/^INVALID_OPTION .*"trajectories"/);
  });
});

test("threads that cannot start are an error, not an ensemble that never ends", async () => {
  // Under vitest this package is TypeScript, which threads of some versions of Node.js do not load: either works or says so. Several
  // times, as threads that break while the others are being ended must not end the process.
  for (let round = 0; round < 15; round++) {
    const found = await ensembleThreads(new URL("./fixtures/ensemble-job.ts", import.meta.url), { trajectories: 1000, threads: 4, data: 1 }).then((all) => all.length, (error: unknown) => (error as { code?: string }).code);
    expect([1000, "ERR_UNKNOWN_FILE_EXTENSION"]).toContain(found);
    if (found === 1000) break;
  }
});

test("ode-core and its ensembles are for browsers, too: nothing of Node.js is in its bundle", async () => {
  const { warnings } = await build({ entryPoints: [`${root}/packages/ode-core/src/index.ts`], bundle: true, write: false, format: "esm", platform: "browser", conditions: ["@fluxion/source"], logLevel: "silent" });
  expect(warnings).toEqual([]);
});
