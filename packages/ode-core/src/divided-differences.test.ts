import { expect, test } from "vitest";
import { DividedDifferences } from "./divided-differences.ts";

const steps = [0.3, 0.1, 0.5, 0.2, 0.2, 0.7, 0.05, 0.4];
const cubic = (t: number): number => 1 + t * (2 + t * (-2.7 + 0.6 * t));
const slope = (t: number): number => 2 + t * (-5.4 + 1.8 * t);

/** Takes in values of the cubic at irregular times; `e` is measured from the polynomial through the last `k + 1`. */
function follow(past: DividedDifferences, k: (step: number) => number, check: (h: number, e: number, step: number) => void): void {
  let t = 0;
  steps.forEach((h, step) => {
    // A trial of another length leaves no trace.
    past.aim(3 * h);
    past.aim(h);
    const order = k(step);
    const guess = past.phi.slice(0, order + 1).reduce((sum, row, j) => sum + past.beta[j] * row[0], 0);
    t += h;
    const e = Float64Array.of(cubic(t) - guess);
    check(h, e[0], step);
    past.advance(order, e);
    expect(past.phi[0][0]).toBeCloseTo(cubic(t), 12);
  });
}

test("extrapolates a cubic exactly from four values, and knows how many it has", () => {
  const past = new DividedDifferences(1, 5);
  past.phi[0][0] = cubic(0);
  past.begin(0);
  follow(past, (step) => Math.min(step, 3), (_h, e, step) => {
    expect(past.top).toBe(Math.min(step, 5));
    if (step >= 3) expect(Math.abs(e)).toBeLessThan(1e-12);
    else expect(Math.abs(e)).toBeGreaterThan(1e-3);
  });
});

test("takes a slope at the start for a second value", () => {
  const past = new DividedDifferences(1, 5);
  past.phi[0][0] = cubic(0);
  past.phi[1][0] = slope(0);
  past.begin(1);
  const errors: number[] = [];
  follow(past, (step) => Math.min(step + 1, 3), (_h, e) => void errors.push(Math.abs(e)));
  expect(Math.min(...errors.slice(0, 2))).toBeGreaterThan(1e-3);
  expect(Math.max(...errors.slice(2))).toBeLessThan(1e-12);
});

test("gives the differences of neighbouring orders as they are for equal steps, h^k times the derivative", () => {
  const past = new DividedDifferences(1, 5);
  past.phi[0][0] = cubic(0);
  past.begin(0);
  const out = new Float64Array(1);
  follow(past, (step) => Math.min(step, 3), (h, e, step) => {
    if (step !== 4) return;
    expect(past.neighbour(3, Float64Array.of(e), true, out)).toBe(true);
    expect(out[0]).toBeCloseTo(3.6 * h ** 3, 12);
    expect(past.neighbour(3, Float64Array.of(e), false, out)).toBe(true);
    expect(out[0]).toBeCloseTo(0, 12);
  });
  past.begin(0);
  past.aim(0.1);
  expect(past.neighbour(0, Float64Array.of(1), false, out)).toBe(false);
});
