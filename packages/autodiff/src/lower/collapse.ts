import type { Shape } from "../tensor.ts";

/** Loops over no more entries than this are unrolled. */
export const unrollLimit = 4;

/**
 * Merges neighbouring axes that every operand steps through evenly; drops axes of length 1.
 *
 * @param lanes - Merges only axes whose inner length is a multiple of this.
 */
export function collapse(shape: Shape, operands: readonly { readonly strides: readonly number[] }[], lanes = 1): { shape: number[]; strides: number[][] } {
  const sizes: number[] = [];
  const strides: number[][] = operands.map(() => []);
  shape.forEach((size, d) => {
    if (size === 1) return;
    const last = sizes.length - 1;
    if (last >= 0 && size % lanes === 0 && operands.every((o, k) => strides[k][last] === o.strides[d] * size)) {
      sizes[last] *= size;
      operands.forEach((o, k) => (strides[k][last] = o.strides[d]));
    } else {
      sizes.push(size);
      operands.forEach((o, k) => strides[k].push(o.strides[d]));
    }
  });
  return { shape: sizes, strides };
}
