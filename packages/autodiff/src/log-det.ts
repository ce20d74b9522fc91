import { broadcastAxes } from "./broadcast.ts";
import { mul, neg } from "./elementwise.ts";
import { luFactorPrimitive, luSubstitute } from "./solve-linear.ts";
import { contractStacked, requireSquare, transposeStacked } from "./stacked.ts";
import { makeNode, type Primitive, type Tensor } from "./tensor.ts";

/** The inverse `x[..., n, n]` of `a[..., n, n]` from its LU factors. Its tangent is `-x da x`. */
const inversePrimitive: Primitive<Record<string, never>> = {
  name: "inverse",
  shape: ([a]) => a.shape,
  jvp: ([da], x) => da && neg(contractStacked("ij,jk->ik", x, contractStacked("ij,jk->ik", da, x))),
  vjp: (g, x) => [neg(contractStacked("ji,jk->ik", x, contractStacked("ij,kj->ik", g, x))), null],
  batch: (args) => makeNode(inversePrimitive, args, {}),
  evaluate: (out, [, lu], node) => {
    const n = node.shape.at(-1)!;
    out.fill(0);
    // Row i of the inverse solves the transposed system for unit vector i.
    for (let row = 0, at = 0; at < out.length; row++, at += n) {
      const from = Math.floor(row / n) * (n + 1) * n;
      out[at + (row % n)] = 1;
      luSubstitute(lu, from, out, at, n, true);
    }
  },
};

/** Writes what is wanted of one determinant: its sign, or the logarithm of its absolute value. */
type Part = (out: Float64Array, k: number, a: Float64Array, lu: Float64Array, n: number) => void;

/** A pivot of 0 is a determinant of 0, whatever the elimination made of the rest. */
const sign: Part = (out, k, a, lu, n) => {
  out[k] = 1;
  for (let i = k * n * n; i < (k + 1) * n * n; i++) if (Number.isNaN(a[i])) out[k] = NaN;
  for (let i = 0, at = k * (n + 1) * n; i < n; i++) {
    const pivot = lu[at + i * n + i];
    out[k] *= lu[at + n * n + i] === i ? Math.sign(pivot) : -Math.sign(pivot);
    if (pivot === 0) return void (out[k] = Math.abs(out[k]));
  }
};

const logarithm: Part = (out, k, a, lu, n) => {
  out[k] = 0;
  for (let i = k * n * n; i < (k + 1) * n * n; i++) if (Number.isNaN(a[i])) out[k] = NaN;
  for (let i = 0, at = k * (n + 1) * n; i < n; i++) {
    const pivot = lu[at + i * n + i];
    out[k] += Math.log(Math.abs(pivot));
    if (pivot === 0) return;
  }
};

const evaluateWith = (part: Part): Primitive["evaluate"] => (out, [a, lu], node) => {
  const n = node.args[0].shape.at(-1)!;
  for (let k = 0; k < out.length; k++) part(out, k, a, lu, n);
};

const signPrimitive: Primitive<Record<string, never>> = {
  name: "detSign",
  shape: ([a]) => a.shape.slice(0, -2),
  jvp: () => null,
  vjp: () => [null, null],
  batch: (args) => makeNode(signPrimitive, args, {}),
  evaluate: evaluateWith(sign),
};

/** `d log|det a| = tr(a^-1 da)`. */
const logPrimitive: Primitive<Record<string, never>> = {
  name: "logAbsDet",
  shape: ([a]) => a.shape.slice(0, -2),
  jvp: ([da], { args: [a, lu] }) => da && contractStacked("ij,ji->", makeNode(inversePrimitive, [a, lu], {}), da),
  vjp: (g, { args: [a, lu] }) => [mul(broadcastAxes(g, a.shape, g.shape.map((_, i) => i)), transposeStacked(makeNode(inversePrimitive, [a, lu], {}))), null],
  batch: (args) => makeNode(logPrimitive, args, {}),
  evaluate: evaluateWith(logarithm),
};

/** A determinant as `sign * exp(logAbs)`, which neither overflows nor underflows. */
export interface LogDet {
  /** -1, 0 or 1. Has no derivative. */
  readonly sign: Tensor;
  readonly logAbs: Tensor;
}

/**
 * Sign and logarithm of the absolute value of the determinant of `a[n, n]`, or of each of a stack of matrices along leading
 * axes, by LU with partial pivoting: what NumPy and JAX call `slogdet`. A matrix that is found singular has sign 0 and
 * logarithm `-Infinity`, and a gradient with entries that are not finite; one with a NaN has NaN.
 *
 * @throws OdeError `SHAPE_MISMATCH` when `a` is not square.
 * @source Giles 2008, "Collected matrix derivative results for forward and reverse mode algorithmic differentiation", sec. 2.2.4
 */
export function logDet(a: Tensor): LogDet {
  requireSquare("logDet", a);
  const args = [a, makeNode(luFactorPrimitive, [a], {})];
  return { sign: makeNode(signPrimitive, args, {}), logAbs: makeNode(logPrimitive, args, {}) };
}
