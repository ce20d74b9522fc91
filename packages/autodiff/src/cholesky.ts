import { add, mul } from "./elementwise.ts";
import { lowerPart, solveTriangular } from "./solve-triangular.ts";
import { contractStacked, requireSquare, transposeStacked } from "./stacked.ts";
import { makeNode, type Primitive, type Tensor } from "./tensor.ts";

/** Writes the factor of the symmetric part of `a[n, n]` to `l[at ..]`, row by row; all NaN when it is not positive definite. */
function factor(l: Float64Array, a: Float64Array, at: number, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let s = i === j ? a[at + i * n + i] : 0.5 * a[at + i * n + j] + 0.5 * a[at + j * n + i];
      for (let k = 0; k < j; k++) s -= l[at + i * n + k] * l[at + j * n + k];
      if (j < i) l[at + i * n + j] = s / l[at + j * n + j];
      else if (s > 0 && s < Infinity) l[at + i * n + i] = Math.sqrt(s);
      else return void l.fill(NaN, at, at + n * n);
    }
    l.fill(0, at + i * n + i + 1, at + i * n + n);
  }
}

const symmetric = (x: Tensor): Tensor => mul(add(x, transposeStacked(x)), 0.5);

/** `l[..., n, n]` of `a[..., n, n]`. With `P = lower triangle, diagonal halved`, its tangent is `l P(l^-1 da l^-T)`. */
const choleskyPrimitive: Primitive<Record<string, never>> = {
  name: "cholesky",
  shape: ([a]) => {
    requireSquare("cholesky", a);
    return a.shape;
  },
  jvp: ([da], l) => {
    if (!da) return null;
    const left = solveTriangular(l, symmetric(da));
    return contractStacked("ij,jk->ik", l, lowerPart(solveTriangular(l, transposeStacked(left)), 0.5));
  },
  // The adjoint of that: a_bar = symmetric part of l^-T P(l' l_bar) l^-1.
  vjp: (g, l) => {
    const inner = lowerPart(contractStacked("ji,jk->ik", l, g), 0.5);
    return [symmetric(solveTriangular(l, transposeStacked(solveTriangular(l, inner, true)), true))];
  },
  batch: ([a]) => cholesky(a),
  evaluate: (l, [a], node) => {
    const n = node.shape.at(-1)!;
    for (let at = 0; at < l.length; at += n * n) factor(l, a, at, n);
  },
};

/**
 * Lower triangular `l[n, n]` with `l l' = a` for a symmetric positive definite `a[n, n]`, or a stack of them along leading
 * axes. `a` enters as `(a + a') / 2`, so its gradient is symmetric. Differentiated by implicit rules, at the cost of
 * triangular solves. A matrix that is not positive definite to working precision gives NaN in all entries.
 *
 * @throws OdeError `SHAPE_MISMATCH` when `a` is not square.
 * @source Murray 2016, arXiv 1602.07527
 */
export const cholesky = (a: Tensor): Tensor => makeNode(choleskyPrimitive, [a], {});
