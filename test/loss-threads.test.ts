import { rmSync } from "node:fs";
import { trajectoryLossThreads } from "@fluxion/threads";
import { trajectoryLoss } from "@fluxion/train";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPrograms, runProgram } from "./built-programs.ts";
import { loss, model } from "./fixtures/loss-job.ts";

/** What loss-scenarios.ts prints. */
interface Scenarios {
  readonly agreement: Readonly<Record<string, { readonly loss: number; readonly gradient: number; readonly sameCounts: boolean }>>;
  readonly repeated: Readonly<Record<"one" | "several" | "pools" | "more", number>>;
  readonly failures: readonly { readonly same: boolean; readonly zero: boolean; readonly again: boolean; readonly serial: string }[];
  readonly faults: {
    readonly thread: readonly (readonly string[])[];
    readonly main: readonly string[];
    readonly both: readonly string[];
    readonly exit: readonly string[];
    readonly later: string;
    readonly memory: string;
  };
  readonly closed: readonly string[];
  readonly fitted: { readonly same: boolean; readonly near: number };
  readonly length: string;
  readonly refused: Readonly<Record<"module" | "name" | "noLoss" | "noTrajectories" | "misfit" | "shy" | "deadly" | "data" | "threads" | "missing", string>>;
}

let folder = "";
let scenarios: Scenarios;

beforeAll(async () => {
  folder = await buildPrograms("test/fixtures/loss-scenarios.ts", "test/fixtures/loss-job.ts");
  // Ends by itself, though one loss is left open.
  scenarios = JSON.parse(await runProgram(folder, "loss-scenarios")) as Scenarios;
}, 270_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a loss on threads", () => {
  test("and its gradient are those of one thread, for any number of threads and intervals, with starts that depend on the parameters and missing entries, too", () => {
    expect(Object.keys(scenarios.agreement)).toEqual(["11 on 1", "11 on 2", "11 on 5", "3 on 9", "freed on 4"]);
    for (const { loss: value, gradient, sameCounts } of Object.values(scenarios.agreement)) {
      expect(value).toBeLessThan(1e-12);
      expect(gradient).toBeLessThan(1e-12);
      expect(sameCounts).toBe(true);
    }
    expect(scenarios.agreement["11 on 1"]).toMatchObject({ loss: 0, gradient: 0 });
  });

  test("have the same bits in each of 20 evaluations and in another pool, those of trajectoryLoss for one thread", () => {
    expect(scenarios.repeated).toEqual({ one: 1, several: 1, pools: 1, more: 1 });
  });

  test("are infinite and zero when a solve fails, with the message of the first one, and finite again after", () => {
    expect(scenarios.failures.length).toBe(3);
    for (const { same, zero, again, serial } of scenarios.failures) {
      expect(serial).toMatch(/^Infinity .*maxIters/);
      expect([same, zero, again]).toEqual([true, true, true]);
    }
    expect(new Set(scenarios.failures.map(({ serial }) => serial)).size).toBe(3);
  });

  test("errors thrown in a thread come back as they are, and the next evaluation works", () => {
    const { thread, main, both } = scenarios.faults;
    expect(thread.map(([found]) => found.slice(0, 30))).toEqual(["NON_FINITE Cannot evaluate it", "RangeError too far", `Error ${"long ".repeat(5).slice(0, 24)}`, "Error with a function"]);
    expect(main[0]).toBe("RangeError too far");
    expect(both[0]).toBe("NON_FINITE Cannot evaluate it");
    for (const [, next] of [...thread, main, both]) expect(next).toBe("clean");
  });

  test("a thread that ends, by the process's exit, an error that nobody caught or for want of memory, is an error and no wait without end", () => {
    const { exit, later, memory } = scenarios.faults;
    expect(exit[0]).toMatch(/^SOLVE_FAILED .*exit code 3$/);
    expect(exit[1]).toBe(exit[0]);
    expect(later).toMatch(/^SOLVE_FAILED .*out of the blue$/);
    expect(memory).toMatch(/^SOLVE_FAILED .*memory/);
  });

  test("closes as often as one likes, and then refuses to go on; so it does once aborted", () => {
    const [before, ...after] = scenarios.closed;
    expect(before).toMatch(/^[\d.]+ $/);
    for (const one of after.slice(0, 3)) expect(one).toMatch(/^INVALID_ARGUMENT .*it was closed$/);
    expect(after[3]).toBe("Error enough");
    expect(after[4]).toMatch(/^TimeoutError /);
    expect(after.length).toBe(5);
  });

  test("is what fit takes: the same bits for two trainings, and those of one thread but for rounding", () => {
    expect(scenarios.fitted.same).toBe(true);
    expect(scenarios.fitted.near).toBeLessThan(1e-10);
  });

  test("what is no loss is refused", () => {
    const { refused, length } = scenarios;
    expect(length).toMatch(/^SHAPE_MISMATCH /);
    expect(refused.module).toMatch(/no-such-loss/);
    expect(refused.name).toMatch(/^INVALID_ARGUMENT .*"toString": it is undefined/);
    expect(refused.noLoss).toMatch(/^INVALID_ARGUMENT .*it returned model, trajectories$/);
    expect(refused.noTrajectories).toMatch(/^INVALID_ARGUMENT .*got none$/);
    expect(refused.misfit).toMatch(/^SHAPE_MISMATCH .*current length is 3$/);
    expect(refused.shy).toBe("RangeError not here");
    expect(refused.deadly).toMatch(/^SOLVE_FAILED .*exit code 4$/);
    expect(refused.data).toMatch(/^INVALID_OPTION .*"data"/);
    expect(refused.threads).toMatch(/^INVALID_OPTION .*"threads"/);
    expect(refused.missing).toMatch(/^INVALID_OPTION .*"threads" is required/);
  });
});

test("threads that cannot start are an error, not a loss that never comes", async () => {
  // Under vitest this package is TypeScript, which threads of some versions of Node.js do not load: either works or says so.
  const module = new URL("./fixtures/loss-job.ts", import.meta.url);
  const found = await trajectoryLossThreads(module, { threads: 3, data: 4 }).then((threaded) => threaded.close(), (error: unknown) => (error as { code?: string }).code);
  expect([undefined, "ERR_UNKNOWN_FILE_EXTENSION"]).toContain(found);
});

test("one thread is this one and needs no other", async () => {
  const p = model.init(2);
  const one = await trajectoryLossThreads(new URL("./fixtures/loss-job.ts", import.meta.url), { threads: 1, data: 4 });
  expect(one(p)).toEqual(trajectoryLoss(loss(4))(p));
  expect(one(p, 2)).toEqual(trajectoryLoss({ ...loss(4), intervals: 2 })(p));
  await one.close();
});
