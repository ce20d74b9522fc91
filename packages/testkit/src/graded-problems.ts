import type { Algorithm, InPlaceRhs } from "@fluxion/ode-core";
import type { Exact } from "./exact-problems.ts";
import { ofStructure } from "./of-structure.ts";

/*
 * The power series y = y_1 s + y_2 s^2 + ... with dy/dt = s exp(y), or d^2y/dt^2 = s^2 exp(y), coefficient by coefficient: each y_k is a number times
 * t^k, and its derivative a sum of products of y_1, ..., y_(k-1) whose indices add up to k - 1. All elementary differentials of k letters show
 * in y_k, and none of more. A step of a method of order p is therefore exact in y_1 to y_p, and its error in y_(p+1) is a multiple of h^(p+1)
 * without further terms, however long the step: the order shows, where that of other problems would only show below rounding.
 */

/** Writes the coefficients of `exp(y)`, from that of s^0 on, to `out`. */
function exponential(y: ArrayLike<number>, out: Float64Array): void {
  out[0] = 1;
  for (let k = 1; k < out.length; k++) {
    let sum = 0;
    for (let i = 1; i <= k; i++) sum += i * y[i - 1] * out[k - i];
    out[k] = sum / k;
  }
}

/** `y_1` to `y_weight` as the state, and `y_2` to `y_weight` with the time for `y_1`. */
function firstOrder(weight: number): Exact[] {
  const f: InPlaceRhs = (_t, y, _p, dy) => exponential(y, dy);
  const y = new Float64Array(weight);
  const dy = new Float64Array(weight);
  // y = -log(1 - s t).
  const solution = (t: number): number[] => Array.from(y, (_, i) => t ** (i + 1) / (i + 1));
  const driven: InPlaceRhs = (t, u, _p, du) => {
    y[0] = t;
    y.set(u, 1);
    exponential(y, dy);
    du.set(dy.subarray(1));
  };
  return [
    { name: "a graded system", f, u: solution },
    { name: "a graded system driven by time", f: driven, u: (t) => solution(t).slice(1) },
  ];
}

/** `y_1` to `y_weight` and their derivatives. */
function secondOrder(weight: number): Exact[] {
  const e = new Float64Array(weight);
  const f: InPlaceRhs = (_t, u, _p, du) => {
    exponential(u, e);
    du.set(u.subarray(weight));
    du[weight] = 0;
    du.set(e.subarray(0, weight - 1), weight + 1);
  };
  const a = Float64Array.of(1, ...new Float64Array(weight - 1));
  for (let k = 2; k <= weight; k++) {
    exponential(a, e);
    a[k - 1] = e[k - 2] / (k * (k - 1));
  }
  return [{ name: "a graded system", f, u: (t) => [...a.map((x, i) => x * t ** (i + 1)), ...a.map((x, i) => x * (i + 1) * t ** i)] }];
}

/**
 * Problems with the structure that `algorithm` needs whose error of a step is a multiple of `h^weight` alone, if it has none of lower powers of `h`.
 * For methods of one step.
 */
export const gradedProblems = (algorithm: Algorithm, weight: number): readonly Exact[] => ofStructure(algorithm, firstOrder, secondOrder)(weight);
