import type { OdeSolution, SensitivityAlgorithm } from "@fluxion/ode-core";
import { assertPullable } from "./check-linearization.ts";
import { extendedState } from "./extended-state.ts";
import { CheckedSums, type Integrate, type SolvedStep } from "./checked-sums.ts";
import { gaussLegendre, type QuadratureRule } from "./gauss-legendre.ts";
import { gradientScales, joined } from "./gradient-scales.ts";
import { pullScaled } from "./pull-scaled.ts";
import { adjointField, checkTolerances, solveBackwards, solveForwards, takesFixedSteps, type AfterRun, type CompleteTolerances, type ReverseEquation, type ReverseTolerances, type Step } from "./reverse-solve.ts";
import { accumulate } from "./small-vectors.ts";
import type { VjpField } from "./taped-field.ts";

/** Options of {@link gaussAdjoint}. */
export type GaussAdjointOptions = ReverseTolerances;

/**
 * The continuous adjoint with the parameters' part by quadrature: `lambda' = -J' lambda` is integrated backwards as
 * `interpolatingAdjoint` does it, and `dp`, the integral of `F' lambda`, is summed up by Gauss' formula over each of the steps, of
 * the order of the method. F may be less smooth than lambda and u, as where a force that depends on time is multiplied by a parameter that is zero: with error control,
 * that looks at a weighted sum of these integrals, too, of all parameters up to 16 and of 16 of more; steps that span whole steps of the forward solve are parted where these end; and
 * they are divided where the formula with one node less differs by more than the tolerance in sums of all parameters' integrals. What is so narrow that it lies between all nodes
 * remains unseen, as by any method: there set `dtmax`. The choice among the continuous adjoints for many parameters. Needs no tableau; goes through events that have derivatives.
 *
 * Cost of `pull`: one `vjp` and one interpolation per evaluation of a reverse solve of n + 1 equations, and per step, or part of one, about as many
 * more as the order of the method, of which half are the check. A Jacobian, for implicit methods, takes n of each; where the field promises its `bandwidth`, `lower + upper + 1` of each and a `jvp` (n more without one), in a matrix with the band transposed. Memory: dense output, and that of the reverse solve between two saved times or for 16 steps.
 *
 * @throws OdeError `INVALID_OPTION` for a wrong option.
 * @source Norcliffe, Deisenroth, Trans. Mach. Learn. Res. (2023), arXiv 2308.10644.
 */
export function gaussAdjoint(options: GaussAdjointOptions = {}): SensitivityAlgorithm {
  checkTolerances("gaussAdjoint", options);
  return {
    name: "gaussAdjoint",
    requires: ["vjp"],
    solvesOtherField: true,
    supports: ["eventDerivatives"],
    linearize(context) {
      const forward = solveForwards(context);
      const { solution } = forward;
      const count = Math.ceil(context.algorithm.order / 2);
      const rule = gaussLegendre(count);
      const starts = forward.steps.map(([t]) => t);
      return {
        solution,
        pull(uBar) {
          assertPullable(solution, uBar);
          return pullScaled(uBar, (scaled) => {
            const { states, parameters } = gradientScales(solution, scaled);
            const sizes = takesFixedSteps(context) ? undefined : parameters();
            const watched = sizes && watchedSum(sizes);
            const { total, ...equation } = adjointWithSum(solution, { watched, checked: sizes && new CheckedSums(sizes, count), starts, rule });
            const { z, dp } = solveBackwards(context, forward, scaled, { ...equation, scales: () => (watched ? joined(states, Float64Array.of(1)) : states) }, options);
            accumulate(1, total(), dp);
            return { du0: z.slice(0, context.problem.f.dim), dp };
          });
        },
      };
    },
  };
}

/** How the parameters' part is summed up. */
interface Summation {
  /** What the error control looks at; absent without one. */
  readonly watched: WatchedSum | undefined;
  /** What makes sums that are checked; absent without error control. */
  readonly checked: CheckedSums | undefined;
  /** Starts of the forward steps, in their order. */
  readonly starts: readonly number[];
  /** The rule where there is no check. */
  readonly rule: QuadratureRule;
}

