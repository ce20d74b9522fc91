import { vectorField, type Algorithm, type Stepper, type Tableau } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { adaptiveTests, type AdaptivePowers } from "./adaptive-tests.ts";
import { exactProblems, type Exact } from "./exact-problems.ts";
import { gradedProblems } from "./graded-problems.ts";
import { observedOrder, slope } from "./slope.ts";
import { distance, solveTests, type Way } from "./solve-tests.ts";

/** What a conformance test of an algorithm expects. */
export interface TestAlgorithmOptions {
  /** Order of accuracy that fixed steps must show; the highest one of a method of variable order. */
  readonly order: number;
  /** Order of accuracy that equal steps show of a method of variable order, where nothing raises its order. Default `order`. */
  readonly fixedOrder?: number | undefined;
  /** Order of the interpolant: its error within one step, the first after `startSteps`, must shrink as `h^(denseOrder + 1)`. */
  readonly denseOrder: number;
  /** Order of the error estimate, `h^errorOrder`; absent for a method of fixed steps. */
  readonly errorOrder?: number | undefined;
  /** Steps before the interpolant and the error estimate are looked at, where the first steps are those of another method. Default 0. */
  readonly startSteps?: number | undefined;
  /** Errors of a solve below which they are those of rounding, or of Newton's method. Default 2e-12. */
  readonly floor?: number | undefined;
  /**
   * How far above the orders the observed ones may lie, but on graded systems, where it is always 0.15. More for methods with tiny leading error terms,
   * whose next ones show. Default 0.15.
   */
  readonly above?: number | undefined;
  /** How far below the orders they may lie, but on graded systems: where the leading term shows, rounding may begin to. Default 0.15. */
  readonly below?: number | undefined;
  /** Power of the tolerances that the method keeps its error estimate below. Default 1. */
  readonly tolerancePower?: number | undefined;
}

/**
 * Declares the conformance tests of an algorithm for fields of any structure or of second order: order of accuracy on three problems with known
 * solutions and, of explicit methods of one step and those that begin with one, on graded systems, which have a leading error term only, forwards and
 * backwards; its interpolant, in both directions, and error estimate; that a step leaves its input alone, repeats exactly and forgets on `reset`; whole solves with fixed steps,
 * and with error control where there is an error estimate: their accuracy over events and stops, the times saved, and their end where
 * something is not finite; and, with a tableau, that the tableau tells the truth about the step.
 * To be called in a vitest file.
 *
 * @param make - The factory.
 */
export function testAlgorithm(make: () => Algorithm, options: TestAlgorithmOptions): void {
  const algorithm = make();
  describe(`algorithm "${algorithm.name}"`, () => {
    test("states its order and has a fixed name", () => {
      expect(algorithm.order).toBe(options.order);
      expect(make().name).toBe(algorithm.name);
    });
    convergence(algorithm, options);
    // Those that switch begin with an explicit method.
    const isExplicit = algorithm.tableau ?? algorithm.structure ?? stepperOf(algorithm, exactProblems(algorithm)[0]).switches;
    if (isExplicit) gradedConvergence(algorithm, options);
    stepping(algorithm);
    if (algorithm.startOrder === undefined) solveTests(algorithm, fixedSteps(options));
    if (options.errorOrder !== undefined) adaptiveTests(algorithm, powers(algorithm, options.errorOrder, options));
    if (algorithm.tableau) tableauTests(algorithm, algorithm.tableau, options);
  });
}

/** Powers of the tolerance, which is an error of `h^errorOrder`. That of a method of variable order is of `h^(k + 1)`, with `k` up to its order. */
function powers({ startOrder }: Algorithm, errorOrder: number, { order, denseOrder, tolerancePower = 1 }: TestAlgorithmOptions): AdaptivePowers {
  if (startOrder !== undefined) return { ends: order / (order + 1), between: order / (order + 1) };
  return { ends: (tolerancePower * order) / errorOrder, between: (tolerancePower * Math.min(order, denseOrder + 1)) / errorOrder };
}

