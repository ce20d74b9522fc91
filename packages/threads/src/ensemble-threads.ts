import { availableParallelism } from "node:os";
import { option, readOptions, type Trajectory } from "@fluxion/ode-core";
import { Tinypool } from "tinypool";
import { callSpecs, type ModuleCall } from "./module-call.ts";
import type { PartResult } from "./solve-part.ts";
import { sendingData, threadFile } from "./thread-file.ts";
import { unpackError } from "./wire-error.ts";

/** Options of {@link ensembleThreads}. */
export interface EnsembleThreadsOptions {
  /** How many. */
  readonly trajectories: number;
  /** The export of the module that makes the ensemble. Default `"ensemble"`. */
  readonly name?: string;
  /** Its argument, a copy in each thread: anything that `structuredClone` takes. */
  readonly data?: unknown;
  /** How many threads. Default: as many as the machine runs at once. */
  readonly threads?: number;
  /** Ends all threads once aborted; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal;
}

const specs = {
  ...callSpecs("ensemble"),
  trajectories: option.custom<number>("a whole number >= 0", (v) => Number.isInteger(v) && (v as number) >= 0),
  threads: option.count(availableParallelism()),
};

/** Parts per thread, so that threads that are done early find more, and the most trajectories of one. */
const partsPerThread = 8;
const largestPart = 64;

/**
 * `ensemble` of ode-core on worker threads, in Node.js: the same results in the same order, whatever the number of threads.
 * Functions cannot be sent to a thread, so that the ensemble stands in a module that each thread loads: its export `name` is a
 * function of `data` that returns an {@link EnsembleJob} or a promise of one. A trajectory that fails leaves the others
 * alone, also one that takes its thread along. All threads are ended before the promise settles.
 *
 * Cost: starting a thread takes tens of ms, and a part of the ensemble about 0.1 ms beside the solves.
 *
 * @param module - URL of the module, as `new URL("./job.js", import.meta.url)`: JavaScript, as loaders like tsx do not reach threads on every version of Node.js.
 * @returns One entry per trajectory, in order. Errors of other classes than `OdeError` come back as what `structuredClone` makes of them.
 * @throws OdeError `INVALID_OPTION` for a wrong option, here or of the job; `INVALID_ARGUMENT` for an export that makes no job; and what the module throws.
 */
export async function ensembleThreads<R>(module: URL | string, options: EnsembleThreadsOptions): Promise<Trajectory<R>[]> {
  const { trajectories, name, data, threads, signal } = readOptions("an ensemble on threads", options, specs);
  signal?.throwIfAborted();
  if (trajectories === 0) return [];
  const size = Math.min(largestPart, Math.ceil(trajectories / (partsPerThread * threads)));
  const parts = Array.from({ length: Math.ceil(trajectories / size) }, (_, k): Part => ({ first: k * size, count: Math.min(size, trajectories - k * size) }));
  const pools = new Pools({ module: String(module), name, data }, signal);
  try {
    const pool = pools.start(Math.min(threads, parts.length));
    // A part of nothing tells whether there is such an ensemble, and whether threads can be started at all.
    await run(pool, { first: 0, count: 0 });
    pools.watch(pool);
    return (await Promise.all(parts.map((part) => solve<R>(pools, pool, part)))).flat();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await pools.endAll();
  }
}

/** Trajectories `first` to `first + count - 1`. */
interface Part {
  readonly first: number;
  readonly count: number;
}

/** Pools of threads for one ensemble, that end with it or when its signal is aborted. */
class Pools {
  readonly #call: ModuleCall;
  readonly #signal: AbortSignal | null;
  readonly #running = new Set<Tinypool>();
  readonly #ending: Promise<void>[] = [];
  readonly #abort = (): void => [...this.#running].forEach((pool) => this.#end(pool));
  #isOver = false;

  constructor(call: ModuleCall, signal: AbortSignal | null) {
    this.#call = call;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort);
  }

