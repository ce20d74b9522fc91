import type { OdeSolution } from "@fluxion/ode-core";
import { gaussLegendre, type QuadratureRule } from "./gauss-legendre.ts";
import type { CompleteTolerances, Step } from "./reverse-solve.ts";
import { accumulate } from "./small-vectors.ts";

/** A step of a solution. */
export interface SolvedStep {
  readonly step: Step;
  readonly run: OdeSolution;
}

/** Integrals `[m]` over some steps, by a rule in each; good until the next call. */
export type Integrate = (steps: readonly SolvedStep[], rule: QuadratureRule) => Float64Array;

/** How many times larger than its order tells the error is taken to be: where steps are not yet short the order tells little. */
const caution = 10;

/** A step is divided into so many, as what was seen in it may be between the nodes of two; and no more often than `mostDivisions`. */
const [pieces, mostDivisions] = [4, 20];

/**
 * Integrals of many functions by Gauss' formula, over steps that are divided where the formula with one node less says that they are too long. All functions are looked at together, by four sums of their
 * integrals with random signs, of each fourth one: whichever differ, so do these, but for accidents.
 */
export class CheckedSums {
  readonly #weights: Float64Array;
  readonly #fine: QuadratureRule;
  readonly #coarse: QuadratureRule;
  /** The sums so far, and those over the steps in question by either rule. */
  readonly #total = new Float64Array(4);
  readonly #sums: readonly [Float64Array, Float64Array] = [new Float64Array(4), new Float64Array(4)];

  /**
   * @param scales - What the absolute tolerance of each integral is to be multiplied by.
   * @param nodes - Those in a step, at least 2.
   */
  constructor(scales: Float64Array, nodes: number) {
    this.#weights = randomWeights(scales);
    this.#fine = gaussLegendre(Math.max(2, nodes));
    this.#coarse = gaussLegendre(Math.max(2, nodes) - 1);
  }

  /** Adds the integrals over `steps` to `out[m]`. */
  add(steps: readonly SolvedStep[], integrate: Integrate, tolerances: CompleteTolerances, out: Float64Array, divisions = 0): void {
    const [coarse, fine] = this.#sums;
    fourSums(this.#weights, integrate(steps, this.#coarse), coarse);
    const integrals = integrate(steps, this.#fine);
    fourSums(this.#weights, integrals, fine);
    if (divisions === mostDivisions || !(this.#error(steps.length) > tolerances.abstol + tolerances.reltol * Math.max(size(this.#total), size(fine)))) {
      accumulate(1, fine, this.#total);
      return accumulate(1, integrals, out);
    }
    if (steps.length > 1) {
      const middle = steps.length >> 1;
      for (const half of [steps.slice(0, middle), steps.slice(middle)]) this.add(half, integrate, tolerances, out, divisions);
      return;
    }
    const [{ step: [t, h], run }] = steps;
    for (let i = 0; i < pieces; i++) this.add([{ step: [t + (i / pieces) * h, h / pieces], run }], integrate, tolerances, out, divisions + 1);
  }

  /** The error of the formula with k nodes, of order 2k, from the difference to that with one less, of order 2k - 2: as if all of it came from one of `steps`, of usual integrals. */
  #error(steps: number): number {
    const [coarse, fine] = this.#sums;
    const share = Math.max(size(coarse), size(fine)) / steps;
    accumulate(-1, fine, coarse);
    const difference = size(coarse);
    return difference > 0 ? difference * Math.min(1, caution * (difference / share) ** (1 / this.#coarse.nodes.length)) : difference;
  }
}

const size = (x: Float64Array): number => Math.hypot(x[0], x[1], x[2], x[3]);

/** Weights by which integrals of the usual sizes, which `scales` has, count as much as each other, with the same random signs each time. */
function randomWeights(scales: Float64Array): Float64Array {
  let state = 1;
  return scales.map((scale) => {
    state = (multiplier * state) % modulus;
    const x = (2 * state) / modulus - 1;
    return (Math.sign(x) * (0.5 + Math.abs(x))) / (scale * Math.sqrt(scales.length));
  });
}

/** Lehmer's generator. @source Park, Miller, Commun. ACM 31 (1988) 1192-1201. */
const [multiplier, modulus] = [16807, 2 ** 31 - 1];

/** Writes the weighted sums of each fourth entry, which is also faster than one sum, as none has to wait for another. */
function fourSums(weights: Float64Array, x: Float64Array, out: Float64Array): void {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let j = 0;
  for (const whole = x.length - 3; j < whole; j += 4) {
    a += weights[j] * x[j];
    b += weights[j + 1] * x[j + 1];
    c += weights[j + 2] * x[j + 2];
    d += weights[j + 3] * x[j + 3];
  }
  for (; j < x.length; j++) a += weights[j] * x[j];
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}
