import { OdeError, type BoundField, type Structure, type VectorField } from "@fluxion/ode-core";
import { compile, resolveBackend, type BackendName, type Kernel } from "./compile.ts";
import { jacobian } from "./hessian.ts";
import { jvp } from "./jvp.ts";
import { shapeError, Tensor } from "./tensor.ts";
import { vjp } from "./vjp.ts";

/** A right-hand side of traced arrays: `t` scalar, `u[n]`, `p[m]` -> `du/dt[n]`. */
export type TracedRhs = (t: Tensor, u: Tensor, p: Tensor) => Tensor;

/** Sizes of a traced right-hand side and how to compile it. */
export interface TracedFieldOptions {
  readonly dim: number;
  /** Default 0. */
  readonly paramCount?: number;
  readonly structure?: Structure;
  /** Default `"auto"`. */
  readonly backend?: BackendName;
}

/**
 * Makes a vector field with exact `jvp`, `vjp` and `jacobian` kernels from one traced function. Each kernel is compiled
 * when it is first used (some milliseconds); calls allocate nothing. All fields bound from one share its scratch memory.
 *
 * @throws OdeError `SHAPE_MISMATCH` when `f` does not return `dim` numbers, at the first bind.
 */
export function tracedField(f: TracedRhs, { dim, paramCount = 0, structure, backend = "auto" }: TracedFieldOptions): VectorField {
  if (!Number.isInteger(dim) || dim < 1) throw new OdeError("INVALID_ARGUMENT", `Cannot make a vector field as dim must be a whole number >= 1: current value is ${dim}`);
  resolveBackend(backend);
  const checked: TracedRhs = (t, u, p) => {
    const du = f(t, u, p);
    if (!(du instanceof Tensor)) return du; // the trace says what is wrong
    if (du.shape.length !== 1 || du.shape[0] !== dim) throw shapeError("the right-hand side", `it must return [${dim}]`, [du]);
    return du;
  };
  const time = new Float64Array(1);
  const bind = kernelsOf(checked, dim, paramCount, backend);
  return {
    dim,
    paramCount,
    provides: new Set(["jvp", "vjp", "jacobian"]),
    ...(structure ? { structure } : {}),
    bind: (p) => bind(time, p),
  };
}

/** Compiles on first use. */
const lazy = (make: () => Kernel): (() => Kernel) => {
  let kernel: Kernel | undefined;
  return () => (kernel ??= make());
};

function kernelsOf(f: TracedRhs, n: number, m: number, backend: BackendName): (time: Float64Array, p: Float64Array) => BoundField {
  const scalar: number[] = [];
  const rhs = lazy(() => compile(f, [scalar, [n], [m]], { backend }));
  const forward = lazy(() => compile((t, u, p, du, dp) => jvp((u1, p1) => f(t, u1, p1), [u, p], [du, dp])[1], [scalar, [n], [m], [n], [m]], { backend }));
  const forwardState = lazy(() => compile((t, u, p, du) => jvp((u1) => f(t, u1, p), [u], [du])[1], [scalar, [n], [m], [n]], { backend }));
  const reverse = lazy(() => compile((t, u, p, w) => vjp((u1, p1) => f(t, u1, p1), u, p)[1](w), [scalar, [n], [m], [n]], { backend, accumulate: [false, true] }));
  const matrix = lazy(() => compile((t, u, p) => jacobian((u1) => f(t, u1, p))(u), [scalar, [n], [m]], { backend }));
  return (time, p) => bindKernels(time, p, { rhs, forward, forwardState, reverse, matrix });
}

interface LazyKernels {
  readonly rhs: () => Kernel;
  readonly forward: () => Kernel;
  readonly forwardState: () => Kernel;
  readonly reverse: () => Kernel;
  readonly matrix: () => Kernel;
}

/** The argument lists are made once and refilled on each call. */
function bindKernels(time: Float64Array, p: Float64Array, kernels: LazyKernels): BoundField {
  const three = [time, p, p];
  const four = [time, p, p, p];
  const five = [time, p, p, p, p];
  const out1 = [p];
  const out2 = [p, p];
  const run = (kernel: Kernel, ins: Float64Array[], t: number, u: Float64Array, out: Float64Array): void => {
    time[0] = t;
    ins[1] = u;
    out1[0] = out;
    kernel(ins, out1);
  };
  return {
    rhs: (t, u, out) => run(kernels.rhs(), three, t, u, out),
    jacobian: (t, u, out) => run(kernels.matrix(), three, t, u, out),
    jvp: (t, u, du, dp, out) => {
      const ins = dp ? five : four;
      ins[3] = du;
      if (dp) five[4] = dp;
      run(dp ? kernels.forward() : kernels.forwardState(), ins, t, u, out);
    },
    vjp: (t, u, w, outU, outP) => {
      time[0] = t;
      four[1] = u;
      four[3] = w;
      out2[0] = outU;
      out2[1] = outP;
      kernels.reverse()(four, out2);
    },
  };
}

/**
 * Compiles a scalar function of `(u[n], p[m])`, an energy for instance, to one of plain arrays.
 */
export function compileScalar(f: (u: Tensor, p: Tensor) => Tensor, n: number, m: number, backend: BackendName = "auto"): (u: Float64Array, p: Float64Array) => number {
  const kernel = lazy(() => compile((u, p) => f(u, p), [[n], [m]], { backend }));
  const out = new Float64Array(1);
  return (u, p) => {
    kernel()([u, p], [out]);
    return out[0];
  };
}