/** Steps whose errors are clear of rounding. Methods of one step keep them below 10 times the power of the length, those of several below 25 times. */
function fixedSteps({ order, denseOrder }: TestAlgorithmOptions): Way {
  const dt = Math.min(0.1, 1e-4 ** (1 / order));
  const allowed = 25 * dt ** Math.min(order, denseOrder + 1) + 1e-12;
  return { name: "fixed steps", options: { adaptive: false, dt }, allowed, coarse: { adaptive: false, dt: 0.1 }, coarseAllowed: 0.1 ** order + 1e-12 };
}

const stepperOf = (algorithm: Algorithm, { f, u }: Exact): Stepper => {
  const dim = u(0).length;
  return algorithm.stepper(vectorField(f, { dim }).bind(new Float64Array(0)), dim, { reltol: 1e-6, abstol: 1e-9 });
};

/** Integrates from `t0` to `t1` in `count` equal steps; returns the largest error on the way. */
function largestError(algorithm: Algorithm, problem: Exact, t0: number, t1: number, count: number): number {
  const stepper = stepperOf(algorithm, problem);
  const h = (t1 - t0) / count;
  let u = Float64Array.from(problem.u(t0));
  let next = new Float64Array(u.length);
  let largest = 0;
  for (let i = 0; i < count; i++) {
    stepper.step(t0 + i * h, h, u, next);
    stepper.accept?.();
    [u, next] = [next, u];
    largest = Math.max(largest, distance(u, problem.u(t0 + (i + 1) * h)));
  }
  return largest;
}

const ways = [["forwards", 1], ["backwards", -1]] as const;

function convergence(algorithm: Algorithm, options: TestAlgorithmOptions): void {
  const { order: stated, fixedOrder: order = stated, denseOrder, errorOrder, startSteps = 0, floor = 2e-12, above = 0.15, below = 0.15 } = options;
  const expectOrder = (observed: number, expected: number): void => {
    expect(observed).toBeGreaterThan(expected - below);
    expect(observed).toBeLessThan(expected + above);
  };
  for (const problem of exactProblems(algorithm)) {
    for (const [t0, t1] of [[0.2, 2.2], [2.2, 0.2]]) {
      test(`has order ${order} on ${problem.name} from ${t0} to ${t1}`, () => {
        expectOrder(observedOrder((count) => largestError(algorithm, problem, t0, t1, count), floor), order);
      });
    }
    // The errors of one step are clear of rounding for longer.
    for (const [way, length] of ways) {
      test(`has an interpolant of order ${denseOrder} on ${problem.name}, ${way}`, () => {
        expectOrder(observedOrder((count) => interpolantError(algorithm, problem, (2 * length) / count, startSteps), floor / 20), denseOrder + 1);
      });
    }
    test(`estimates its error with order ${errorOrder ?? "none"} on ${problem.name}`, () => {
      if (errorOrder === undefined) expect(stepperOf(algorithm, problem).error).toBeUndefined();
      else expectOrder(observedOrder((count) => errorEstimate(algorithm, problem, 2 / count, startSteps), floor / 50), errorOrder);
    });
  }
}

function gradedConvergence(algorithm: Algorithm, { order, denseOrder, errorOrder }: TestAlgorithmOptions): void {
  const counts = [2, 3, 4, 5];
  const expectOrder = (error: (count: number) => number, expected: number): void => {
    expect(Math.abs(-slope(counts, counts.map(error)) - expected)).toBeLessThan(0.15);
  };
  for (const problem of gradedProblems(algorithm, order + 1)) {
    for (const [t0, t1] of [[-0.5, 0.5], [0.5, -0.5]]) {
      test(`has order ${order} on ${problem.name} from ${t0} to ${t1}`, () => {
        expectOrder((count) => largestError(algorithm, problem, t0, t1, count), order);
      });
    }
  }
  // Interpolants of second order have other orders in positions than in velocities.
  for (const problem of algorithm.structure ? [] : gradedProblems(algorithm, denseOrder + 1)) {
    for (const [way, length] of ways) {
      test(`has an interpolant of order ${denseOrder} on ${problem.name}, ${way}`, () => {
        expectOrder((count) => interpolantError(algorithm, problem, length / count, 0), denseOrder + 1);
      });
    }
  }
  for (const problem of errorOrder === undefined ? [] : gradedProblems(algorithm, errorOrder)) {
    test(`estimates its error with order ${errorOrder} on ${problem.name}`, () => {
      expectOrder((count) => errorEstimate(algorithm, problem, 0.8 / count, 0), errorOrder!);
    });
  }
}

