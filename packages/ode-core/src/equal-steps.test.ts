import { slope } from "@fluxion/testkit";
import { expect, test } from "vitest";
import { adams } from "./adams.ts";
import type { Algorithm, Stepper } from "./algorithm.ts";
import { bdf } from "./bdf.ts";
import { vectorField, type VectorField } from "./index.ts";
import { scaledNorm } from "./scaled-norm.ts";

/** Derivatives that never vanish: nothing lowers an order on the way up. */
const exact = (t: number): number[] => [Math.exp(t), Math.exp(-0.7 * t)];
/** Approaches `exact` as `exp(-rate t)`. */
const field = (rate: number): VectorField => vectorField((t, u, _p, du) => {
  const [a, b] = exact(t);
  du[0] = a - rate * (u[0] - a) + 0.5 * (u[1] - b);
  du[1] = -0.7 * b - 0.5 * (u[0] - a) - rate * (u[1] - b);
}, { dim: 2, jacobian: (_t, _u, _p, J) => J.set([-rate, 0.5, -0.5, -rate]) });

interface Start {
  readonly rate: number;
  readonly steps: number;
  /** Whether the steps of the start begin with the exact state. */
  readonly isExact: boolean;
  /** Far below all errors, so that each of them asks for a higher order. */
  readonly abstol: number;
}

/** Largest error on [0, 2] in `count` equal steps to a unit of time, after a start before 0 that leaves no error of low orders. */
function largestError(algorithm: Algorithm, count: number, { rate, steps, isExact, abstol }: Start): number {
  const context = { reltol: 0, abstol };
  const stepper = algorithm.stepper(field(rate).bind(new Float64Array(0)), 2, context) as Required<Stepper>;
  const h = 1 / count;
  let u = Float64Array.from(exact(-steps * h));
  let next = u.slice();
  const error = u.slice();
  let largest = 0;
  for (let k = -steps; k < 2 * count; k++) {
    if (isExact && k <= 0) u.set(exact(k * h));
    expect(stepper.step(k * h, h, u, next)).toBe(true);
    stepper.error(error);
    stepper.controller.accept(scaledNorm(error, u, next, context));
    stepper.accept();
    [u, next] = [next, u];
    if (k >= 0) largest = Math.max(largest, ...exact((k + 1) * h).map((x, i) => Math.abs(x - u[i])));
  }
  return largest;
}

test.each([1, 2, 3, 4, 5])("the backward differentiation formula of order %i, once it is reached, has that order", (order) => {
  const counts = [24, 32, 48, 64];
  // The past is the formula's own: errors of the start die as exp(-8 t) in 6 units of time.
  const errors = counts.map((count) => largestError(bdf("bdf", order), count, { rate: 8, steps: 6 * count, isExact: false, abstol: 1e-12 }));
  expect(Math.abs(-slope(counts, errors) - order)).toBeLessThan(0.08);
});

// With orders 11 and 12 there are no four lengths of which the smallest leaves more than rounding.
test.each([
  [1, [20, 24, 28, 32]], [2, [20, 24, 28, 32]], [3, [20, 24, 28, 32]], [4, [20, 24, 28, 32]], [5, [20, 24, 28, 32]], [6, [20, 24, 28, 32]],
  [7, [12, 14, 16, 20]], [8, [10, 12, 14, 16]], [9, [8, 10, 12, 14]], [10, [8, 9, 10, 11]],
])("the Adams method that predicts with order %i, once that is reached, has one more", (order, counts) => {
  const errors = counts.map((count) => largestError(adams("adams", order), count, { rate: 0.5, steps: order * order + 2, isExact: true, abstol: 1e-100 }));
  expect(-slope(counts, errors)).toBeGreaterThan(order + 1 - (order < 7 ? 0.13 : 0.55));
  expect(-slope(counts, errors)).toBeLessThan(order + 1.1);
});
