import type { SolveOptions } from "@fluxion/ode-core";

/** States `u[k]` observed at times `t[k]`. */
export interface Trajectory {
  readonly t: Float64Array;
  readonly u: readonly Float64Array[];
  /** Standard deviations of all entries of `u`, where they differ from time to time. Default: the option `sigma`. */
  readonly sigma?: readonly Float64Array[] | undefined;
  /** What happens in this experiment alone, such as doses at its own times: after the callbacks of `solver`, which are for all. States that it saves are left out. */
  readonly callback?: SolveOptions["callback"];
}
