import { contract } from "./contract.ts";
import { transpose } from "./shape-ops.ts";
import { shapeError, type Tensor } from "./tensor.ts";

/**
 * `contract(pattern, x, y)` for each of the arrays that `x` and `y` hold along equal leading axes, which the pattern leaves
 * out: `"ik,kj->ij"` multiplies stacks of matrices.
 */
export function contractStacked(pattern: string, x: Tensor, y: Tensor): Tensor {
  const [a, rest] = pattern.split(",");
  const leading = "zyxwvuts".slice(0, x.shape.length - a.length);
  const [b, out] = rest.split("->");
  return contract(`${leading}${a},${leading}${b}->${leading}${out}`, x, y);
}

/** Each of a stack of matrices transposed. */
export const transposeStacked = (x: Tensor): Tensor => {
  const rank = x.shape.length;
  return transpose(x, x.shape.map((_, i) => (i === rank - 2 ? rank - 1 : i === rank - 1 ? rank - 2 : i)));
};

/** @throws OdeError `SHAPE_MISMATCH` unless `a` is a square matrix, or a stack of them. */
export function requireSquare(name: string, a: Tensor): void {
  const n = a.shape.at(-1);
  if (a.shape.length < 2 || a.shape.at(-2) !== n) throw shapeError(name, "it needs a square matrix, or several stacked along leading axes", [a]);
}
