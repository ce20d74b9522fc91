/** States `u[k]` observed at times `t[k]`. */
export interface Trajectory {
  readonly t: Float64Array;
  readonly u: readonly Float64Array[];
}
