import type { ButcherTableau } from "./butcher-tableau.ts";
import { assertKnown, assertLength, OdeError, shown } from "./errors.ts";

/** A derivative kernel that a vector field may offer and a solver or sensealg may need. */
export type Capability = "jvp" | "vjp" | "jacobian";

/** What an integrator may exploit: `u = (q, v)` with `dq/dt = v`. */
export type Structure = "second-order";

/** A Jacobian `f_u` has entries in row i at columns `i - lower` to `i + upper` only, once the components are put in order. */
export interface Bandwidth {
  readonly lower: number;
  readonly upper: number;
  /** Which component stands where, `[n]`, as `cuthillMckee` finds it for sparse Jacobians. Default: in their own order. */
  readonly order?: Int32Array | undefined;
}

/** `du/dt = f(t, u, p)` for a state of `dim` numbers, not yet bound to its `paramCount` parameters. */
export interface VectorField {
  /** Length n of the state. */
  readonly dim: number;
  /** Length m of the parameter vector. */
  readonly paramCount: number;
  /** The derivative kernels that `bind` will deliver. */
  readonly provides: ReadonlySet<Capability>;
  readonly structure?: Structure;
  /** Spares implicit algorithms the rest of the Jacobian: their matrices take `n` rather than `n * n` numbers. */
  readonly bandwidth?: Bandwidth;
  /**
   * How many of the last components are integrals along the solution, on which no component depends; `bandwidth` is that of the others. Spares implicit algorithms their columns, where there
   * is a `jvp` and no mass matrix. They look into it with their first Jacobian, at one call: what is found broken is an error `INVALID_ARGUMENT`.
   */
  readonly quadratures?: number;
  /**
   * How many blocks of tangents follow the state, each as long as it: `s_j' = J s_j + F_j` with the Jacobian `J` of the state and any function `F_j` of it. `bandwidth` is that of the state.
   * Spares implicit algorithms all but one factorisation of the size of the state, where there is no mass matrix: the bound field has `tangents`. This promise is not looked into.
   */
  readonly tangents?: number;
  /**
   * Fixes the parameters `p[m]`. Called a few times per solve, never in its steps; `p` must stay unchanged while the result is in use.
   * Bound fields of one vector field may share scratch memory, so they are used one call at a time.
   */
  bind(p: Float64Array): BoundField;
  /**
   * The field of `count` independent copies that share `t` and `p`: its state `[count * n]` holds theirs one after another.
   * Its right-hand side and tapes are compiled for several copies at once, which costs less than one call for each. Equal counts give one field.
   */
  batch?(count: number): VectorField;
}

/** What a state with blocks of tangents is made of. */
export interface TangentBlocks {
  /** The field of the state alone. */
  readonly core: BoundField;
  /** `out[n] = J(t, u) s[n] + F_j(t, u)`, the slope of block `j`. */
  block(j: number, t: number, u: Float64Array, s: Float64Array, out: Float64Array): void;
}

/**
 * `f` with its parameters fixed. Arrays belong to the caller, are good during the call only, and may be parts of larger buffers (`byteOffset`); what is
 * written shares no memory with what is read; kernels keep nothing and allocate nothing.
 */
export interface BoundField {
  /** `out[n] = f(t, u[n])`. */
  rhs(t: number, u: Float64Array, out: Float64Array): void;
  /** `out[n] = f_u du[n] + f_p dp[m]`; `dp = null` stands for zero. */
  jvp?(t: number, u: Float64Array, du: Float64Array, dp: Float64Array | null, out: Float64Array): void;
  /** `outU[n] = f_u' w[n]` and `outP[m] += f_p' w[n]`. */
  vjp?(t: number, u: Float64Array, w: Float64Array, outU: Float64Array, outP: Float64Array): void;
  /** `out[n * n] = f_u`, row-major. */
  jacobian?(t: number, u: Float64Array, out: Float64Array): void;
  /** `out[k * (n - k)]`, the rows of `f_u` of `k` quadratures, row-major, without the columns of these; without it they take `n - k` calls of `jvp`. */
  quadratureRows?(t: number, u: Float64Array, out: Float64Array): void;
  readonly tangents?: TangentBlocks;
  /**
   * A zeroed array `[m]` that `vjp` adds to without copying. A vector field and its batches have only one: it is good until the
   * next call of this function on any of their bound fields, so copy the sums out.
   */
  gradientBuffer?(): Float64Array;
  /** A new tape of evaluations. It closes the tapes, also those of steps, that were made before by any bound field of this vector field. */
  tape?(): EvaluationTape;
  /** A new tape of steps of a method, closing others as `tape` does; `undefined` when the field takes no steps itself. */
  stepTape?(tableau: ButcherTableau): StepTape | undefined;
}

