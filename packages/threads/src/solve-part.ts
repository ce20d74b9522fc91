// Runs in a worker thread.
import { parentPort, workerData } from "node:worker_threads";
import { ensemble, OdeError, type TrajectoryResult } from "@fluxion/ode-core";
import type { EnsembleJob } from "./ensemble-job.ts";
import { callModule, type ModuleCall } from "./module-call.ts";
import { packError, type WireError } from "./wire-error.ts";

/** Trajectories `first` to `first + count - 1`. */
export interface Part {
  readonly first: number;
  readonly count: number;
}

/** What became of a part of an ensemble; `fault` when there is no such ensemble. */
export type PartResult = { readonly fault: WireError } | { readonly trajectories: readonly WireTrajectory[] };

/** A `TrajectoryResult` that can be sent. */
export type WireTrajectory = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: WireError };

let job: Promise<EnsembleJob<unknown>> | undefined;

async function solvePart({ first, count }: Part): Promise<PartResult> {
  try {
    job ??= loadJob(workerData as ModuleCall);
    const { problem, algorithm, options } = await job;
    const found = ensemble(problem, algorithm, { ...options, first, trajectories: count });
    return { trajectories: isCloneable(found.filter(({ ok }) => ok)) ? found.map(pack) : found.map((one, k) => packAlone(one, first + k)) };
  } catch (fault) {
    return { fault: packError(fault) };
  }
}

const loadJob = (call: ModuleCall): Promise<EnsembleJob<unknown>> =>
  callModule(call, {
    act: "solve an ensemble on threads",
    returns: 'problem, algorithm and options with "reduce"',
    isMade: ({ problem, algorithm, options }) => Boolean(problem && algorithm) && typeof options?.reduce === "function",
  });

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

const pack = (one: TrajectoryResult<unknown>): WireTrajectory => (one.ok ? one : { ok: false, error: packError(one.error) });

function packAlone(one: TrajectoryResult<unknown>, i: number): WireTrajectory {
  if (!one.ok || isCloneable(one.value)) return pack(one);
  return { ok: false, error: packError(new OdeError("INVALID_ARGUMENT", `Cannot send the result of trajectory ${i} as "reduce" must return what structuredClone takes: it returned a ${typeof one.value} with functions or the like in it`)) };
}

// Sent in a turn of its own: what a trajectory has left to be done at once, and may end this thread, comes first.
parentPort!.on("message", (part: Part) => void solvePart(part).then((result) => setImmediate(() => parentPort!.postMessage(result)))); // oxlint-disable-line unicorn/require-post-message-target-origin
