import { availableParallelism } from "node:os";
import { option, readOptions, type TrajectoryResult } from "@fluxion/ode-core";
import { callSpecs, type ModuleCall } from "./module-call.ts";
import { PartThread } from "./part-thread.ts";
import type { Part } from "./solve-part.ts";

/** Options of {@link ensembleThreads}. */
export interface EnsembleThreadsOptions {
  /** How many. */
  readonly trajectories: number;
  /** The export of the module that makes the ensemble. Default `"ensemble"`. */
  readonly name?: string | undefined;
  /** Its argument, a copy in each thread: anything that `structuredClone` takes. Default `null`. */
  readonly data?: unknown;
  /** How many threads. Default: as many as the machine runs at once. */
  readonly threads?: number | undefined;
  /** Ends all threads once aborted; the promise is then rejected with the signal's reason. Default: none. */
  readonly signal?: AbortSignal | undefined;
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
 * A bundler makes a file of its own of it, and leaves `@fluxion/threads` external: threads are started from files of the package.
 * @returns One entry per trajectory, in order. Errors of other classes than `OdeError` come back as what `structuredClone` makes of them.
 * @throws OdeError `INVALID_OPTION` for a wrong option, here or of the job; `INVALID_ARGUMENT` for an export that makes no job; and what the module throws.
 */
export async function ensembleThreads<R>(module: URL | string, options: EnsembleThreadsOptions): Promise<TrajectoryResult<R>[]> {
  const { trajectories, name, data, threads, signal } = readOptions("an ensemble on threads", options, specs);
  signal?.throwIfAborted();
  if (trajectories === 0) return [];
  const size = Math.min(largestPart, Math.ceil(trajectories / (partsPerThread * threads)));
  const parts = Array.from({ length: Math.ceil(trajectories / size) }, (_, k): Part => ({ first: k * size, count: Math.min(size, trajectories - k * size) }));
  const team = new Team({ module: String(module), name, data }, signal);
  try {
    const first = team.start();
    // A part of nothing tells whether there is such an ensemble, and whether threads can be started at all.
    await first.solve({ first: 0, count: 0 });
    const found: TrajectoryResult<R>[][] = [];
    let next = 0;
    const work = async (thread: PartThread): Promise<void> => {
      for (let own = thread; next < parts.length;) {
        const k = next++;
        found[k] = await solve<R>(team, own, parts[k]);
        if (!own.isAlive) own = team.start();
      }
    };
    await Promise.all([first, ...Array.from({ length: Math.min(threads, parts.length) - 1 }, () => team.start())].map(work));
    return found.flat();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await team.end();
  }
}

/** The threads of one ensemble, that end with it or when its signal is aborted. */
class Team {
  readonly #call: ModuleCall;
  readonly #signal: AbortSignal | null;
  readonly #threads: PartThread[] = [];
  readonly #abort = (): void => void this.end();
  #isOver = false;

  constructor(call: ModuleCall, signal: AbortSignal | null) {
    this.#call = call;
    this.#signal = signal;
    signal?.addEventListener("abort", this.#abort);
  }

  start(): PartThread {
    if (this.#isOver) throw new Error("Cannot start a thread as the ensemble must be going on: it was ended");
    const thread = new PartThread(this.#call);
    this.#threads.push(thread);
    return thread;
  }

  /** Ends all, for good. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#signal?.removeEventListener("abort", this.#abort);
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }
}

async function solve<R>(team: Team, thread: PartThread, part: Part): Promise<TrajectoryResult<R>[]> {
  try {
    return await thread.solve<R>(part);
  } catch {
    // The thread broke, perhaps by an earlier part: each trajectory answers for itself.
    const found: TrajectoryResult<R>[] = [];
    for (let k = 0; k < part.count; k++) found.push(await solveAlone(team, part.first + k));
    return found;
  }
}

/** One trajectory in a thread of its own. */
async function solveAlone<R>(team: Team, i: number): Promise<TrajectoryResult<R>> {
  const thread = team.start();
  try {
    return (await thread.solve<R>({ first: i, count: 1 }))[0];
  } catch (error) {
    return { ok: false, error };
  } finally {
    await thread.end();
  }
}
