/** States `u[k]` observed at times `t[k]`. */
export interface Trajectory {
  readonly t: Float64Array;
  readonly u: readonly Float64Array[];
  /** Standard deviations of all entries of `u`, where they differ from time to time. Default: the option `sigma`. */
  readonly sigma?: readonly Float64Array[] | undefined;
}
