import { describe, expect, test } from "vitest";
import type { Algorithm, Stepper } from "../algorithm.ts";
import { explicitRk } from "../explicit-rk.ts";
import { scaledNorm } from "../scaled-norm.ts";
import { vectorField } from "../vector-field.ts";
import { algorithms } from "./index.ts";

/** Nonlinear coupling of neighbours with a time-dependent drive. */
const f = (t: number, u: Float64Array, _p: Float64Array, out: Float64Array): void => {
  const n = u.length;
  for (let i = 0; i < n; i++) out[i] = Math.sin(u[(i + 1) % n] * (i + 1) + t) - 0.3 * u[i] * u[i];
};
const tolerances = { abstol: 1e-9, reltol: 1e-6 };
const make = (algorithm: Algorithm, n: number): Stepper => algorithm.stepper(vectorField(f, { dim: n }).bind(new Float64Array(0)), n, tolerances);
const methods = Object.values(algorithms).map((factory) => factory()).filter(({ tableau }) => tableau !== undefined);

describe.each(methods)("$name", (algorithm) => {
  test.each([1, 2, 3, 4, 5, 9])("the stepper generated for n = %d steps as the one that reads the tableau, bit for bit", (n) => {
    const generated = make(algorithm, n);
    const reference = make(explicitRk("reference", algorithm.order, algorithm.tableau!), n);
    let u = Float64Array.from({ length: n }, (_, i) => 0.3 + 0.1 * i);
    let [x, y] = [u.slice(), u.slice()];
    const [e, d] = [u.slice(), u.slice()];
    for (let i = 0; i < 6; i++) {
      const [t, h] = [0.2 + 0.1 * i, i === 3 ? 0.05 : 0.1];
      for (const [stepper, out, error] of [[generated, x, e], [reference, y, d]] as const) {
        // A rejected step before the kept one.
        stepper.step(t, 2 * h, u, out);
        stepper.step(t, h, u, out);
        stepper.error?.(error);
      }
      expect(x).toEqual(y);
      if (generated.error) {
        expect(e).toEqual(d);
        const norm = scaledNorm(d, u, y, tolerances);
        expect(Math.abs(generated.scaledError!() / norm - 1)).toBeLessThan(1e-13);
      }
      if (i === 2) {
        const [a, b] = [u.slice(), u.slice()];
        generated.capture().at(0.3, a);
        reference.capture().at(0.3, b);
        expect(a).toEqual(b);
      }
      for (const stepper of [generated, reference]) stepper.accept?.();
      [u, x] = [x, u];
      y = x.slice();
    }
    expect(generated.nf).toBe(reference.nf);
  });

  test("a known first slope spares an evaluation and changes nothing else", () => {
    for (const n of [2, 5]) {
      const [told, plain] = [make(algorithm, n), make(algorithm, n)];
      const u = Float64Array.from({ length: n }, () => 0.5);
      const [slope, x, y] = [u.slice(), u.slice(), u.slice()];
      f(0, u, slope, slope);
      told.start!(slope);
      told.step(0, 0.1, u, x);
      plain.step(0, 0.1, u, y);
      expect(x).toEqual(y);
      expect(told.nf).toBe(plain.nf - 1);
    }
  });

  if (!algorithm.tableau!.bError) return;
  test("every component is measured by its own tolerance", () => {
    for (const n of [1, 2, 3, 4, 5, 9, 64]) {
      const abstols = Float64Array.from({ length: n }, (_, i) => 1e-9 * 4 ** (i % 9));
      const stepper = algorithm.stepper(vectorField(f, { dim: n }).bind(new Float64Array(0)), n, { reltol: 1e-6, abstol: 1e-9, abstols });
      const u = Float64Array.from({ length: n }, (_, i) => 0.3 + 0.1 * Math.sin(i));
      const [next, error] = [u.slice(), u.slice()];
      stepper.step(0, 0.1, u, next);
      stepper.error!(error);
      // `error` of methods with a coarser estimate has its size, too.
      expect(Math.abs(stepper.scaledError!() / scaledNorm(error, u, next, { reltol: 1e-6, abstol: 1e-9, abstols }) - 1)).toBeLessThan(1e-13);
    }
  });

  test("an infinite state has no finite error, a component that stays zero none at all", () => {
    for (const n of [1, 2, 3, 4, 5, 9]) {
      const scaledError = (slope: number, h: number, abstol: number): number => {
        const field = vectorField((_t, _u, _p, out) => void (out[n - 1] = slope), { dim: n });
        const stepper = algorithm.stepper(field.bind(new Float64Array(0)), n, { abstol, reltol: 1e-6 });
        stepper.step(0, h, new Float64Array(n), new Float64Array(n));
        return stepper.scaledError!();
      };
      expect(scaledError(0, 0.1, 0)).toBe(0);
      expect(scaledError(1, 0.1, 0)).toBeLessThan(1e-8);
      // The state overflows, and what is left of the estimate is rounding.
      expect(scaledError(1e300, 1e9, 1e-9)).toBeNaN();
    }
  });
});
