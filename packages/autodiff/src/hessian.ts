import { jvp } from "./jvp.ts";
import { transpose } from "./shape-ops.ts";
import { literal, shapeError, type Tensor } from "./tensor.ts";
import { grad, scalarValued, vjp } from "./vjp.ts";
import { vmap } from "./vmap.ts";

/** Identity matrix `[n, n]`. */
export function identity(n: number): Tensor {
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * n + i] = 1;
  return literal(data, [n, n]);
}

/** Jacobian `[m, n]` of a function from a vector `[n]` to a vector `[m]`: one batched forward pass when `n <= m`, else reverse. */
export const jacobian =
  (f: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) =>
  (x) => {
    const [y, pull] = vjp(f, x);
    if (x.shape.length !== 1 || y.shape.length !== 1) throw shapeError("jacobian", "argument and result must be vectors", [x, y]);
    if (y.size < x.size) return vmap((g) => pull(g)[0])(identity(y.size));
    return transpose(vmap((dx) => jvp(f, [x], [dx])[1])(identity(x.size)));
  };

/** Hessian `[n, n]` of a scalar function of a vector, by forward-over-reverse. */
export const hessian = (f: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) => {
  const slope = jacobian(grad(scalarValued("hessian", f)));
  return (x) => {
    if (x.shape.length !== 1) throw shapeError("hessian", "the argument must be a vector", [x]);
    return slope(x);
  };
};
