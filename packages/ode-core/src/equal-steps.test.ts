import { slope } from "@fluxion/testkit";
import { expect, test, vi } from "vitest";
import { adams } from "./adams.ts";
import type { Algorithm, Stepper } from "./algorithm.ts";
import { bdf } from "./bdf.ts";
import { vectorField, type VectorField } from "./index.ts";
import type { OrderController, VariableOrder } from "./order-controller.ts";

// Goes up to the highest order step by step, whatever the errors are, and stays there.
vi.mock("./order-controller.ts", () => ({
  orderController: ({ order, use }: VariableOrder, highest: number): OrderController => ({
    accept: () => {
      use(Math.min(order() + 1, highest));
      return 1;
    },
    reject: () => expect.fail("no step is rejected"),
    fail: () => expect.fail("no step fails"),
    reset: () => {},
  }),
}));

/** All derivatives are of one size. */
const exact = (t: number): number[] => [Math.sin(t), Math.cos(t)];
/** Pulls towards `exact`, spiralling, after `from`; before, the slope is that of `exact` wherever it is taken. */
const field = (rate: number, from: number): VectorField => vectorField((t, u, _p, du) => {
  const [a, b] = exact(t);
  const [x, y] = t > from ? [u[0] - a, u[1] - b] : [0, 0];
  du[0] = b - rate * x + 0.5 * y;
  du[1] = -a - 0.5 * x - rate * y;
}, { dim: 2, jacobian: (_t, _u, _p, J) => J.set([-rate, 0.5, -0.5, -rate]) });

interface Start {
  readonly f: VectorField;
  readonly steps: number;
  /** Whether the steps of the start begin with the exact state. */
  readonly isExact: boolean;
}

/** Largest error on [0, 1] in `count` equal steps, after a start before 0 that leaves no error of low orders. */
function largestError(algorithm: Algorithm, count: number, { f, steps, isExact }: Start): number {
  const stepper = algorithm.stepper(f.bind(new Float64Array(0)), 2, { reltol: 0, abstol: 1e-13 }) as Required<Stepper>;
  const h = 1 / count;
  let u = Float64Array.from(exact(-steps * h));
  let next = u.slice();
  let largest = 0;
  for (let k = -steps; k < count; k++) {
    if (isExact && k <= 0) u.set(exact(k * h));
    expect(stepper.step(k * h, h, u, next)).toBe(true);
    stepper.controller.accept(0);
    stepper.accept();
    [u, next] = [next, u];
    if (k >= 0) largest = Math.max(largest, Math.hypot(...exact((k + 1) * h).map((x, i) => x - u[i])));
  }
  return largest;
}

test.each([1, 2, 3, 4, 5])("the backward differentiation formula of order %i has that order in equal steps", (order) => {
  const counts = [24, 32, 48, 64];
  // The past is the formula's own: errors of the start die as exp(-8 t) in 6 units of time.
  const errors = counts.map((count) => largestError(bdf("bdf", order), count, { f: field(8, -Infinity), steps: 6 * count, isExact: false }));
  expect(Math.abs(-slope(counts, errors) - order)).toBeLessThan(0.05);
});

// Finer steps would leave nothing but rounding, coarser ones are not yet ruled by the first term of the error.
test.each([
  [1, [20, 24, 28, 32]], [2, [20, 24, 28, 32]], [3, [20, 24, 28, 32]], [4, [20, 24, 28, 32]], [5, [20, 24, 28, 32]], [6, [20, 24, 28, 32]],
  [7, [12, 14, 16, 20]], [8, [10, 12, 14, 16]], [9, [9, 10, 11, 12]], [10, [7, 8, 9, 10]], [11, [6, 7, 8, 9]], [12, [5, 6, 7, 8]],
])("the Adams method that predicts with order %i has one more in equal steps", (order, counts) => {
  // The past is exact: slopes of the start do not depend on the state.
  const errors = counts.map((count) => largestError(adams("adams", order), count, { f: field(0.5, 1e-9), steps: order, isExact: true }));
  expect(Math.abs(-slope(counts, errors) - (order + 1))).toBeLessThan(0.06);
});
