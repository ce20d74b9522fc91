import { dop853, rk4, tsit5, type BoundField, type ButcherTableau } from "@fluxion/ode-core";
import { expect, test } from "vitest";
import { expectClose, guarded, near, wave, type FieldContext } from "./field-context.ts";

/** Tapes of evaluations. */
export function tapeTests({ field, t, u, p, rounding }: FieldContext): void {
  const n = u.length;

  test("a tape keeps evaluations in any number and pulls back in any order what vjp gives", () => {
    const bound = field.bind(p) as Required<BoundField>;
    const states = near(u, 150);
    const tape = bound.tape();
    const values = states.map((state, k) => {
      const out = guarded(n);
      expect(tape.push(t + k, state, out.view)).toBe(k);
      expect(out.intact()).toBe(true);
      return out.view;
    });
    tape.clearGradient();
    const sum = new Float64Array(p.length);
    for (const k of [149, 0, 64, 63, 0, 100]) {
      const w = wave(n, k);
      const [value, outU, expectedU] = [new Float64Array(n), guarded(n), new Float64Array(n)];
      bound.rhs(t + k, states[k], value);
      expectClose(values[k], value, rounding * 1e-12);
      tape.vjp(k, w, outU.view);
      bound.vjp(t + k, states[k], w, expectedU, sum);
      expectClose(outU.view, expectedU, rounding * 1e-12);
      expect(outU.intact()).toBe(true);
    }
    const added = new Float64Array(p.length).fill(0.5);
    tape.addGradient(added);
    expectClose(added, sum.map((x) => x + 0.5), rounding * 1e-11);
    tape.rewind();
    expect(tape.push(t, states[7], new Float64Array(n))).toBe(0);
    const [again, expected] = [new Float64Array(n), new Float64Array(n)];
    tape.vjp(0, wave(n, 8), again);
    bound.vjp(t, states[7], wave(n, 8), expected, sum);
    expectClose(again, expected, rounding * 1e-12);
  });

  test("a new tape closes the one before, whatever the parameters", () => {
    const [first, other] = [field.bind(p) as Required<BoundField>, field.bind(p.map((x) => 1.01 * x + 0.01)) as Required<BoundField>];
    const out = new Float64Array(n);
    const closed = first.tape();
    closed.push(t, u, out);
    const tape = other.tape();
    expect([closed.open, tape.open]).toEqual([false, true]);
    expect(closed.push(t, u, out)).toBe(-1);
    expect(tape.push(t, u, out)).toBe(0);
    const value = new Float64Array(n);
    other.rhs(t, u, value);
    expectClose(out, value, rounding * 1e-12);
  });
}

/** `lambda` becomes `u1' lambda` for one step, by its definition; `sum[m]` grows by the gradient by p. */
function transposedStep({ a, b, c }: ButcherTableau, bound: Required<BoundField>, t: number, h: number, u: Float64Array, lambda: Float64Array, sum: Float64Array): void {
  const stage = (i: number, k: readonly Float64Array[]): Float64Array => u.map((x, l) => x + h * a[i].reduce((total, aij, j) => total + aij * k[j][l], 0));
  const [k, kBar]: Float64Array[][] = [[], b.map((bi) => lambda.map((x) => h * bi * x))];
  b.forEach((_, i) => bound.rhs(t + c[i] * h, stage(i, k), (k[i] = new Float64Array(u.length))));
  for (let i = b.length - 1; i >= 0; i--) {
    const yBar = new Float64Array(u.length);
    bound.vjp(t + c[i] * h, stage(i, k), kBar[i], yBar, sum);
    a[i].forEach((aij, j) => yBar.forEach((x, l) => (kBar[j][l] += h * aij * x)));
    yBar.forEach((x, l) => (lambda[l] += x));
  }
}

