import { add, sub } from "./elementwise.ts";
import { contractStacked, transposeStacked } from "./stacked.ts";
import { epsilonOf, svdPrimitive } from "./svd.ts";
import { makeNode, shapeError, type Primitive, type Tensor } from "./tensor.ts";

/** Writes `p[n, m] = v sigma^-1 u'` over the singular values above the cutoff. */
function combine(p: Float64Array, at: number, svd: Float64Array, u: number, m: number, n: number): void {
  const v = u + m * n;
  const sigma = v + n * n;
  let largest = 0;
  for (let j = 0; j < n; j++) largest = Math.max(largest, svd[sigma + j]);
  const cutoff = 10 * m * epsilonOf(svd) * largest;
  p.fill(0, at, at + n * m);
  for (let j = 0; j < n; j++) {
    if (svd[sigma + j] <= cutoff) continue;
    for (let i = 0; i < n; i++) {
      const w = svd[v + i * n + j] / svd[sigma + j];
      for (let k = 0; k < m; k++) p[at + i * m + k] += w * svd[u + k * n + j];
    }
  }
}

const product = (x: Tensor, y: Tensor): Tensor => contractStacked("ij,jk->ik", x, y);

/** `p[..., n, m]` of `a[..., m, n]` with `m >= n`, and its decomposition. */
const pinvPrimitive: Primitive<Record<string, never>> = {
  name: "pinv",
  shape: ([a]) => [...a.shape.slice(0, -2), a.shape.at(-1)!, a.shape.at(-2)!],
  // dp = -p da p + p p' da' (1 - a p) + (1 - p a) da' p' p
  jvp: ([da], p) => {
    if (!da) return null;
    const [a] = p.args;
    const dat = transposeStacked(da);
    const pt = transposeStacked(p);
    const range = product(product(p, pt), sub(dat, product(product(dat, a), p)));
    const kernel = product(product(dat, pt), p);
    return add(sub(range, product(product(p, da), p)), sub(kernel, product(p, product(a, kernel))));
  },
  // a_bar = -p' p_bar p' + (1 - a p) p_bar' p p' + p' p p_bar' (1 - p a)
  vjp: (g, p) => {
    const [a] = p.args;
    const gt = transposeStacked(g);
    const pt = transposeStacked(p);
    const range = product(gt, product(p, pt));
    const kernel = product(pt, product(p, gt));
    const inside = product(pt, product(g, pt));
    return [add(sub(sub(range, product(a, product(p, range))), inside), sub(kernel, product(product(kernel, p), a))), null];
  },
  batch: (args) => makeNode(pinvPrimitive, args, {}),
  evaluate: (out, [, svd], node) => {
    const n = node.shape.at(-2)!;
    const m = node.shape.at(-1)!;
    for (let k = 0; k * n * m < out.length; k++) combine(out, k * n * m, svd, k * (m + n + 1) * n, m, n);
  },
};

/**
 * Moore-Penrose pseudoinverse `[n, m]` of `a[m, n]`, or of each of a stack of matrices along leading axes. Singular values up
 * to `10 max(m, n)` roundings of the largest count as 0, as in JAX. A matrix with an entry that is not finite gives NaN.
 *
 * Differentiated by an implicit rule that holds while the rank stays the same. Where it changes the pseudoinverse jumps (it
 * grows without bound on the way there), so there is no derivative: the rule then gives that along the matrices of equal rank.
 *
 * @throws OdeError `SHAPE_MISMATCH` when `a` has fewer than two axes.
 * @source Golub and Pereyra 1973, "The differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate"
 */
export function pinv(a: Tensor): Tensor {
  if (a.shape.length < 2) throw shapeError("pinv", "it needs a matrix, or several stacked along leading axes", [a]);
  if (a.shape.at(-2)! < a.shape.at(-1)!) return transposeStacked(pinv(transposeStacked(a)));
  return makeNode(pinvPrimitive, [a, makeNode(svdPrimitive, [a], {})], {});
}
