import type { RosenbrockTable } from "./rosenbrock-table.ts";
import type { BoundField } from "./vector-field.ts";

/** What the stages of a step are made of, for states of `n` numbers without a mass matrix, a band, quadratures and tangents. */
export interface RosenbrockWork {
  readonly table: RosenbrockTable;
  readonly f: BoundField;
  /** The Jacobian, `[n * n]`. */
  readonly J: Float64Array;
  /** Room for the factors of `1 / (gamma h) - J`, and for the row exchanges. */
  readonly lu: Float64Array;
  readonly pivots: Int32Array;
  /** The stages, `U_i` at component j in entry `j stride + i`: sums over them run along the memory. */
  readonly stages: Float64Array;
  /** `f` at the start of the step, and at the last stage. */
  readonly slope: Float64Array;
  readonly stageSlope: Float64Array;
  /** `f_t`; absent where `f` does not depend on t. */
  readonly timeSlope: Float64Array | undefined;
  /** Scratch for the argument of a stage. */
  readonly input: Float64Array;
}
