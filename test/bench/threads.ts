// `npm run bench -- threads`: gradients of trajectories of a Lagrangian network on one and on several threads, by a clock on the wall, and how
// long the busiest thread computes, which other programs on the machine disturb less.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { buildPrograms } from "../built-programs.ts";
import { currentSetting, measure, printTable, short, writeResult } from "./harness.ts";
import { assertSameResult, lnnModel } from "./support/lagrangian-network.ts";
import type * as RolloutThreads from "./support/rollout-threads.ts";

const trajectories = 100;
const threads = [...new Set([1, 2, availableParallelism()])];

/** One measurement. */
interface Row {
  readonly model: typeof lnnModel;
  readonly H: number;
  readonly trajectories: number;
  readonly threads: number;
  readonly ms: number;
  /** Time of one thread to this one. */
  readonly speedup: number;
  /** CPU time of the busiest thread. Null where the system does not tell. */
  readonly busiest_ms: number | null;
}

/** CPU time of each thread of this process so far, in ms; empty where the system does not tell. */
function threadTimes(): ReadonlyMap<string, number> {
  try {
    const folder = "/proc/self/task";
    return new Map(readdirSync(folder).map((id) => [id, Number(readFileSync(`${folder}/${id}/schedstat`, "utf8").split(" ")[0]) / 1e6]));
  } catch {
    return new Map();
  }
}

/** CPU time of the busiest thread during `run`, in ms. */
function busiestThread(run: () => void): number | null {
  const before = threadTimes();
  run();
  const spent = [...threadTimes()].map(([id, time]) => time - (before.get(id) ?? 0));
  return spent.length > 0 ? Math.max(...spent) : null;
}

/** Numbers of threads take turns, so that what else runs on the machine disturbs all of them; the least time of each counts. */
const rounds = 4;

async function measureWidth(H: number, { threadedRollouts }: typeof RolloutThreads): Promise<Row[]> {
  const programs = await Promise.all(threads.map((count) => threadedRollouts(H, trajectories, count)));
  const results = programs.map(({ run }) => run());
  for (const result of results) assertSameResult(`rollouts on threads, H = ${H}`, result, results[0], 1e-12);
  const turns = Array.from({ length: rounds }, () => programs.map(({ run }) => ({ ms: measure(() => void run(), { budget: 500, clock: "wall" }), busiest: busiestThread(run) })));
  await Promise.all(programs.map(({ close }) => close()));
  const least = (i: number, of: (one: (typeof turns)[0][0]) => number): number => Math.min(...turns.map((turn) => of(turn[i])));
  return threads.map((count, i) => {
    const ms = least(i, (one) => one.ms);
    const busiest = least(i, (one) => one.busiest ?? NaN);
    return { model: lnnModel, H, trajectories, threads: count, ms, speedup: least(0, (one) => one.ms) / ms, busiest_ms: Number.isNaN(busiest) ? null : busiest };
  });
}

/** Of other programs: they take cores away. */
const [load] = loadavg();
const folder = await buildPrograms("test/bench/support/rollout-threads.ts", "test/bench/support/rollout-loss.ts");
const rows: Row[] = [];
try {
  const program = (await import(`${folder}/rollout-threads.js`)) as typeof RolloutThreads;
  for (const H of [10, 32, 128]) rows.push(...(await measureWidth(H, program)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
printTable(
  ["H", "threads", "trajectories", "ms", "speed-up", "busiest ms"],
  rows.map((row) => [String(row.H), String(row.threads), String(row.trajectories), short(row.ms), short(row.speedup), row.busiest_ms === null ? "-" : short(row.busiest_ms)]),
);
writeResult("threads.json", `${JSON.stringify({ ...currentSetting(), load, rows }, null, 2)}\n`);
