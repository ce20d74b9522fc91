import { assertFinite, assertKnown, assertLength, isAllFinite, OdeError, shown } from "@fluxion/ode-core";
import { Matrix } from "ml-matrix";
import { breather } from "./breather.ts";
import { attainableReduction, covarianceOf, dampedStep, dot, linearResiduals, nonZero, reductionBy, spectrumOf, type LinearResiduals, type Spectrum } from "./linear-residuals.ts";
import type { Residuals } from "./trajectory-residuals.ts";

/** What to fit, from where and within which bounds. */
export interface LeastSquaresOptions {
  /** Residuals and their Jacobian at `p[m]`: that of `trajectoryResiduals`, or one of your own, `(p) => ({ residuals, jacobian })` with the Jacobian row by row in one `Float64Array`. It may use its arrays again. Where residuals are not finite, shorter steps are tried. */
  readonly evaluate: (p: Float64Array) => Residuals;
  /** Start parameters `p[m]`, within the bounds. */
  readonly start: ArrayLike<number>;
  /** Least values `[m]`, `-Infinity` for none; the same as `upper` holds a parameter. Default: none. */
  readonly lower?: ArrayLike<number> | undefined;
  /** Largest values `[m]`, `Infinity` for none. Default: none. */
  readonly upper?: ArrayLike<number> | undefined;
  /** It has converged when the sum of squares falls by less than this part of it, or when the step is shorter than this part of the parameters. Default 1e-8. */
  readonly tolerance?: number | undefined;
  /** Most steps. Default 100 (m + 1), as MINPACK's. */
  readonly maxIterations?: number | undefined;
  /** Looked at before each evaluation: once aborted, `leastSquares` ends with status `"aborted"`. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each step. Default: nothing. */
  readonly onProgress?: ((progress: LeastSquaresProgress) => void) | undefined;
}

/** Told after each step. */
export interface LeastSquaresProgress {
  /** Steps taken. */
  readonly iterations: number;
  /** Calls of `evaluate`. */
  readonly evaluations: number;
  /** Half the sum of squares. */
  readonly cost: number;
}

/** What was found, and how well it is known. */
export interface LeastSquaresResult extends LeastSquaresProgress {
  /** Failed: there are no finite residuals at the start, or next to `p` in the direction of the least cost. */
  readonly status: "converged" | "maxIterations" | "aborted" | "failed";
  /** The parameters of the least cost, `[m]`. */
  readonly p: Float64Array;
  /** Those at `p`, `[N]`. */
  readonly residuals: Float64Array;
  /** Of the residuals: the sum of their squares by how many more of them there are than directions of parameters that were fitted; NaN without such. */
  readonly variance: number;
  /**
   * Of the parameters, `[m, m]`: `variance (J' J)^-1`, as of residuals with the same, unknown variance; divide by `variance` for residuals that were divided by a known standard
   * deviation. NaN for parameters at a bound. A parameter that the data leave open has an infinite variance and covariances NaN.
   */
  readonly covariance: Matrix;
  /** Square roots of the diagonal, `[m]`. */
  readonly standardErrors: Float64Array;
  /** Which test ended it, or why it failed. */
  readonly message: string;
}

const names: Readonly<Record<keyof LeastSquaresOptions, true>> = { evaluate: true, start: true, lower: true, upper: true, tolerance: true, maxIterations: true, signal: true, onProgress: true };

