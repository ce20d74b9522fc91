import { batchAll } from "./broadcast.ts";
import { mul, neg, sub } from "./elementwise.ts";
import { contractStacked } from "./stacked.ts";
import { literal, makeNode, shapeError, type Primitive, type Tensor } from "./tensor.ts";

/** Solves `l x = b` (or `l' x = b`) in place on `x[n, m]`, reading the lower triangle of `l[n, n]`. */
function substitute(l: Float64Array, from: number, x: Float64Array, at: number, n: number, m: number, transposed: boolean): void {
  for (let s = 0; s < n; s++) {
    const i = transposed ? n - 1 - s : s;
    const row = at + i * m;
    for (let r = 0; r < s; r++) {
      const j = transposed ? n - 1 - r : r;
      const w = transposed ? l[from + j * n + i] : l[from + i * n + j];
      for (let c = 0; c < m; c++) x[row + c] -= w * x[at + j * m + c];
    }
    const d = l[from + i * n + i];
    for (let c = 0; c < m; c++) x[row + c] /= d;
  }
}

/** `x[..., n, m]` with `l x = b` (or `l' x = b`) for the lower triangle of `l[..., n, n]` and `b[..., n, m]`. */
const solveTriangularPrimitive: Primitive<{ readonly transposed: boolean }> = {
  name: "solveTriangular",
  shape: ([l, b]) => {
    const rank = l.shape.length;
    const n = l.shape.at(-1);
    if (rank < 2 || l.shape[rank - 2] !== n || b.shape.length !== rank || l.shape.slice(0, -1).some((s, i) => s !== b.shape[i])) {
      throw shapeError("solveTriangular", "it needs a square matrix and a matrix with as many rows", [l, b]);
    }
    return b.shape;
  },
  // l x = b, so l dx = db - dl x.
  jvp: ([dl, db], node) => {
    const [l] = node.args;
    const { transposed } = node.attrs as { transposed: boolean };
    const product = dl && contractStacked(transposed ? "ji,jk->ik" : "ij,jk->ik", lowerPart(dl), node);
    const right = db && product ? sub(db, product) : (db ?? (product && neg(product)));
    return right && solveTriangular(l, right, transposed);
  },
  // b_bar = l^-T x_bar, l_bar = -b_bar x' (transposed for l' x = b).
  vjp: (g, node) => {
    const { transposed } = node.attrs as { transposed: boolean };
    const bBar = solveTriangular(node.args[0], g, !transposed);
    const [left, right] = transposed ? [node, bBar] : [bBar, node];
    return [neg(lowerPart(contractStacked("ik,jk->ij", left, right))), bBar];
  },
  batch: (args, batched, size, attrs) => makeNode(solveTriangularPrimitive, batchAll(args, batched, size), attrs),
  evaluate: (out, [l, b], node) => {
    const n = node.shape.at(-2)!;
    const m = node.shape.at(-1)!;
    out.set(b);
    for (let k = 0; k * n * m < out.length; k++) substitute(l, k * n * n, out, k * n * m, n, m, node.attrs.transposed as boolean);
  },
};

/** `x[..., n, m]` with `l[..., n, n] x = b`, or `l' x = b` if `transposed`. The part of `l` above the diagonal is not read. */
export const solveTriangular = (l: Tensor, b: Tensor, transposed = false): Tensor => makeNode(solveTriangularPrimitive, [l, b], { transposed });

/** The lower triangles of square matrices `x[..., n, n]`, the diagonal times `diagonal`. */
export function lowerPart(x: Tensor, diagonal = 1): Tensor {
  const n = x.shape.at(-1)!;
  const mask = Float64Array.from({ length: n * n }, (_, k) => (k % n < Math.floor(k / n) ? 1 : k % (n + 1) === 0 ? diagonal : 0));
  return mul(x, literal(mask, [n, n]));
}
