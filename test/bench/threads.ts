// `npm run bench -- threads`: gradients of trajectories of a Lagrangian network on one and on several threads, by a clock on the wall.
import { rmSync } from "node:fs";
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
}

/** Numbers of threads take turns, so that what else runs on the machine disturbs all of them; the least time of each counts. */
const rounds = 4;

async function measureWidth(H: number, { threadedRollouts }: typeof RolloutThreads): Promise<Row[]> {
  const programs = await Promise.all(threads.map((count) => threadedRollouts(H, trajectories, count)));
  const results = programs.map(({ run }) => run());
  for (const result of results) assertSameResult(`rollouts on threads, H = ${H}`, result, results[0], 1e-12);
  const turns = Array.from({ length: rounds }, () => programs.map(({ run }) => measure(() => void run(), { budget: 500, clock: "wall" })));
  await Promise.all(programs.map(({ close }) => close()));
  const times = threads.map((_, i) => Math.min(...turns.map((turn) => turn[i])));
  return threads.map((count, i) => ({ model: lnnModel, H, trajectories, threads: count, ms: times[i], speedup: times[0] / times[i] }));
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
printTable(["H", "threads", "trajectories", "ms", "speed-up"], rows.map((row) => [String(row.H), String(row.threads), String(row.trajectories), short(row.ms), short(row.speedup)]));
writeResult("threads.json", `${JSON.stringify({ ...currentSetting(), load, rows }, null, 2)}\n`);