/** Evaluations of a right-hand side that keep what their vector-Jacobian product needs, so that it need not evaluate again. */
export interface EvaluationTape {
  /** False once another tape was made: what this one holds is then lost, and it takes no more. */
  readonly open: boolean;
  /** `out[n] = f(t, u[n])`; returns the number of the evaluation, from 0, or -1 when the tape is full or closed and nothing was written. */
  push(t: number, u: Float64Array, out: Float64Array): number;
  /** `outU[n] = f_u' w[n]` at evaluation `i`; adds `f_p' w` to the tape's sums. */
  vjp(i: number, w: Float64Array, outU: Float64Array): void;
  /** Forgets all evaluations: the next one is number 0. */
  rewind(): void;
  /** Sets the sums of parameter gradients to zero. */
  clearGradient(): void;
  /** Adds the sums of parameter gradients to `out[m]`. */
  addGradient(out: Float64Array): void;
}

/**
 * Explicit Runge-Kutta steps that the field takes itself, with all their stages, and keeps what their transposed derivatives
 * need: what an integrator and {@link EvaluationTape} do together, without leaving compiled code. The states have the same bits.
 */
export interface StepTape {
  /** False once another tape was made: what this one holds is then lost, and it takes no more. */
  readonly open: boolean;
  /** Evaluations of the right-hand side per step. */
  readonly stages: number;
  /** One step of `h` from `u[n]` at `t` to `out[n]`; returns its number, from 0, or -1 when the tape is full or closed and nothing was written. */
  push(t: number, h: number, u: Float64Array, out: Float64Array): number;
  /** Replaces `lambda[n]`, the gradient by the state at the end of step `i`, by that at its start; adds that by p to the tape's sums. */
  pull(i: number, lambda: Float64Array): void;
  /** Sets the sums of parameter gradients to zero. */
  clearGradient(): void;
  /** Adds the sums of parameter gradients to `out[m]`. */
  addGradient(out: Float64Array): void;
}

/**
 * A plain right-hand side that writes every entry of `out`, which holds what an earlier call wrote, leaves `u` as it is and keeps neither: copy what is to be
 * kept. `p` is passed on every call. For one that returns `du/dt` there is {@link outOfPlace}.
 */
export type InPlaceRhs = (t: number, u: Float64Array, p: Float64Array, out: Float64Array) => void;

/** Sizes and hand-written derivatives of a plain right-hand side. */
export interface VectorFieldOptions {
  /** Length n of the state. */
  readonly dim: number;
  /** Length m of the parameter vector. Default 0. */
  readonly paramCount?: number | undefined;
  /** Promises `u = (q, v)` with `dq/dt = v`, which symplectic and Nystrom methods need. Default: no promise. */
  readonly structure?: Structure | undefined;
  /**
   * Promises that component i depends on components `i - lower` to `i + upper` only, as those of a grid in one dimension do. For other sparse Jacobians, such as those of circles and of
   * grids in two dimensions, `cuthillMckee` finds an order in which that holds. Implicit methods look into it with their first Jacobian, unless that is a `jacobian`, at two
   * evaluations: what is found broken is an error `INVALID_ARGUMENT`. Default: no promise.
   */
  readonly bandwidth?: Bandwidth | undefined;
  /** Writes `out[n] = f_u du + f_p dp`; `dp = null` stands for zero. Default: none; `forwardSensitivity` needs it. */
  readonly jvp?: ((t: number, u: Float64Array, p: Float64Array, du: Float64Array, dp: Float64Array | null, out: Float64Array) => void) | undefined;
  /** Writes `outU[n] = f_u' w` and adds `f_p' w` to `outP[m]`. Default: none; the adjoints need it. */
  readonly vjp?: ((t: number, u: Float64Array, p: Float64Array, w: Float64Array, outU: Float64Array, outP: Float64Array) => void) | undefined;
  /** Writes `out[n * n] = f_u`, row-major. Default: none; implicit methods then take it from `jvp`, or from differences. */
  readonly jacobian?: ((t: number, u: Float64Array, p: Float64Array, out: Float64Array) => void) | undefined;
}

/**
 * Makes a vector field of plain functions that write into `out`. One that returns an array instead throws `INVALID_ARGUMENT` when it is called.
 *
 * @throws OdeError `INVALID_ARGUMENT` when `dim`, `paramCount` or `bandwidth` is not of whole numbers in range, `INVALID_OPTION` for an unknown option.
 */