/** Where steps that are looked at alone begin: they lead away from zero, near which the rotations rest. */
const startOf = (h: number): number => 0.7 * Math.sign(h);

/** A step by `h` from there on, after `before` others of its length that began with the exact state. */
function stepAt(algorithm: Algorithm, problem: Exact, h: number, before: number): { stepper: Stepper; out: Float64Array } {
  const stepper = stepperOf(algorithm, problem);
  const start = startOf(h);
  let u = Float64Array.from(problem.u(start - before * h));
  let out = u.slice();
  for (let i = -before; i <= 0; i++) {
    stepper.step(start + i * h, h, u, out);
    if (i === 0) break;
    stepper.accept?.();
    [u, out] = [out, u];
  }
  return { stepper, out };
}

function errorEstimate(algorithm: Algorithm, problem: Exact, h: number, startSteps: number): number {
  const { stepper, out } = stepAt(algorithm, problem, h, startSteps);
  stepper.error?.(out);
  return Math.hypot(...out);
}

function interpolantError(algorithm: Algorithm, problem: Exact, h: number, startSteps: number): number {
  const { stepper, out } = stepAt(algorithm, problem, h, startSteps);
  const interpolant = stepper.capture();
  const thetas = [0.15, 0.3, 0.45, 0.6, 0.75, 0.9];
  return Math.max(...thetas.map((theta) => {
    interpolant.at(theta, out);
    return distance(out, problem.u(startOf(h) + theta * h));
  }));
}

function stepping(algorithm: Algorithm): void {
  const problem = exactProblems(algorithm)[2];
  const u = Float64Array.from(problem.u(0.3));
  const h = 0.05;

  test("leaves the state alone, repeats a step exactly, and counts evaluations", () => {
    const stepper = stepperOf(algorithm, problem);
    const [first, again, fresh] = [u.slice(), u.slice(), u.slice()];
    const input = u.slice();
    stepper.step(0.3, h, input, first);
    const nf = stepper.nf;
    expect(nf).toBeGreaterThan(0);
    stepper.step(0.3, h / 2, input, again);
    stepper.step(0.3, h, input, again);
    expect(stepper.nf).toBeLessThanOrEqual(3 * nf);
    stepper.reset?.();
    stepper.step(0.3, h, input, fresh);
    expect(input).toEqual(u);
    expect(again).toEqual(first);
    expect(fresh).toEqual(first);
  });

  test("forgets the last state on reset", () => {
    const [used, fresh] = [stepperOf(algorithm, problem), stepperOf(algorithm, problem)];
    const [out, expected] = [u.slice(), u.slice()];
    used.step(0.3, h, u, out);
    used.accept?.();
    used.reset?.();
    const jumped = u.map((x) => x + 1);
    used.step(0.3 + h, h, jumped, out);
    fresh.step(0.3 + h, h, jumped, expected);
    expect(out).toEqual(expected);
  });

  test("interpolates between both ends, keeps its own data, and has its own derivative", () => {
    const stepper = stepperOf(algorithm, problem);
    const [next, later, x, y] = [u.slice(), u.slice(), u.slice(), u.slice()];
    stepper.step(0.3, h, u, next);
    stepper.interpolate?.(0.4, later);
    const interpolant = stepper.capture();
    interpolant.at(0.4, x);
    if (stepper.interpolate) expect(later).toEqual(x);
    stepper.interpolate?.(0.4, later);
    if (stepper.interpolate) expect(later).toEqual(x);
    stepper.accept?.();
    stepper.step(0.3 + h, h, next, later);
    interpolant.at(0, x);
    expect(distance(x, u)).toBeLessThan(1e-14);
    interpolant.at(1, x);
    expect(distance(x, next)).toBeLessThan(1e-14);
    const d = 1e-4;
    for (const theta of [0.2, 0.5, 0.8]) {
      interpolant.at(theta + d, x);
      interpolant.at(theta - d, y);
      const difference = x.map((v, i) => (v - y[i]) / (2 * d * h));
      interpolant.derivative(theta, y);
      expect(distance(y, difference)).toBeLessThan(1e-7);
    }
  });
}

