import type { Numbers } from "./compile.ts";
import { makeNode, type Primitive } from "./tensor.ts";

/** The distance from 1 to the next number of the kind that an array holds. */
export const epsilonOf = (x: Numbers): number => (x instanceof Float32Array ? 2 ** -23 : Number.EPSILON);

/** Sweeps over all pairs of columns; a dozen is the most that is seen. */
const maxSweeps = 60;

/** Makes the columns of `w[m, n]` orthogonal by rotating pairs of them, and rotates those of `v[n, n]` alike. False when it does not end. */
function orthogonalise(x: Float64Array, w: number, v: number, m: number, n: number): boolean {
  const negligible = m * epsilonOf(x);
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let rotated = false;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        let pp = 0;
        let qq = 0;
        let pq = 0;
        for (let i = w; i < w + m * n; i += n) {
          pp += x[i + p] * x[i + p];
          qq += x[i + q] * x[i + q];
          pq += x[i + p] * x[i + q];
        }
        // Below the rounding error of the product itself.
        if (Math.abs(pq) <= negligible * Math.sqrt(pp) * Math.sqrt(qq)) continue;
        rotated = true;
        const zeta = (qq - pp) / (2 * pq);
        const t = Math.abs(zeta) > 1e150 ? 0.5 / zeta : (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const c = 1 / Math.sqrt(1 + t * t);
        rotate(x, w + p, w + q, m, n, c, c * t);
        rotate(x, v + p, v + q, n, n, c, c * t);
      }
    }
    if (!rotated) return true;
  }
  return false;
}

/** `[p, q] <- [c p - s q, s p + c q]` for two columns of `rows` entries each, `step` apart. */
function rotate(x: Float64Array, p: number, q: number, rows: number, step: number, c: number, s: number): void {
  for (let i = 0; i < rows * step; i += step) {
    const y = x[p + i];
    const z = x[q + i];
    x[p + i] = c * y - s * z;
    x[q + i] = s * y + c * z;
  }
}

/** Writes left vectors `[m, n]`, right vectors `[n, n]` and singular values `[n]` of `a[m, n]`; all NaN when there are none. */
function decompose(out: Float64Array, u: number, a: Float64Array, at: number, m: number, n: number): void {
  const v = u + m * n;
  const sigma = v + n * n;
  let largest = 0;
  for (let i = 0; i < m * n; i++) largest = Math.max(largest, Math.abs(a[at + i]));
  // Scaled, so that squares neither overflow nor underflow.
  const scale = largest === 0 ? 1 : largest;
  for (let i = 0; i < m * n; i++) out[u + i] = a[at + i] / scale;
  for (let i = 0; i < n * n; i++) out[v + i] = i % (n + 1) === 0 ? 1 : 0;
  if (!(scale < Infinity) || !orthogonalise(out, u, v, m, n)) return void out.fill(NaN, u, sigma + n);
  for (let j = 0; j < n; j++) {
    let square = 0;
    for (let i = 0; i < m; i++) square += out[u + i * n + j] * out[u + i * n + j];
    const norm = Math.sqrt(square);
    out[sigma + j] = norm * scale;
    if (norm > 0) for (let i = 0; i < m; i++) out[u + i * n + j] /= norm;
  }
}

/**
 * The thin singular value decomposition of `a[..., m, n]` with `m >= n` by one-sided Jacobi rotations, flat: left vectors
 * `[m, n]`, right vectors `[n, n]`, singular values `[n]` in no order. An auxiliary value: it has no derivative of its own.
 *
 * @source Demmel and Veselic 1992, "Jacobi's method is more accurate than QR", algorithm 4.1
 */
export const svdPrimitive: Primitive<Record<string, never>> = {
  name: "svd",
  shape: ([a]) => [...a.shape.slice(0, -2), (a.shape.at(-2)! + a.shape.at(-1)! + 1) * a.shape.at(-1)!],
  jvp: () => null,
  vjp: () => [null],
  batch: (args) => makeNode(svdPrimitive, args, {}),
  evaluate: (out, [a], node) => {
    const m = node.args[0].shape.at(-2)!;
    const n = node.args[0].shape.at(-1)!;
    for (let k = 0; k * (m + n + 1) * n < out.length; k++) decompose(out, k * (m + n + 1) * n, a, k * m * n, m, n);
  },
};
