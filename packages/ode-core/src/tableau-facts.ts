import type { Tableau } from "./algorithm.ts";

// The generator of steppers goes by these facts, too, so that this file may import nothing that is generated.

/** Up to here generated steppers keep a state in variables. */
export const largestScalar = 4;

/** Whether the last two stages are both at the end of the step, so that a stepper can tell its `rate`. */
export const hasRate = ({ b, c }: Tableau): boolean => b.length > 2 && c[b.length - 1] === 1 && c[b.length - 2] === 1;

/** Index of the stage or extra stage whose argument is the state at the end of the step, or -1. */
export function endStage({ b, fsal, dense }: Tableau): number {
  if (fsal) return b.length - 1;
  const extra = dense.a.findIndex((row, i) => dense.c[i] === 1 && row.every((value, j) => value === (b[j] ?? 0)));
  return extra < 0 ? -1 : b.length + extra;
}