export function vectorField(rhs: InPlaceRhs, options: VectorFieldOptions): VectorField {
  assertKnown("make a vector field", options, ["dim", "paramCount", "structure", "bandwidth", "jvp", "vjp", "jacobian"]);
  const { dim, paramCount = 0, structure, bandwidth, jvp, vjp, jacobian } = options;
  assertSizes(dim, paramCount, bandwidth);
  const provides = new Set<Capability>();
  if (jvp) provides.add("jvp");
  if (vjp) provides.add("vjp");
  if (jacobian) provides.add("jacobian");
  return {
    dim,
    paramCount,
    provides,
    ...(structure ? { structure } : {}),
    ...(bandwidth ? { bandwidth } : {}),
    bind: (p) => {
      assertLength("p", p, paramCount);
      const bound: { -readonly [K in keyof BoundField]: BoundField[K] } = {
        rhs: (t, u, out) => {
          const returned: unknown = rhs(t, u, p, out);
          if (typeof returned === "object" && returned !== out) refuseResult(returned);
        },
      };
      if (jvp) bound.jvp = (t, u, du, dp, out) => jvp(t, u, p, du, dp, out);
      if (vjp) bound.vjp = (t, u, w, outU, outP) => vjp(t, u, p, w, outU, outP);
      if (jacobian) bound.jacobian = (t, u, out) => jacobian(t, u, p, out);
      return bound;
    },
  };
}

/** The habit of other libraries, which would leave `out` as it is. */
function refuseResult(returned: object | null): void {
  if (returned === null) return;
  const found = returned instanceof Promise ? "a promise" : `${Array.isArray(returned) ? "an array" : "an object"}, which is not used`;
  throw new OdeError("INVALID_ARGUMENT", `Cannot use the right-hand side as it must write du/dt into its 4th argument: it returned ${found}. Wrap one that returns du/dt: outOfPlace(f)`);
}

/** Throws `INVALID_ARGUMENT` unless a vector field can have `dim` components, so many parameters, and that bandwidth if any. */
export function assertSizes(dim: number, paramCount: number, bandwidth?: Bandwidth): void {
  const wrong = (what: string, expected: string, value: string): OdeError => new OdeError("INVALID_ARGUMENT", `Cannot make a vector field as ${what} must be ${expected}: current value is ${value}`);
  if (!Number.isInteger(dim) || dim < 1) throw wrong("dim", "a whole number >= 1", shown(dim));
  if (!Number.isInteger(paramCount) || paramCount < 0) throw wrong("paramCount", "a whole number >= 0", shown(paramCount));
  if (!bandwidth) return;
  const { lower, upper, order } = bandwidth;
  if (order !== undefined && !isPermutation(order, dim)) throw wrong("the order of bandwidth", `an Int32Array of the numbers 0 to ${dim - 1}`, shown(order));
  if (![lower, upper].every((width) => Number.isInteger(width) && width >= 0 && width < dim)) throw wrong("bandwidth", `whole numbers in [0, ${dim - 1}]`, `{ lower: ${shown(lower)}, upper: ${shown(upper)} }`);
}

function isPermutation(order: unknown, n: number): boolean {
  return order instanceof Int32Array && order.length === n && new Set(order).size === n && order.every((i) => i >= 0 && i < n);
}

/**
 * Adapts an out-of-place right-hand side, `f(t, u, p)` returning `du/dt`, to the in-place form.
 * Convenient, and slower on small systems, as each call allocates its result: `tsit5` takes 1.4 to 1.5 times as long with plain lists,
 * and 2 to 3 times with typed arrays.
 */
export function outOfPlace(f: (t: number, u: Float64Array, p: Float64Array) => ArrayLike<number>): InPlaceRhs {
  return (t, u, p, out) => {
    const du = f(t, u, p);
    if (du.length !== out.length) {
      throw new OdeError("SHAPE_MISMATCH", `Cannot use the right-hand side as it must return ${out.length} numbers: it returned ${du.length}`);
    }
    for (let i = 0; i < du.length; i++) out[i] = du[i];
  };
}

/** Throws `MISSING_CAPABILITY` when `f` lacks a kernel that `who` declares to need. */
export function requireCapabilities(who: string, needs: readonly Capability[] | undefined, f: VectorField): void {
  const missing = (needs ?? []).filter((capability) => !f.provides.has(capability));
  if (missing.length > 0) {
    const offered = [...f.provides].join(", ") || "none";
    throw new OdeError("MISSING_CAPABILITY", `Cannot use ${who} as the vector field must provide ${missing.join(", ")}: it provides ${offered}; tracedField of @fluxion/autodiff makes fields with all, vectorField takes a ${missing[0]} of your own`);
  }
}
