import { batchAll } from "./broadcast.ts";
import { neg, sub } from "./elementwise.ts";
import { contractStacked } from "./stacked.ts";
import { makeNode, shapeError, type Primitive, type Tensor } from "./tensor.ts";

/** Writes the LU factors of row-major `a[n, n]` (partial pivoting) and the row order into `out[n + 1, n]`. */
function factor(out: Float64Array, from: number, a: Float64Array, at: number, n: number): void {
  for (let i = 0; i < n * n; i++) out[from + i] = a[at + i];
  const pivots = from + n * n;
  for (let k = 0; k < n; k++) {
    let p = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(out[from + i * n + k]) > Math.abs(out[from + p * n + k])) p = i;
    out[pivots + k] = p;
    if (p !== k) {
      for (let j = 0; j < n; j++) {
        const x = out[from + k * n + j];
        out[from + k * n + j] = out[from + p * n + j];
        out[from + p * n + j] = x;
      }
    }
    const d = out[from + k * n + k];
    for (let i = k + 1; i < n; i++) {
      const w = out[from + i * n + k] / d;
      out[from + i * n + k] = w;
      for (let j = k + 1; j < n; j++) out[from + i * n + j] -= w * out[from + k * n + j];
    }
  }
}

function swap(x: Float64Array, i: number, j: number): void {
  const y = x[i];
  x[i] = x[j];
  x[j] = y;
}

/** Solves with the factors at `lu[from]`, in place on `x[at .. at + n]`; `transposed` solves with the transpose. */
export function luSubstitute(lu: Float64Array, from: number, x: Float64Array, at: number, n: number, transposed: boolean): void {
  const pivots = from + n * n;
  if (transposed) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) x[at + i] -= lu[from + j * n + i] * x[at + j];
      x[at + i] /= lu[from + i * n + i];
    }
    for (let i = n - 1; i >= 0; i--) for (let j = i + 1; j < n; j++) x[at + i] -= lu[from + j * n + i] * x[at + j];
    for (let k = n - 1; k >= 0; k--) swap(x, at + k, at + lu[pivots + k]);
    return;
  }
  for (let k = 0; k < n; k++) swap(x, at + k, at + lu[pivots + k]);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) x[at + i] -= lu[from + i * n + j] * x[at + j];
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) x[at + i] -= lu[from + i * n + j] * x[at + j];
    x[at + i] /= lu[from + i * n + i];
  }
}

/**
 * LU factors with partial pivoting, `a[..., n, n]` -> `[..., n + 1, n]` (the last row holds the pivots).
 * An auxiliary value: it has no derivative of its own, what is computed from it takes the derivative by `a` itself.
 */
export const luFactorPrimitive: Primitive<Record<string, never>> = {
  name: "luFactor",
  shape: ([a]) => [...a.shape.slice(0, -2), a.shape.at(-1)! + 1, a.shape.at(-1)!],
  jvp: () => null,
  vjp: () => [null],
  batch: ([a]) => makeNode(luFactorPrimitive, [a], {}),
  evaluate: (out, [a], node) => {
    const n = node.shape.at(-1)!;
    for (let b = 0; b * (n + 1) * n < out.length; b++) factor(out, b * (n + 1) * n, a, b * n * n, n);
  },
};

/** `x[..., n]` with `a x = b` (or `a' x = b`), from `a[..., n, n]`, its factors and `b[..., n]`. */
export const luSolvePrimitive: Primitive<{ readonly transposed: boolean }> = {
  name: "luSolve",
  shape: ([a, , b]) => {
    const n = a.shape.at(-1);
    const rank = a.shape.length;
    if (a.shape[rank - 2] !== n || b.shape.length !== rank - 1 || b.shape.some((s, i) => s !== a.shape[i])) {
      throw shapeError("solveLinear", "it needs a square matrix and a vector of its size", [a, b]);
    }
    return b.shape;
  },
  // a x = b, so a dx = db - da x.
  jvp: ([da, , db], node) => {
    const [a, lu] = node.args;
    const { transposed } = node.attrs as { transposed: boolean };
    const product = da && contractStacked(transposed ? "ji,j->i" : "ij,j->i", da, node);
    const right = db && product ? sub(db, product) : (db ?? (product && neg(product)));
    return right && makeNode(luSolvePrimitive, [a, lu, right], { transposed });
  },
  // b_bar = a^-T x_bar, a_bar = -b_bar x' (transposed for a' x = b).
  vjp: (g, node) => {
    const [a, lu] = node.args;
    const { transposed } = node.attrs as { transposed: boolean };
    const bBar = makeNode(luSolvePrimitive, [a, lu, g], { transposed: !transposed });
    const [left, right] = transposed ? [node, bBar] : [bBar, node];
    return [neg(contractStacked("i,j->ij", left, right)), null, bBar];
  },
  batch: (args, batched, size, attrs) => makeNode(luSolvePrimitive, batchAll(args, batched, size), attrs),
  evaluate: (out, [, lu, b], node) => {
    const n = node.shape.at(-1)!;
    out.set(b);
    for (let k = 0; k * n < out.length; k++) luSubstitute(lu, k * (n + 1) * n, out, k * n, n, node.attrs.transposed as boolean);
  },
};

/**
 * `x[n]` with `a[n, n] x = b[n]`, by LU with partial pivoting; several right-hand sides stack under `vmap`.
 * Differentiated by the implicit rule, never through the elimination. A singular matrix gives non-finite entries.
 *
 * @throws OdeError `SHAPE_MISMATCH`
 */
export function solveLinear(a: Tensor, b: Tensor): Tensor {
  if (a.shape.length < 2) throw shapeError("solveLinear", "it needs a square matrix and a vector of its size", [a, b]);
  return makeNode(luSolvePrimitive, [a, makeNode(luFactorPrimitive, [a], {}), b], { transposed: false });
}
