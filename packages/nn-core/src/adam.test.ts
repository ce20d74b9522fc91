import { describe, expect, test } from "vitest";
import { adam, optimizers } from "./adam.ts";

/** Algorithm 1 of the paper as it stands there, on numbers. */
function reference(start: readonly number[], gradients: readonly (readonly number[])[], rates: readonly number[], b1: number, b2: number, epsilon: number): number[] {
  return start.map((x, i) => {
    let [theta, m, v] = [x, 0, 0];
    gradients.forEach((g, k) => {
      const t = k + 1;
      m = b1 * m + (1 - b1) * g[i];
      v = b2 * v + (1 - b2) * g[i] ** 2;
      const mHat = m / (1 - b1 ** t);
      const vHat = v / (1 - b2 ** t);
      theta -= (rates[k] * mHat) / (Math.sqrt(vHat) + epsilon);
    });
    return theta;
  });
}

const start = [1, -2, 0.5];
const gradients = Array.from({ length: 12 }, (_, k) => start.map((_x, i) => Math.sin(3 * k + i) * 10 ** (i - 1)));
const rates = gradients.map((_, k) => 0.1 / (k + 1));

describe("adam", () => {
  test.each([{}, { beta1: 0.5, beta2: 0.9, epsilon: 1e-3 }])("with %j takes the steps of the algorithm", (options) => {
    const run = adam(options).start(3);
    const p = Float64Array.from(start);
    gradients.forEach((g, k) => run.update(p, Float64Array.from(g), rates[k]));
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
    reference(start, gradients, rates, beta1, beta2, epsilon).forEach((x, i) => expect(Math.abs(p[i] - x)).toBeLessThan(1e-14));
  });

  test("the first step has the length of the rate, whatever the gradient", () => {
    const p = new Float64Array(3);
    adam().start(3).update(p, Float64Array.of(1e3, -1, 1e-4), 0.01);
    [-0.01, 0.01, -0.01].forEach((x, i) => expect(Math.abs(p[i] - x)).toBeLessThan(1e-6));
  });

  test("goes on from a saved state bit for bit, and leaves the saved arrays alone", () => {
    const straight = Float64Array.from(start);
    const whole = adam().start(3);
    gradients.forEach((g, k) => whole.update(straight, Float64Array.from(g), rates[k]));

    const p = Float64Array.from(start);
    const first = adam().start(3);
    gradients.slice(0, 5).forEach((g, k) => first.update(p, Float64Array.from(g), rates[k]));
    const saved = Object.fromEntries(Object.entries(first.state).map(([name, data]) => [name, data.slice()]));
    const second = adam().start(3, first.state);
    gradients.slice(5).forEach((g, k) => second.update(p, Float64Array.from(g), rates[k + 5]));
    expect(p).toEqual(straight);
    expect(second.state).toEqual(whole.state);
    expect(first.state).toEqual(saved);
  });

  test("refuses a state of another size and bad options", () => {
    expect(() => adam().start(3, adam().start(2).state)).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    expect(() => adam().start(3, { velocity: new Float64Array(3) })).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining("it holds velocity") as string }));
    expect(() => adam().start(3).update(new Float64Array(3), new Float64Array(2), 0.1)).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    for (const options of [{ beta1: 1 }, { beta2: -0.1 }, { epsilon: 0 }, { rate: 0.1 }]) {
      expect(() => optimizers.adam(options as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(Object.keys(options)[0]) as string }));
    }
  });
});
