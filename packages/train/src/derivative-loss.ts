import type { Loss } from "@fluxion/nn-core";
import { assertFinite, assertKnown, assertLength, isAllFinite, OdeError, requireCapabilities, type BoundField, type VectorField } from "@fluxion/ode-core";
import type { LossValue } from "./loss-value.ts";
import { penaltyKernel, type PenaltyKernel } from "./penalty-kernel.ts";
import { assertPlugins } from "./plugins.ts";
import { tiles } from "./tiles.ts";

/** A state `u[n]` and its time derivative `du[n]` there. */
export interface DerivativeSample {
  /** The time, of which autonomous models know nothing. Default 0. */
  readonly t?: number | undefined;
  /** The state `u[n]`. */
  readonly u: Float64Array;
  /** Its time derivative `du[n]`. */
  readonly du: Float64Array;
}

/** What a model's right-hand side is compared with. */
export interface DerivativeLossOptions {
  /** A model, or any vector field with a `vjp`. */
  readonly model: VectorField;
  /** States with their derivatives; at least one. */
  readonly samples: readonly DerivativeSample[];
  /** The penalty for each residual: `meanSquaredError()`, `meanAbsoluteError()`, `huber()`, or one of your own. */
  readonly loss: Loss;
}

/** Samples at one time, their states one after another. */
interface Tile {
  readonly field: VectorField;
  readonly t: number;
  readonly u: Float64Array;
  readonly du: Float64Array;
}

/**
 * Derivative matching: the loss of the model's right-hand side against observed derivatives, and its gradient by the
 * parameters. Needs no solver, and so costs a fraction of matching trajectories; it needs derivatives, and noise in them hurts.
 *
 * @returns A function of the parameters `p[m]`. One evaluation costs one right-hand side and its product per sample.
 * @throws OdeError `SHAPE_MISMATCH` when states or derivatives have another length than the model's, or when the loss has not one
 * penalty for each residual, and from the function for parameters of another length; `NON_FINITE` for data that are not; `INVALID_ARGUMENT` without samples, `INVALID_OPTION` for an unknown or wrong option, `MISSING_CAPABILITY` when the model has no `vjp`.
 */
export function derivativeLoss(options: DerivativeLossOptions): (p: Float64Array) => LossValue {
  assertKnown("match derivatives", options, ["model", "samples", "loss"] satisfies (keyof DerivativeLossOptions)[]);
  const { model, samples, loss } = options;
  assertPlugins("match derivatives", { model, loss });
  requireCapabilities("derivativeLoss", ["vjp"], model);
  if (samples.length === 0) throw new OdeError("INVALID_ARGUMENT", "Cannot match derivatives as there must be at least one sample: got none");
  const observed = inTiles(model, samples);
  const entries = samples.length * model.dim;
  const buffers = new Map([...new Set(observed.map(({ field }) => field))].map((field) => [field, buffersFor(field.dim, loss)]));
  const gradient = new Float64Array(model.paramCount);

  return (p) => {
    assertLength("p", p, model.paramCount);
    let total = 0;
    const evaluations = new Map([...buffers.keys()].map((field) => [field, evaluation(field.bind(p), p.length)]));
    for (const { field, t, u, du } of observed) {
      const { penalty: { residual, slope, run }, out, outU } = buffers.get(field)!;
      const { rhs, vjp } = evaluations.get(field)!;
      rhs(t, u, out);
      for (let i = 0; i < u.length; i++) residual[i] = out[i] - du[i];
      total += run(u.length, entries);
      vjp(t, u, slope, outU);
    }
    gradient.fill(0);
    for (const { addGradient } of evaluations.values()) addGradient(gradient);
    const message = !Number.isFinite(total) ? "The right-hand side is not finite at some sample" : isAllFinite(gradient) ? "" : "The gradient is not finite: the right-hand side has no finite slope at some sample";
    if (message) gradient.fill(0);
    return { loss: message ? Infinity : total / entries, gradient, rhsEvaluations: samples.length, message };
  };
}

interface Buffers {
  readonly penalty: PenaltyKernel;
  readonly out: Float64Array;
  readonly outU: Float64Array;
}

const buffersFor = (size: number, loss: Loss): Buffers => ({ penalty: penaltyKernel(loss, size), out: new Float64Array(size), outU: new Float64Array(size) });

/** So many states are computed together; more would only need more memory. */
const tileSize = 4;

function inTiles(model: VectorField, samples: readonly DerivativeSample[]): Tile[] {
  const groups = new Map<number, DerivativeSample[]>();
  for (const [i, sample] of samples.entries()) {
    for (const name of ["u", "du"] as const) {
      assertLength(`${name} of sample ${i}`, sample[name], model.dim);
      assertFinite(`${name} of sample ${i}`, sample[name]);
    }
    const t = sample.t ?? 0;
    assertFinite(`t of sample ${i}`, [t]);
    const group = groups.get(t);
    if (group) group.push(sample);
    else groups.set(t, [sample]);
  }
  return [...groups].flatMap(([t, group]) =>
    (model.batch ? tiles(group, tileSize) : group.map((sample) => [sample])).map((tile): Tile => ({
      field: tile.length === 1 ? model : model.batch!(tile.length),
      t,
      u: Float64Array.from(tile.flatMap(({ u }) => [...u])),
      du: Float64Array.from(tile.flatMap(({ du }) => [...du])),
    })));
}

/** A right-hand side and then its product, on a tape of one evaluation where the field has tapes and there is room. */
interface Evaluation {
  rhs(t: number, u: Float64Array, out: Float64Array): void;
  vjp(t: number, u: Float64Array, w: Float64Array, outU: Float64Array): void;
  /** Adds the parameter gradients of all products. */
  addGradient(out: Float64Array): void;
}

function evaluation(bound: BoundField, m: number): Evaluation {
  const tape = bound.tape?.();
  if (!tape) return evaluationTwice(bound, m);
  tape.clearGradient();
  let kept = -1;
  let other: Evaluation | undefined;
  return {
    rhs: (t, u, out) => {
      tape.rewind();
      kept = tape.push(t, u, out);
      if (kept < 0) (other ??= evaluationTwice(bound, m)).rhs(t, u, out);
    },
    vjp: (t, u, w, outU) => (kept < 0 ? other!.vjp(t, u, w, outU) : tape.vjp(kept, w, outU)),
    addGradient: (out) => {
      tape.addGradient(out);
      other?.addGradient(out);
    },
  };
}

/** Without a tape: the product evaluates once more. */
function evaluationTwice(bound: BoundField, m: number): Evaluation {
  // Not its buffer, which is that of the other fields of these samples, too.
  const sums = new Float64Array(m);
  return {
    rhs: (t, u, out) => bound.rhs(t, u, out),
    vjp: (t, u, w, outU) => bound.vjp!(t, u, w, outU, sums),
    addGradient: (out) => sums.forEach((x, i) => (out[i] += x)),
  };
}
