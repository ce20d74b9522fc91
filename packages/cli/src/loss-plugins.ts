import { losses } from "@fluxion/nn-core";
import { algorithms, fromConfig } from "@fluxion/ode-core";
import { sensealgs } from "@fluxion/sensitivity";
import type { TrajectoryLossOptions } from "@fluxion/train";
import type { TrainConfig } from "./config.ts";

/** How the solves of a training go, and what they are compared by. */
export type LossPlugins = Pick<TrajectoryLossOptions, "algorithm" | "sensealg" | "loss" | "sigma"> & Required<Pick<TrajectoryLossOptions, "solver">>;

/**
 * Makes the plug-ins of a training's loss.
 *
 * @param here - Makes the plug-in of an entry, and puts the entry's place in front of errors.
 * @throws OdeError `UNKNOWN_NAME`, `INVALID_OPTION`
 */
export function lossPlugins({ solver, sensealg, loss, sigma }: Pick<TrainConfig, "solver" | "sensealg" | "loss" | "sigma">, here: <T>(entry: string, make: () => T) => T): LossPlugins {
  const { name, dt, reltol, abstol, maxIters, ...options } = solver;
  return {
    algorithm: here("solver", () => fromConfig(algorithms, { name, ...options })),
    solver: { ...(dt ? { dt } : {}), ...(reltol ? { reltol } : {}), ...(abstol ? { abstol } : {}), ...(maxIters ? { maxIters } : {}) },
    sensealg: here("sensealg", () => fromConfig(sensealgs, sensealg)),
    ...(sigma === undefined ? {} : { sigma }),
    loss: here("loss", () => fromConfig(losses, loss)),
  };
}
