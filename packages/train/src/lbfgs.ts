import { assertFinite, assertKnown, isAllFinite, OdeError, shown } from "@fluxion/ode-core";
import { breather } from "./breather.ts";
import { assertLoss, type OwnLossValue } from "./loss-value.ts";
import { wolfeSearch, type LinePoint } from "./wolfe-search.ts";

/** What to minimise, and from where. */
export interface LbfgsOptions {
  /** The loss and its gradient at `p[m]`: that of `trajectoryLoss`, `derivativeLoss`, `trajectoryLossThreads`, `sumOfLosses`, or one of your own, `(p) => ({ loss, gradient })`. Where the loss is not finite, shorter steps are tried. */
  readonly evaluate: (p: Float64Array) => OwnLossValue;
  /** Start parameters `p[m]`, such as those that `fit` has reached. */
  readonly start: ArrayLike<number>;
  /** How many of the last steps the curvature is taken from. Default 20. */
  readonly memory?: number | undefined;
  /** It has converged when ten steps lower the loss by less than this part of it. Default 1e-6. */
  readonly tolerance?: number | undefined;
  /** Most steps. Default 1000. */
  readonly maxIterations?: number | undefined;
  /** Looked at before each step: once aborted, `lbfgs` ends with status `"aborted"`. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each step. Default: nothing. */
  readonly onProgress?: ((progress: LbfgsProgress) => void) | undefined;
}

/** Told after each step. */
export interface LbfgsProgress {
  /** Steps taken. */
  readonly iterations: number;
  /** Calls of `evaluate`. */
  readonly evaluations: number;
  /** The least loss. */
  readonly loss: number;
  /** The parameters there, `[m]`. */
  readonly p: Float64Array;
}

/** What was found. */
export interface LbfgsResult extends LbfgsProgress {
  /** Failed: loss or gradient are not finite at the start. */
  readonly status: "converged" | "maxIterations" | "aborted" | "failed";
  /** The gradient at `p`, the parameters of the least loss, `[m]`. */
  readonly gradient: Float64Array;
  /** Which test ended it, or why it failed. */
  readonly message: string;
}

const names: Readonly<Record<keyof LbfgsOptions, true>> = { evaluate: true, start: true, memory: true, tolerance: true, maxIterations: true, signal: true, onProgress: true };

/** Steps that must lower the loss together. */
const window = 10;

/** A point on the line that is searched, with the parameters there. */
interface Point extends LinePoint {
  readonly p: Float64Array;
  readonly gradient: Float64Array;
  readonly message: string;
}

/** What a step tells of the curvature. */
interface Curvature {
  /** Changes of the parameters and of the gradient, and one over their product. */
  readonly s: Float64Array;
  readonly y: Float64Array;
  readonly rho: number;
}

/**
 * Minimises a loss by its gradient, with the curvature of the last steps: the limited-memory BFGS method. After `fit` has come near, it takes a loss without noise, such as that of all data in
 * fixed steps, to a small part in far fewer evaluations than first-order optimisers; from a random start it may end in a poor minimum. For a few parameters `leastSquares` takes fewer still.
 *
 * Each step satisfies the strong Wolfe conditions, so that the loss never grows. Losses of adaptive solves are noisy at their tolerance: there it ends.
 *
 * @returns What was found; `status` and `message` tell how it ended. Nothing but the options matters, and the same ones give the same bits. A step costs one evaluation, sometimes two or three,
 * and some `4 memory m` operations.
 * @throws OdeError `INVALID_OPTION` for an unknown or wrong option; `INVALID_ARGUMENT` for a start that is no list, or an `evaluate` that returns no loss, `NON_FINITE` for one that is not finite; `SHAPE_MISMATCH` for a gradient of another length.
 * @source Liu and Nocedal, Mathematical Programming 45 (1989) 503-528.
 */
