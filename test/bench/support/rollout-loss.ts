// Loaded by each thread of the benchmark of threads.
import type { TrajectoryLossOptions } from "@fluxion/train";
import { lagrangianNetwork, lnnCase } from "./lagrangian-network.ts";
import { rolloutOptions } from "./lnn-tasks.ts";

/** The rollouts of `count` trajectories by a network of width H. */
export const loss = ({ H, count }: { readonly H: number; readonly count: number }): TrajectoryLossOptions =>
  rolloutOptions(lagrangianNetwork(H), lnnCase("rollout", H, count));
