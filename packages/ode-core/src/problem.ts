import { assertFinite, assertKnown, assertLength, isList, OdeError, shown } from "./errors.ts";
import { vectorField, type InPlaceRhs, type VectorField } from "./vector-field.ts";

/** An initial value problem; immutable. */
export interface OdeProblem {
  readonly f: VectorField;
  /** `u0[n]`. */
  readonly u0: Float64Array;
  /** From `t0` to `t1`; backwards when `t1 < t0`. */
  readonly tspan: readonly [t0: number, t1: number];
  /** `p[m]`. */
  readonly p: Float64Array;
  /** `M[n * n]`, row-major, of `M du/dt = f`; absent for the identity. May be singular: see {@link OdeProblemOptions}. */
  readonly massMatrix?: Float64Array;
}

/** Further parts of a problem. */
export interface OdeProblemOptions {
  /**
   * `M[n * n]`, row-major, of `M du/dt = f`. Default: the identity. Only some implicit algorithms take one. It may be singular where that leaves algebraic equations that
   * determine the rest of the state (index 1). A `u0` that does not satisfy them is corrected before the first step, as is the state after an event: the
   * differential part `M u` is held, and where that has no solution the solve ends with `"initialFailure"`.
   */
  readonly massMatrix?: ArrayLike<number> | undefined;
}

/**
 * States an initial value problem. `u0` and `p` are copied.
 *
 * @param f - A vector field, or a plain function `(t, u, p, out) => void` (it then offers no derivatives).
 * @param u0 - Initial state `u0[n]`.
 * @param tspan - Start and end time.
 * @param p - Parameters `p[m]`.
 * @param options - A mass matrix.
 * @throws OdeError `INVALID_ARGUMENT` for what is no function or no list, `SHAPE_MISMATCH` for a wrong length, `NON_FINITE` for a NaN or
 * infinite entry, `INVALID_OPTION` for an unknown option.
 */
export function odeProblem(
  f: VectorField | InPlaceRhs,
  u0: ArrayLike<number>,
  tspan: readonly [number, number],
  p: ArrayLike<number> = [],
  options: OdeProblemOptions = {},
): OdeProblem {
  assertKnown("state a problem", options, ["massMatrix"]);
  const { massMatrix } = options;
  requireLists({ u0, tspan, p, ...(massMatrix === undefined ? {} : { massMatrix }) });
  if (typeof f !== "function" && typeof (f as Partial<VectorField> | undefined)?.bind !== "function") {
    throw new OdeError("INVALID_ARGUMENT", `Cannot state a problem as f must be a function (t, u, p, out) or a vector field: current value is ${shown(f)}`);
  }
  if (u0.length === 0) throw new OdeError("INVALID_ARGUMENT", "Cannot state a problem as u0 must have at least one entry: it is empty");
  const field = typeof f === "function" ? vectorField(f, { dim: u0.length, paramCount: p.length }) : f;
  assertLength("u0", u0, field.dim);
  assertLength("p", p, field.paramCount);
  assertFinite("u0", u0);
  assertFinite("p", p);
  assertLength("tspan", tspan, 2);
  assertFinite("tspan", tspan);
  if (massMatrix) {
    assertLength(`massMatrix, ${field.dim} rows of ${field.dim} numbers one after another,`, massMatrix, field.dim * field.dim);
    assertFinite("massMatrix", massMatrix);
  }
  return { f: field, u0: new Float64Array(u0), tspan: [tspan[0], tspan[1]], p: new Float64Array(p), ...(massMatrix ? { massMatrix: new Float64Array(massMatrix) } : {}) };
}

function requireLists(lists: Readonly<Record<string, unknown>>): void {
  for (const [name, list] of Object.entries(lists)) {
    if (!isList(list)) throw new OdeError("INVALID_ARGUMENT", `Cannot state a problem as ${name} must be a list of numbers: current value is ${shown(list)}`);
  }
}

/** The options that `problem` was made with. */
export const massOf = ({ massMatrix }: OdeProblem): OdeProblemOptions => (massMatrix ? { massMatrix } : {});

/** Throws `INVALID_ARGUMENT` for what is no problem. */
export function requireProblem(value: unknown): void {
  if (typeof (value as Partial<OdeProblem> | null | undefined)?.f?.bind === "function") return;
  throw new OdeError("INVALID_ARGUMENT", `Cannot solve as the problem must be made by odeProblem: current value is ${shown(value)}`);
}

/** What {@link remake} replaces. */
export interface ProblemChanges {
  readonly u0?: ArrayLike<number> | undefined;
  readonly tspan?: readonly [t0: number, t1: number] | undefined;
  readonly p?: ArrayLike<number> | undefined;
}

/** A copy of `problem` with `u0`, `tspan` or `p` replaced, checked like a new one. */
export function remake(problem: OdeProblem, changes: ProblemChanges): OdeProblem {
  assertKnown("remake a problem", changes, ["u0", "tspan", "p"]);
  return odeProblem(problem.f, changes.u0 ?? problem.u0, changes.tspan ?? problem.tspan, changes.p ?? problem.p, massOf(problem));
}