/** Options that are right, with what stands for those left out. */
interface Task extends Pick<LeastSquaresOptions, "evaluate"> {
  readonly tolerance: number;
  readonly maxIterations: number;
  readonly start: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** Parameters whose residuals are known. */
interface Point {
  readonly p: Float64Array;
  readonly cost: number;
  readonly residuals: Float64Array;
  readonly linear: LinearResiduals;
}

/** Damping at the start, with columns of unit length: as much as the least squares themselves, as solutions of differential equations have other minima not far away. */
const firstDamping = 1;
/** Steps in a row that hardly lower the cost, before no more are taken. */
const patience = 10;
/** The least damping: there is none left for what is more than rounding. */
const leastDamping = Number.EPSILON ** 2;

/**
 * Nonlinear least squares within bounds: the parameters with the least `cost = |r(p)|^2 / 2`, by the Levenberg-Marquardt method with the Jacobian of the residuals, which takes some ten
 * evaluations where first-order optimisers take a thousand. For up to some hundred parameters, and at least as many residuals.
 *
 * Steps are those of residuals that are linear, damped in the units of the largest column norms so far; a parameter that leaves its bounds is set on them, and the others are chosen
 * anew. Parameters at a bound that the gradient pushes outwards are held there. A step that does not lower the cost, or to where residuals are not finite, is tried again with more damping.
 *
 * It has converged (1) when neither the last step lowers the cost by more than `tolerance` of it, nor a step without damping would if residuals were linear, (2) when a step without
 * damping, or any step that does not lower the cost, is shorter than `tolerance` of the parameters, in the same units: residuals of adaptive solves are noisy at their tolerance, and
 * no step lowers them further, (3) when ten steps in a row lower the cost by less than `tolerance` of it each. Other than MINPACK's (1) does not depend on the damping, nor on the units of parameters as a bound for the gradient does, for which it stands.
 *
 * @returns What was found; `status` and `message` tell how it ended. Nothing but the options matters, and the same ones give the same bits.
 * @throws OdeError `INVALID_OPTION` for an unknown or wrong option; `INVALID_ARGUMENT` for a start outside of the bounds, fewer residuals than parameters, or an `evaluate` that returns no residuals; `SHAPE_MISMATCH`
 * for lists of other lengths, the Jacobian among them; `NON_FINITE` for such a start.
 * @source Madsen, Nielsen, Tingleff, Methods for non-linear least squares problems (2004), section 3.2, for the damping; More, The Levenberg-Marquardt algorithm: implementation and
 * theory (1978), for the units; Kanzow, Yamashita, Fukushima, Levenberg-Marquardt methods with strong local convergence properties for solving nonlinear equations with convex
 * constraints (2004), for projections on the bounds; Bates, Watts, A relative offset orthogonality convergence criterion for nonlinear least squares (1981), for (1).
 */
export async function leastSquares(options: LeastSquaresOptions): Promise<LeastSquaresResult> {
  const task = checked(options);
  const { tolerance } = task;
  const breathe = breather();
  if (options.signal?.aborted) return notBegun(task.start);
  const first = evaluated(task, task.start);
  if (first.message !== "") return failedAtStart(task.start, first);
  let point: Point = first.accept();
  let [iterations, evaluations, slow, damping, growth] = [0, 1, 0, firstDamping, 2];
  let units = point.linear.norms;
  const ended = (status: LeastSquaresResult["status"], message: string): LeastSquaresResult => ({ ...statistics(task, point), status, message, iterations, evaluations });

  for (;;) {
    units = units.map((x, j) => Math.max(x, point.linear.norms[j]));
    const { linear, p, cost } = point;
    const free = movable(task, point);
    if (cost === 0 && point.residuals.some((x) => x !== 0)) return ended("failed", "Cannot fit residuals as small as these: the sum of their squares is 0. Divide them by their standard deviations, sigma");
    if (cost === 0 || free.every((j) => linear.gradient[j] === 0)) return ended("converged", cost === 0 ? "All residuals are 0" : "The gradient pushes every parameter against a bound, or is 0");
    if (iterations === task.maxIterations) return ended("maxIterations", `Stopped after maxIterations = ${iterations} steps`);
    const undamped = spectrumOf(linear, free, nonZero(linear.norms));
    const scaled = spectrumOf(linear, free, nonZero(units));
    const isStationary = attainableReduction(undamped, linear.c) <= tolerance * cost;
    const isShort = (h: Float64Array): boolean => Math.hypot(...h.map((x, j) => x * units[j])) <= tolerance * Math.hypot(...p.map((x, j) => x * units[j]));

    for (;;) {
      await breathe();
      if (options.signal?.aborted) return ended("aborted", "");
      const next = withinBounds(task, point, scaled, damping);
      const h = next.map((x, j) => x - p[j]);
      const predicted = reductionBy(linear, h);
      // Where several bounds are met at once, the step may promise nothing.
      const trial = predicted > 0 ? evaluated(task, next, linear.count) : undefined;
      if (trial) evaluations++;
      const reduction = trial ? cost - trial.cost : 0;
      if (trial && reduction > 0) {
        point = trial.accept();
        iterations++;
        slow = reduction <= tolerance * cost ? slow + 1 : 0;
        damping = Math.max(leastDamping, damping * Math.max(1 / 3, 1 - (2 * (reduction / predicted) - 1) ** 3));
        growth = 2;
        options.onProgress?.({ iterations, evaluations, cost: point.cost });
        if (slow === patience) return ended("converged", `${patience} steps in a row lowered the cost by less than tolerance = ${tolerance} of it each, as where a parameter grows without end`);
        if (isStationary && slow > 0) return ended("converged", stationary(tolerance));
        if (isShort(dampedStep(undamped, linear.c, 0))) return ended("converged", `The step is shorter than tolerance = ${tolerance} of the parameters`);
        break;
      }
      if (trial && trial.message !== "") {
        if (isShort(h)) return ended("failed", `Cannot go on as residuals must be finite next to the parameters that were reached: ${trial.message}`);
      } else if (isStationary) return ended("converged", stationary(tolerance));
      else if (isShort(h)) return ended("converged", `No step lowers the cost that is longer than tolerance = ${tolerance} of the parameters: residuals are noisy, or the Jacobian is not theirs`);
      damping *= growth;
      growth *= 2;
    }
  }
}

const stationary = (tolerance: number): string => `No step would lower the cost by more than tolerance = ${tolerance} of it`;

/** Which parameters may move: not those that the gradient pushes against a bound, nor those that are held by two. */
function movable({ lower, upper }: Task, { p, linear: { gradient } }: Point): number[] {
  const isFree = (x: number, j: number): boolean => lower[j] < upper[j] && !(x <= lower[j] && gradient[j] > 0) && !(x >= upper[j] && gradient[j] < 0);
  return [...p.keys()].filter((j) => isFree(p[j], j));
}

/** The end of the damped step: parameters that it would lead out of the bounds are set on these, and the others minimise the rest, until all are within. */
function withinBounds({ lower, upper }: Task, { p, linear }: Point, spectrum: Spectrum, damping: number): Float64Array {
  const next = p.slice();
  const held = new Float64Array(p.length);
  let c = linear.c;
  for (let part: Spectrum | undefined = spectrum; part; ) {
    const h = dampedStep(part, c, damping);
    const inside: number[] = part.free.filter((j) => p[j] + h[j] >= lower[j] && p[j] + h[j] <= upper[j]);
    for (const j of part.free) next[j] = Math.min(Math.max(p[j] + h[j], lower[j]), upper[j]);
    if (inside.length === part.free.length) break;
    for (const j of part.free) if (!inside.includes(j)) held[j] = next[j] - p[j];
    c = linear.c.map((x, i) => x + dot(linear.R.getRow(i), held));
    part = inside.length > 0 ? spectrumOf(linear, inside, part.scale) : undefined;
  }
  return next;
}

/** What `evaluate` gave. */
interface Evaluation {
  readonly cost: number;
  readonly residuals: Float64Array;
  /** Why it is no use; empty otherwise. */
  readonly message: string;
  /** Makes a point of it, before `evaluate` is called again. */
  accept(): Point;
}

function evaluated({ evaluate }: Task, p: Float64Array, before?: number): Evaluation {
  const value = evaluate(p.slice());
  const m = p.length;
  assertResiduals(value, m);
  const { residuals, jacobian, message = "" } = value;
  if (residuals.length < m) throw new OdeError("INVALID_ARGUMENT", `Cannot fit ${m} parameters as there must be at least as many residuals: there are ${residuals.length}`);
  if (before !== undefined) assertLength("the residuals, of which there were as many before,", residuals, before);
  const sum = dot(residuals, residuals) / 2;
  const finite = Number.isFinite(sum) && isAllFinite(jacobian);
  const reason = message || (finite ? "" : Number.isFinite(sum) ? "The Jacobian is not finite" : `The sum of squares is ${2 * sum}`);
  const cost = reason === "" ? sum : Infinity;
  return { cost, residuals, message: reason, accept: () => ({ p, cost, residuals: Float64Array.from(residuals), linear: linearResiduals(residuals, jacobian) }) };
}

function assertResiduals(value: Residuals, m: number): void {
  const { residuals, jacobian } = (value ?? {}) as Partial<Residuals>;
  if (!(residuals instanceof Float64Array) || !(jacobian instanceof Float64Array)) {
    const found = (value as unknown) instanceof Promise ? "a promise, for which it does not wait" : `${shown(value)}; residuals ${shown(residuals)}, jacobian ${shown(jacobian)}`;
    throw new OdeError("INVALID_ARGUMENT", `Cannot fit as option "evaluate" must return { residuals, jacobian }, two Float64Arrays: it returned ${found}`);
  }
  assertLength(`the Jacobian, ${m} numbers for each of ${residuals.length} residuals,`, jacobian, residuals.length * m);
}

type Statistics = Pick<LeastSquaresResult, "p" | "cost" | "residuals" | "variance" | "covariance" | "standardErrors">;

function statistics({ lower, upper }: Task, { p, cost, residuals, linear }: Point): Statistics {
  const free = [...p.keys()].filter((j) => p[j] > lower[j] && p[j] < upper[j]);
  const spectrum = free.length > 0 ? spectrumOf(linear, free, nonZero(linear.norms)) : undefined;
  const freedom = residuals.length - (spectrum?.rank ?? 0);
  const variance = freedom > 0 ? (2 * cost) / freedom : NaN;
  const covariance = spectrum ? covarianceOf(spectrum, variance) : unknown(p.length);
  return { p, cost, residuals, variance, covariance, standardErrors: Float64Array.from(covariance.diagonal(), Math.sqrt) };
}

const unknown = (m: number): Matrix => Matrix.zeros(m, m).fill(NaN);

const notBegun = (p: Float64Array): LeastSquaresResult => ({
  status: "aborted", message: "", p, cost: Infinity, residuals: new Float64Array(0), iterations: 0, evaluations: 0, variance: NaN, covariance: unknown(p.length), standardErrors: new Float64Array(p.length).fill(NaN),
});

const failedAtStart = (p: Float64Array, { residuals, message }: Evaluation): LeastSquaresResult => ({
  ...notBegun(p), status: "failed", message: `Cannot fit as residuals must be finite at the start: ${message}`, residuals: Float64Array.from(residuals), evaluations: 1,
});

function checked(options: LeastSquaresOptions): Task {
  assertKnown("fit", options, Object.keys(names));
  const { evaluate, start, tolerance = 1e-8, maxIterations = 100 * ((start?.length ?? 0) + 1) } = options;
  if (typeof evaluate !== "function") throw new OdeError("INVALID_OPTION", `Cannot fit as option "evaluate" must be a function of the parameters: current value is ${shown(evaluate)}`);
  if (!(tolerance > 0 && tolerance < 1)) throw new OdeError("INVALID_OPTION", `Cannot fit as option "tolerance" must be a number between 0 and 1: current value is ${shown(tolerance)}`);
  if (!(Number.isInteger(maxIterations) && maxIterations >= 1)) throw new OdeError("INVALID_OPTION", `Cannot fit as option "maxIterations" must be a whole number >= 1: current value is ${shown(maxIterations)}`);
  if (!(start?.length > 0)) throw new OdeError("INVALID_ARGUMENT", `Cannot fit as the start must be a list of one parameter or more: current value is ${shown(start)}`);
  assertFinite("start", start);
  const m = start.length;
  const [lower, upper] = [options.lower ?? new Float64Array(m).fill(-Infinity), options.upper ?? new Float64Array(m).fill(Infinity)];
  assertLength("lower", lower, m);
  assertLength("upper", upper, m);
  for (let j = 0; j < m; j++) {
    if (!(lower[j] <= upper[j])) throw new OdeError("INVALID_OPTION", `Cannot fit as lower bounds must not be above upper ones: lower[${j}] is ${lower[j]}, upper[${j}] is ${upper[j]}`);
    if (!(start[j] >= lower[j] && start[j] <= upper[j])) throw new OdeError("INVALID_ARGUMENT", `Cannot fit as the start must be within the bounds: start[${j}] is ${start[j]}, outside of [${lower[j]}, ${upper[j]}]`);
  }
  return { evaluate, tolerance, maxIterations, start: Float64Array.from(start), lower: Float64Array.from(lower), upper: Float64Array.from(upper) };
}