export async function lbfgs(options: LbfgsOptions): Promise<LbfgsResult> {
  const { evaluate, start, memory, tolerance, maxIterations } = checked(options);
  const breathe = breather();
  let evaluations = 0;
  const pointAt = (p: Float64Array, at: number, direction: Float64Array): Point => {
    const value = evaluate(p.slice());
    assertLoss("minimise", 'option "evaluate"', value, p.length);
    const { loss, message = "" } = value;
    const gradient = Float64Array.from(value.gradient);
    evaluations++;
    const isFinite = Number.isFinite(loss) && isAllFinite(gradient);
    return { p, at, value: isFinite ? loss : Infinity, slope: dot(gradient, direction), gradient, message: isFinite ? "" : message || (Number.isFinite(loss) ? "the gradient is not" : `the loss is ${loss}`) };
  };
  let point = pointAt(start, 0, new Float64Array(start.length));
  let curvatures: Curvature[] = [];
  const losses = [point.value];
  const ended = (status: LbfgsResult["status"], message: string): LbfgsResult =>
    ({ status, message, p: point.p, gradient: point.gradient, loss: point.value, iterations: losses.length - 1, evaluations });
  if (point.message !== "") return ended("failed", `Cannot minimise as loss and gradient must be finite at the start: ${point.message}`);

  for (;;) {
    await breathe();
    if (options.signal?.aborted) return ended("aborted", "");
    const iterations = losses.length - 1;
    if (point.gradient.every((x) => x === 0)) return ended("converged", "The gradient is 0");
    if (iterations >= window && losses[iterations - window] - point.value <= tolerance * Math.abs(point.value)) return ended("converged", `${window} steps lowered the loss by less than tolerance = ${tolerance} of it`);
    if (iterations === maxIterations) return ended("maxIterations", `Stopped after maxIterations = ${maxIterations} steps`);
    const direction = descent(point.gradient, curvatures);
    const slope = dot(point.gradient, direction);
    const base = point;
    // Without a curvature there is no scale: a step of length 1, or less.
    const first = curvatures.length > 0 ? 1 : Math.min(1, 1 / Math.sqrt(-slope));
    const next = wolfeSearch({ at: 0, value: base.value, slope }, first, (at) => pointAt(base.p.map((x, i) => x + at * direction[i]), at, direction));
    if (!next) {
      if (curvatures.length === 0) return ended("converged", "No step lowers the loss: it is at its rounding, or the gradient is not its own");
      // Those of a loss with noise may mislead.
      curvatures = [];
      continue;
    }
    const s = next.p.map((x, i) => x - base.p[i]);
    const y = next.gradient.map((x, i) => x - base.gradient[i]);
    const product = dot(s, y);
    if (product > Number.EPSILON * dot(y, y)) curvatures = [...curvatures, { s, y, rho: 1 / product }].slice(-memory);
    point = next;
    losses.push(point.value);
    options.onProgress?.({ iterations: losses.length - 1, evaluations, loss: point.value, p: point.p.slice() });
  }
}

/** The inverse of the curvature, applied to the gradient, with its sign turned. */
function descent(gradient: Float64Array, curvatures: readonly Curvature[]): Float64Array {
  const q = gradient.map((x) => -x);
  const parts = curvatures.toReversed().map(({ s, y, rho }) => {
    const part = rho * dot(s, q);
    addTo(q, -part, y);
    return part;
  });
  const last = curvatures.at(-1);
  if (last) {
    const scale = 1 / (last.rho * dot(last.y, last.y));
    for (let i = 0; i < q.length; i++) q[i] *= scale;
  }
  for (const [k, { s, y, rho }] of curvatures.entries()) addTo(q, parts[curvatures.length - 1 - k] - rho * dot(y, q), s);
  return q;
}

function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}

function addTo(out: Float64Array, factor: number, x: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] += factor * x[i];
}

function checked(options: LbfgsOptions): { evaluate: LbfgsOptions["evaluate"]; start: Float64Array; memory: number; tolerance: number; maxIterations: number } {
  assertKnown("minimise", options, Object.keys(names));
  const { evaluate, start, memory = 20, tolerance = 1e-6, maxIterations = 1000 } = options;
  const wrong = (name: string, needed: string, value: unknown): OdeError => new OdeError("INVALID_OPTION", `Cannot minimise as option "${name}" must be ${needed}: current value is ${shown(value)}`);
  if (typeof evaluate !== "function") throw wrong("evaluate", "a function of the parameters", evaluate);
  if (!(tolerance > 0 && tolerance < 1)) throw wrong("tolerance", "a number between 0 and 1", tolerance);
  for (const [name, value] of [["memory", memory], ["maxIterations", maxIterations]] as const) if (!(Number.isInteger(value) && value >= 1)) throw wrong(name, "a whole number >= 1", value);
  if (!(start?.length > 0)) throw new OdeError("INVALID_ARGUMENT", `Cannot minimise as the start must be a list of one parameter or more: current value is ${shown(start)}`);
  assertFinite("start", start);
  return { evaluate, memory, tolerance, maxIterations, start: Float64Array.from(start) };
}
