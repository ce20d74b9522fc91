import type { Shape } from "./tensor.ts";
import type { Program } from "./trace.ts";

/**
 * A loop. The program's inputs are constants (the same at each step), carries (what the step before left) and elements (entry t
 * of arguments with a leading axis of `length`); its outputs are carries and results, which are stacked along a leading axis.
 */
export interface ScanAttrs {
  readonly program: Program;
  /** How many constants and carries; what remains of inputs are elements, of outputs results. */
  readonly constants: number;
  readonly carries: number;
  readonly length: number;
  /** From the last entry to the first. */
  readonly reverse: boolean;
}

/** Shapes of the final carries and the stacked results. */
export const scanShapes = ({ program, carries, length }: ScanAttrs): Shape[] => program.outputs.map((y, k) => (k < carries ? y.shape : [length, ...y.shape]));

/** Constants, carries and elements apart. */
export function scanParts<T>({ constants, carries }: Pick<ScanAttrs, "constants" | "carries">, inputs: readonly T[]): [constants: T[], carries: T[], elements: T[]] {
  return [inputs.slice(0, constants), inputs.slice(constants, constants + carries), inputs.slice(constants + carries)];
}
