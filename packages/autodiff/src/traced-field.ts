import { assertKnown, assertLength, assertSizes, OdeError, type Bandwidth, type BoundField, type Structure, type VectorField } from "@fluxion/ode-core";
import { reshape } from "./broadcast.ts";
import { checkTarget, compile, compileProgram, compileSplit, targetNames, type CompileOptions, type Kernel, type Numbers, type TargetOptions } from "./compile.ts";
import { FieldTapes } from "./field-tapes.ts";
import { jacobian } from "./hessian.ts";
import { pushforward } from "./jvp.ts";
import { lazy } from "./lazy.ts";
import { tiledField, tileSize } from "./tiled-field.ts";
import { constant, input, shapeError, Tensor, tracing, type MaybeZero } from "./tensor.ts";
import { substitute, trace, type Program } from "./trace.ts";
import { pullback } from "./vjp.ts";
import { vmap } from "./vmap.ts";

/** A right-hand side of traced arrays: `t` scalar, `u[n]`, `p[m]` -> `du/dt[n]`. */
export type TracedRhs = (t: Tensor, u: Tensor, p: Tensor) => Tensor;

/** Sizes of a traced right-hand side and how to compile it. */
export interface TracedFieldOptions extends TargetOptions {
  /** Length n of the state. */
  readonly dim: number;
  /** Length m of the parameter vector. Default 0. */
  readonly paramCount?: number | undefined;
  /** Promises `u = (q, v)` with `dq/dt = v`, which symplectic and Nystrom methods need. Default: no promise. */
  readonly structure?: Structure | undefined;
  /** Promises that component i depends on components `i - lower` to `i + upper` only, in an order of `cuthillMckee` where there is one; see `vectorField`. Default: no promise. */
  readonly bandwidth?: Bandwidth | undefined;
}

/**
 * Makes a vector field with exact `jvp`, `vjp` and `jacobian` kernels from one function, which is traced once. Each kernel is compiled
 * when it is first used (some milliseconds); calls allocate nothing. All fields bound from one share its scratch memory. Outputs of
 * their kernels must share no memory with inputs.
 *
 * @throws OdeError `INVALID_ARGUMENT` for wrong sizes, `INVALID_OPTION` or `UNKNOWN_NAME` for a wrong option. `SHAPE_MISMATCH` when `f` does not return `dim` numbers,
 * with the first evaluation; from `bind` for parameters of another length than `paramCount`, and from calls for states and directions of another one than theirs.
 */
export function tracedField(f: TracedRhs, options: TracedFieldOptions): VectorField {
  assertKnown("make a vector field", options, ["dim", "paramCount", "structure", "bandwidth", ...targetNames]);
  const { dim, paramCount = 0, structure, bandwidth, ...target } = options;
  assertSizes(dim, paramCount, bandwidth);
  checkTarget(target);
  const checked: TracedRhs = (t, u, p) => {
    const du = f(t, u, p);
    if (!(du instanceof Tensor)) return du; // the trace says what is wrong
    if (du.shape.length !== 1 || du.shape[0] !== dim) throw shapeError("the right-hand side", `it must return [${dim}]`, [du]);
    return du;
  };
  const common = (count: number): Pick<VectorField, "paramCount" | "bandwidth"> => ({ paramCount, ...(bandwidth ? { bandwidth: copiesOf(bandwidth, dim, count) } : {}) });
  const kernels = kernelsOf(checked, dim, paramCount, target);
  const batches = new Map<number, VectorField>();
  const batch = (count: number): VectorField => {
    if (!Number.isInteger(count) || count < 1) throw new OdeError("INVALID_ARGUMENT", `Cannot batch a vector field as count must be a whole number >= 1: current value is ${count}`);
    const tile = (copies: number): VectorField => ({ ...common(copies), ...batchedField(checked, copies, single, target) });
    if (count === 1) return single;
    if (!batches.has(count)) batches.set(count, { ...(count > tileSize ? { ...common(count), ...tiledField(batch, count) } : tile(count)), batch: (copies) => batch(count * copies) });
    return batches.get(count)!;
  };
  const single: VectorField = {
    ...common(1),
    dim,
    provides: new Set(["jvp", "vjp", "jacobian"]),
    ...(structure ? { structure } : {}),
    bind: (p) => bindKernels(p, kernels, dim, paramCount),
    batch,
  };
  return single;
}

/** The band of so many fields of `n` components, one after another. */
function copiesOf(bandwidth: Bandwidth, n: number, count: number): Bandwidth {
  const { order } = bandwidth;
  return order && count > 1 ? { ...bandwidth, order: Int32Array.from({ length: count * n }, (_, k) => k - (k % n) + order[k % n]) } : bandwidth;
}

/**
 * Without `jacobian`, which would be zero but for its blocks, and without `structure`, which the order of the states breaks. Products without a tape, which are
 * rarely asked of batches, go state by state: kernels of their own would be the largest of all.
 */
function batchedField(f: TracedRhs, count: number, single: VectorField, target: TargetOptions): Pick<VectorField, "dim" | "provides" | "bind"> {
  const { dim, paramCount } = single;
  const batched: TracedRhs = (t, u, p) => reshape(vmap((u1) => f(t, u1, p))(reshape(u, [count, dim])), [count * dim]);
  const kernels = kernelsOf(batched, count * dim, paramCount, target);
  const { provides, bind } = tiledField(() => single, count, 1);
  return {
    dim: count * dim,
    provides,
    bind: (p) => {
      const { jacobian: _, ...bound } = bindKernels(p, kernels, count * dim, paramCount);
      const { jvp, vjp, gradientBuffer } = bind(p);
      return { ...bound, jvp, vjp, gradientBuffer };
    },
  };
}