/** Tapes of whole Runge-Kutta steps. */
export function stepTapeTests({ field, t, u, p, rounding }: FieldContext): void {
  const n = u.length;
  const h = -0.003;

  test.each([["rk4", rk4()], ["tsit5", tsit5()], ["dop853", dop853()]] as const)("steps of %s on a tape have the bits of the algorithm's own, and pull back what its stages do", (_name, { stepper, tableau }) => {
    const bound = field.bind(p) as Required<BoundField>;
    const states = near(u, 70);
    const tape = bound.stepTape(tableau!)!;
    states.forEach((state, k) => {
      const [out, expected] = [guarded(n), new Float64Array(n)];
      expect(tape.push(t + k, h, state, out.view)).toBe(k);
      stepper(bound, n, { reltol: 1e-6, abstol: 1e-9 }).step(t + k, h, state, expected);
      expect(out.view).toEqual(expected);
      expect(out.intact()).toBe(true);
    });
    tape.clearGradient();
    const sum = new Float64Array(p.length);
    for (const k of [69, 0, 64, 0]) {
      const [lambda, expected] = [guarded(n), wave(n, k)];
      lambda.view.set(expected);
      tape.pull(k, lambda.view);
      transposedStep(tableau!, bound, t + k, h, states[k], expected, sum);
      expectClose(lambda.view, expected, rounding * 1e-12);
      expect(lambda.intact()).toBe(true);
    }
    const added = new Float64Array(p.length).fill(0.5);
    tape.addGradient(added);
    expectClose(added, sum.map((x) => x + 0.5), rounding * 1e-11);
  });

  test("tapes of steps and of evaluations close each other", () => {
    const bound = field.bind(p) as Required<BoundField>;
    const out = new Float64Array(n);
    const steps = bound.stepTape(rk4().tableau!)!;
    const evaluations = bound.tape();
    expect([steps.open, steps.push(t, h, u, out)]).toEqual([false, -1]);
    evaluations.push(t, u, out);
    const again = bound.stepTape(rk4().tableau!)!;
    expect([evaluations.open, again.open, evaluations.push(t, u, out), again.push(t, h, u, out)]).toEqual([false, true, -1, 0]);
  });
}

/** Several states as one. */
export function batchTests({ field, t, u, p, rounding }: FieldContext): void {
  const n = u.length;

  test.each([1, 3, 4, 11])("a batch of %i states gives what each gives alone", (count) => {
    const batch = field.batch!(count);
    expect([batch.dim, batch.paramCount, field.batch!(count) === batch]).toEqual([count * n, p.length, true]);
    const [bound, together] = [field.bind(p), batch.bind(p)];
    const states = near(u, count);
    const all = Float64Array.from(states.flatMap((state) => [...state]));
    const out = guarded(count * n);
    together.rhs(t, all, out.view);
    expect(out.intact()).toBe(true);
    const single = new Float64Array(n);
    states.forEach((state, k) => {
      bound.rhs(t, state, single);
      expect(out.view.slice(k * n, (k + 1) * n), `state ${k}`).toEqual(single);
    });
    if (!bound.vjp) return;
    const w = wave(count * n, 7);
    const [outU, outP, sum] = [guarded(count * n), new Float64Array(p.length), new Float64Array(p.length)];
    together.vjp!(t, all, w, outU.view, outP);
    states.forEach((state, k) => {
      bound.vjp!(t, state, w.slice(k * n, (k + 1) * n), single, sum);
      expectClose(outU.view.slice(k * n, (k + 1) * n), single, rounding * 1e-12);
    });
    expectClose(outP, sum, rounding * 1e-11);
  });

  test("a batch of a batch is the batch of the product", () => {
    const states = Float64Array.from(near(u, 6).flatMap((state) => [...state]));
    const [nested, flat] = [new Float64Array(6 * n), new Float64Array(6 * n)];
    field.batch!(2).batch!(3).bind(p).rhs(t, states, nested);
    field.batch!(6).bind(p).rhs(t, states, flat);
    expectClose(nested, flat, rounding * 1e-13);
  });
}