function tableauTests(algorithm: Algorithm, { a, b, c, bError, bErrorCoarse, fsal, dense }: Tableau, { denseOrder }: TestAlgorithmOptions): void {
  const sum = (x: ArrayLike<number>): number => Array.from(x).reduce((s, v) => s + v, 0);
  const size = (x: ArrayLike<number>): number => Array.from(x).reduce((s, v) => s + Math.abs(v), 1);
  // Each entry was rounded once: the sum can be off by half a unit of each.
  const expectSum = (x: ArrayLike<number>, expected: number): void => expect(Math.abs(sum(x) - expected)).toBeLessThan(4 * Number.EPSILON * size(x));

  test("has a consistent tableau", () => {
    expect([a.length, c.length]).toEqual([b.length, b.length]);
    expect(dense.order).toBe(denseOrder);
    expect(dense.a.length).toBe(dense.c.length);
    [...a, ...dense.a].forEach((row, i) => {
      expect(row.length).toBe(i);
      expectSum(row, [...c, ...dense.c][i]);
    });
    expectSum(b, 1);
    if (bError) expectSum(bError, 0);
    if (bErrorCoarse) expectSum(bErrorCoarse, 0);
    if (fsal) expect([...a[b.length - 1], 0]).toEqual([...b]);
  });

  test("has dense weights that go from 0 to b, with their derivative", () => {
    const total = b.length + dense.c.length;
    const [w, hi, lo] = [0, 0, 0].map(() => new Float64Array(total));
    dense.weights(0, w);
    expect(distance(w, new Float64Array(total))).toBe(0);
    dense.weights(1, w);
    expect(distance(w, [...b, ...dense.c.map(() => 0)])).toBeLessThan(2e-14);
    for (const theta of [0.1, 0.5, 0.9]) {
      dense.weights(theta, w);
      expect(Math.abs(sum(w) - theta)).toBeLessThan(64 * Number.EPSILON * size(w));
      dense.weights(theta + 1e-5, hi);
      dense.weights(theta - 1e-5, lo);
      dense.weightsDerivative(theta, w);
      expect(distance(w, hi.map((x, i) => (x - lo[i]) / 2e-5))).toBeLessThan(1e-7 * (size(w) + size(hi)));
    }
  });

  test("steps as its tableau says", () => {
    const problem = exactProblems(algorithm)[2];
    const u = Float64Array.from(problem.u(0.3));
    const [out, replay] = [u.slice(), u.slice()];
    stepperOf(algorithm, problem).step(0.3, 0.1, u, out);
    const k: Float64Array[] = [];
    a.forEach((row, i) => {
      k.push(u.slice());
      problem.f(0.3 + c[i] * 0.1, u.map((x, j) => x + 0.1 * sum(row.map((w, l) => w * k[l][j]))), new Float64Array(0), k[i]);
    });
    replay.set(u.map((x, j) => x + 0.1 * sum(b.map((w, i) => w * k[i][j]))));
    expect(distance(out, replay)).toBeLessThan(4 * Number.EPSILON * size(b));
  });
}