/** A kernel with its argument lists, made once and refilled on each call: `ins` begins with t, u, p. */
interface FieldKernel {
  readonly kernel: Kernel;
  readonly ins: Numbers[];
  readonly outs: Numbers[];
  /** The bound field whose parameters the kernel holds. */
  owner: BoundField | undefined;
}

/** Without the checks of `compile`: those of the bound field are enough. */
function fieldKernel(program: Program, options: CompileOptions): FieldKernel {
  const kernel = compileProgram(program, options);
  const ins = program.inputs.map((_, i) => kernel.inputs?.[i] ?? new Float64Array(1));
  const outs = program.outputs.map((_, k) => kernel.outputs?.[k] ?? new Float64Array(1));
  return { kernel, ins, outs, owner: undefined };
}

/** The kernels of a field, each compiled when it is first used. */
interface FieldKernels {
  readonly rhs: () => FieldKernel;
  readonly forward: () => FieldKernel;
  readonly forwardState: () => FieldKernel;
  readonly reverse: () => FieldKernel;
  readonly matrix: () => FieldKernel;
  readonly tapes: FieldTapes;
}

function kernelsOf(f: TracedRhs, n: number, m: number, target: TargetOptions): FieldKernels {
  const traced = lazy(() => trace((t, u, p) => [f(t, u, p)], [[], [n], [m]], ["t", "u", "p"]));
  /** `f` with further unknowns, of the sizes given, for what `derive` makes of them. */
  const derived = (sizes: readonly number[], derive: (program: Program, extra: readonly Tensor[]) => readonly Tensor[]): Program =>
    tracing(() => {
      const extra = sizes.map((size, i) => input(`x${i}`, [size]));
      return { inputs: [...traced().inputs, ...extra], outputs: derive(traced(), extra) };
    });
  const tangent = (program: Program, tangents: readonly MaybeZero[]): Tensor[] => [pushforward(program, tangents)[0] ?? constant(0, [n])];
  const pulled = ({ inputs: [, u, p], outputs }: Program, w: Tensor): Tensor[] => pullback({ inputs: [u, p], outputs }, [w]);
  const sums = { ...target, accumulate: [false, true] };
  return {
    rhs: lazy(() => fieldKernel(traced(), target)),
    forward: lazy(() => fieldKernel(derived([n, m], (program, [du, dp]) => tangent(program, [null, du, dp])), target)),
    forwardState: lazy(() => fieldKernel(derived([n], (program, [du]) => tangent(program, [null, du, null])), target)),
    reverse: lazy(() => fieldKernel(derived([n], (program, [w]) => pulled(program, w)), sums)),
    tapes: new FieldTapes(lazy(() => compileSplit(derived([n], (program, [w]) => [...program.outputs, ...pulled(program, w)]), { late: 1, shared: [2], early: 1, ...sums }))),
    matrix: lazy(() => fieldKernel(derived([], (program) => {
      const [t, u, p] = program.inputs;
      return [jacobian((u1) => substitute(program, [t, u1, p])[0])(u)];
    }), target)),
  };
}

/** Lengths of what is read are checked, as a kernel's memory would complete what is too short from an earlier call. */
function bindKernels(p: Float64Array, kernels: FieldKernels, n: number, m: number): BoundField {
  assertLength("p", p, m);
  /** Hands the parameters over, once until another bound field takes its turn, and the state. */
  const enter = (field: FieldKernel, t: number, u: Float64Array): void => {
    // The comparison alone costs nothing: here the kind of array is always the same.
    if (u.length !== n) assertLength("u", u, n);
    if (field.owner !== bound) {
      if (field.kernel.inputs) field.ins[2].set(p);
      else field.ins[2] = p;
      field.owner = bound;
    }
    field.ins[0][0] = t;
    field.ins[1] = u;
  };
  const run = (field: FieldKernel, t: number, u: Float64Array, out: Float64Array): void => {
    enter(field, t, u);
    field.outs[0] = out;
    field.kernel(field.ins, field.outs);
  };
  const bound: BoundField = {
    rhs: (t, u, out) => run(kernels.rhs(), t, u, out),
    jacobian: (t, u, out) => run(kernels.matrix(), t, u, out),
    jvp: (t, u, du, dp, out) => {
      const field = dp ? kernels.forward() : kernels.forwardState();
      if (du.length !== n) assertLength("du", du, n);
      field.ins[3] = du;
      if (dp) {
        if (dp.length !== m) assertLength("dp", dp, m);
        field.ins[4] = dp;
      }
      run(field, t, u, out);
    },
    vjp: (t, u, w, outU, outP) => {
      const field = kernels.reverse();
      if (w.length !== n) assertLength("w", w, n);
      field.ins[3] = w;
      field.outs[1] = outP;
      run(field, t, u, outU);
    },
    gradientBuffer: () => {
      const own = kernels.reverse().kernel.outputs?.[1];
      return own instanceof Float64Array ? own.fill(0) : new Float64Array(p.length);
    },
    tape: () => kernels.tapes.begin(p),
    stepTape: (tableau) => kernels.tapes.beginSteps(p, tableau),
  };
  return bound;
}

/**
 * Compiles a scalar function of `(u[n], p[m])`, an energy for instance, to one of plain arrays.
 */
export function compileScalar(f: (u: Tensor, p: Tensor) => Tensor, n: number, m: number, target: TargetOptions = {}): (u: Float64Array, p: Float64Array) => number {
  const kernel = lazy(() => compile((u, p) => f(u, p), [[n], [m]], target));
  const out = new Float64Array(1);
  return (u, p) => {
    kernel()([u, p], [out]);
    return out[0];
  };
}