  start(threads: number): Tinypool {
    this.#signal?.throwIfAborted();
    if (this.#isOver) throw new Error("Cannot start a thread as the ensemble must be going on: it was ended");
    const pool = sendingData("an ensemble on threads", () => new Tinypool({ filename: threadFile("solve-part"), name: "solvePart", workerData: this.#call, minThreads: threads, maxThreads: threads }));
    this.#running.add(pool);
    pool.on("error", () => this.mend(pool));
    return pool;
  }

  /** Ends a pool with the first of its threads: it hears of that only from the thread, whose last message may be lost. */
  watch(pool: Tinypool): void {
    for (const { thread } of threadsOf(pool)) thread.once("exit", () => setImmediate(() => this.#end(pool)));
  }

  /** Ends one of them. */
  async end(pool: Tinypool): Promise<void> {
    this.#end(pool);
    await Promise.all(this.#ending);
  }

  /** Ends all, for good. */
  async endAll(): Promise<void> {
    this.#isOver = true;
    this.#signal?.removeEventListener("abort", this.#abort);
    this.#abort();
    await Promise.all(this.#ending);
  }

  /** After a thread of it broke: ends a pool that has none left, as what waits would do so for ever. */
  mend(pool: Tinypool): void {
    if (pool.threads.length === 0) this.#end(pool);
  }

  #end(pool: Tinypool): void {
    if (!this.#running.delete(pool)) return;
    const threads = threadsOf(pool);
    // A thread that breaks while the pool waits for its end has a listener taken away, which the pool's threads do not know
    // how to do: the exception would end the process.
    for (const one of threads) one.removeListener ??= (event, listener) => void one.thread.removeListener(event, listener);
    const broken = (): undefined => undefined;
    this.#ending.push(pool.destroy().catch(broken).then(async () => void (await Promise.allSettled(threads.map((one) => one.terminate())))));
  }
}

/** What the pool holds for each thread, as far as it is used here. */
interface PoolThread {
  readonly thread: { once(event: "exit", listener: () => void): unknown; removeListener(event: string, listener: () => void): unknown };
  removeListener?: (event: string, listener: () => void) => void;
  terminate(): Promise<unknown>;
}

const threadsOf = (pool: Tinypool): readonly PoolThread[] => [...(pool.threads as unknown as PoolThread[])];

async function run<R>(pool: Tinypool, part: Part): Promise<Trajectory<R>[]> {
  const result = (await pool.run(part)) as PartResult;
  if ("fault" in result) throw unpackError(result.fault);
  return result.trajectories.map((one) => (one.ok ? { ok: true, value: one.value as R } : { ok: false, error: unpackError(one.error) }));
}

async function solve<R>(pools: Pools, pool: Tinypool, part: Part): Promise<Trajectory<R>[]> {
  try {
    return await run<R>(pool, part);
  } catch {
    // A thread broke, perhaps by another part: each trajectory answers for itself.
    pools.mend(pool);
    const found: Trajectory<R>[] = [];
    for (let k = 0; k < part.count; k++) found.push(await solveAlone(pools, part.first + k));
    return found;
  }
}

/** One trajectory in a thread of its own. */
async function solveAlone<R>(pools: Pools, i: number): Promise<Trajectory<R>> {
  const pool = pools.start(1);
  pools.watch(pool);
  let hasEnded = false;
  for (const { thread } of threadsOf(pool)) thread.once("exit", () => (hasEnded = true));
  try {
    return (await run<R>(pool, { first: i, count: 1 }))[0];
  } catch (error) {
    // Ended without a word: the pool only says that it was terminated.
    const silent = hasEnded && !/process\.exit/.test(String(error)) && /terminat/i.test(String(error));
    return { ok: false, error: silent ? new Error("Cannot solve the trajectory as its thread must go on: process.exit was called") : error };
  } finally {
    await pools.end(pool);
  }
}