/** The adjoint equation along `solution`, with the watched sum, and the sum `[m]` of the parameters' part of its solves. */
function adjointWithSum(solution: OdeSolution, { watched, checked, starts, rule }: Summation): Pick<ReverseEquation, "field" | "within"> & { afterRun: AfterRun; total: () => Float64Array } {
  const { f, p } = solution.problem;
  const n = f.dim;
  const dim = watched ? n + 1 : n;
  const state = extendedState(solution);
  const bound = f.bind(p) as VjpField;
  const part = bound.gradientBuffer?.() ?? new Float64Array(p.length);
  const sum = new Float64Array(p.length);
  const [u, lambda, product, z] = [n, n, n, dim].map((length) => new Float64Array(length));
  const rhs = (t: number, at: Float64Array, out: Float64Array): void => {
    for (let i = 0; i < n; i++) lambda[i] = at[i];
    watched?.clear(part);
    // What this adds to the part is of no use but to the watched sum.
    bound.vjp(t, state.at(t, u), lambda, product, part);
    for (let i = 0; i < n; i++) out[i] = -product[i];
    if (watched) out[n] = -watched.of(part);
  };
  const integrate: Integrate = (steps, { nodes, weights }) => {
    part.fill(0);
    for (const { step: [t, h], run } of steps) {
      nodes.forEach((x, k) => {
        const time = t + x * h;
        run.at(time, z);
        for (let i = 0; i < n; i++) lambda[i] = -h * weights[k] * z[i];
        bound.vjp(time, state.at(time, u), lambda, product, part);
      });
    }
    return part;
  };
  let waiting: SolvedStep[] = [];
  let within: CompleteTolerances | undefined;
  const flush = (): void => {
    if (waiting.length === 0) return;
    if (checked) checked.add(waiting, integrate, within!, sum);
    else accumulate(1, integrate(waiting, rule), sum);
    waiting = [];
  };
  const afterRun: AfterRun = (run, steps, tolerances) => {
    within = tolerances;
    for (const whole of steps) for (const step of parted(whole, starts)) waiting.push({ step, run });
    if (waiting.length >= enough) flush();
  };
  const turnTo: ReverseEquation["within"] = (stretch) => {
    flush();
    state.within(stretch);
  };
  const total = (): Float64Array => {
    flush();
    return sum;
  };
  const weights = (_i: number, out: Float64Array): void => watched?.weights(out);
  return { field: adjointField(solution.problem, state.at, { dim, rhs, weights }), within: turnTo, afterRun, total };
}

/** Sums over as many steps or more are made together: adding one up takes as long as `vjp` does. */
const enough = 16;

/** A sum of some entries of a gradient. */
interface WatchedSum {
  /** Clears these entries. */
  clear(gradient: Float64Array): void;
  of(gradient: Float64Array): number;
  /** Writes what each entry of a gradient counts into `out`. */
  weights(out: Float64Array): void;
}

/** The most parameters of which the error control sees the integrands: the sum of more would take longer than `vjp` does in a small network. */
const mostWatched = 16;

/**
 * A weighted sum of entries of the gradient by the parameters: all of them, or the first and last and some between. Its weights are such that entries of the usual sizes, which
 * `scales` has, count as much as each other, and that none cancel for reasons of symmetry.
 */
function watchedSum(scales: Float64Array): WatchedSum {
  const m = scales.length;
  const count = Math.min(m, mostWatched);
  const edge = count >> 2;
  const indices = Int32Array.from({ length: count }, (_, k) => {
    if (k < edge || m === count) return k;
    return k >= count - edge ? m - count + k : edge + Math.floor(((k - edge) * (m - 2 * edge)) / (count - 2 * edge));
  });
  const weights = Float64Array.from(indices, (j) => (0.5 + ((j * goldenRatio) % 1)) / (scales[j] * Math.sqrt(count)));
  return {
    clear: (gradient) => {
      for (let k = 0; k < count; k++) gradient[indices[k]] = 0;
    },
    of: (gradient) => {
      let sum = 0;
      for (let k = 0; k < count; k++) sum += weights[k] * gradient[indices[k]];
      return sum;
    },
    weights: (out) => {
      out.fill(0);
      for (let k = 0; k < count; k++) out[indices[k]] = weights[k];
    },
  };
}

const goldenRatio = (1 + Math.sqrt(5)) / 2;

/** The step from `t` by `h`, or what it is made of: it is parted at the `starts` of forward steps, in their order, that lie in it, where there are several. */
function parted(step: Step, starts: readonly number[]): Step[] {
  const [t, h] = step;
  const at = (time: number): number => (time - t) / h;
  // Reverse steps run against the order of the starts.
  const first = lowerBound(starts, (time) => at(time) < 1 - edge);
  const last = lowerBound(starts, (time) => at(time) <= edge);
  if (last - first < 2) return [step];
  const ends = [t, ...starts.slice(first, last).reverse(), t + h];
  return ends.slice(1).map((end, i): Step => [ends[i], end - ends[i]]);
}

/** Ends of steps that differ by this part of the step are the same but for rounding. */
const edge = 1e-9;

/** Index of the first of the values, of which `holds` is false and then true. */
function lowerBound(values: readonly number[], holds: (value: number) => boolean): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(values[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}
