import type { Tableau } from "./algorithm.ts";
import { endStage, hasRate } from "./tableau-facts.ts";
import { sumRows, type SumRows } from "./vector-sums.ts";

/** The numbers of a tableau in typed arrays. */
export interface Coefficients {
  /** Rows of the stages and of the extra stages, one after the other: row i has i entries and starts at `start[i]`. */
  readonly a: Float64Array;
  readonly start: Int32Array;
  readonly c: Float64Array;
  readonly b: Float64Array;
  readonly e: Float64Array;
  readonly coarse: Float64Array | undefined;
  /** Stages and extra stages. */
  readonly total: number;
  /** Index of the stage that equals `f(t + h, u1)`, or -1. */
  readonly endStage: number;
  /** The last stage's row less that of the one before, where both are at `t + h`. */
  readonly gap: Float64Array | undefined;
  /** All rows: those of `a`, then `b`, `e`, `coarse`, and one of all stages for dense output. */
  readonly rows: SumRows;
}

/** Made once per tableau: with small systems, making them anew would cost as much as many steps. */
const known = new WeakMap<Tableau, Coefficients>();

export function coefficients(tableau: Tableau): Coefficients {
  const found = known.get(tableau);
  if (found) return found;
  const { a, b, c, bError = [], bErrorCoarse, dense } = tableau;
  const rows = [...a, ...dense.a];
  const start = new Int32Array(rows.length);
  for (let i = 1; i < rows.length; i++) start[i] = start[i - 1] + rows[i - 1].length;
  const made: Coefficients = {
    a: Float64Array.from(rows.flat()),
    start,
    c: Float64Array.from([...c, ...dense.c]),
    b: Float64Array.from(b),
    e: Float64Array.from(bError),
    coarse: bErrorCoarse ? Float64Array.from(bErrorCoarse) : undefined,
    total: b.length + dense.c.length,
    endStage: endStage(tableau),
    gap: hasRate(tableau) ? Float64Array.from(a[b.length - 1], (x, j) => x - (a[b.length - 2][j] ?? 0)) : undefined,
    rows: sumRows([...rows, b, bError, bErrorCoarse ?? [], rows.map(() => 1)]),
  };
  known.set(tableau, made);
  return made;
}
