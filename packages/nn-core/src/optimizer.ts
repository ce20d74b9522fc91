/** How to take a step from a gradient: an immutable value. */
export interface Optimizer {
  readonly name: string;
  /** The mutable part for `size` parameters, fresh or continued from a saved state. */
  start(size: number, saved?: OptimizerState): OptimizerRun;
}

/** Named arrays that hold everything an optimiser remembers, for checkpoints. */
export type OptimizerState = Readonly<Record<string, Float64Array>>;

/** The mutable part of an optimiser. */
export interface OptimizerRun {
  /** Updates `p[m]` in place with gradient `g[m]`. */
  update(p: Float64Array, g: Float64Array, rate: number): void;
  /** Its arrays themselves, not copies. */
  readonly state: OptimizerState;
}
