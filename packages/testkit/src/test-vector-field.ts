import { dop853, requireCapabilities, rk4, tsit5, type Bandwidth, type BoundField, type ButcherTableau, type VectorField } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";

/** Where a vector field is tested. */
export interface TestVectorFieldOptions {
  /** `u[n]`, a state at which the field is smooth. */
  readonly u: ArrayLike<number>;
  /** `p[m]`. Default: none. */
  readonly p?: ArrayLike<number>;
  /** Default 0.7. */
  readonly t?: number;
  /** Largest error of `jvp` and `jacobian` against differences, relative to the largest entry. Default 1e-7. */
  readonly tolerance?: number;
  /** The numbers that the kernels compute with. Rounding of float32 is allowed 5e8 times that of float64, and differences count to 2e-3. Default "f64". */
  readonly dtype?: "f64" | "f32";
}

/** Written beyond the end of a buffer, to see that it is left alone. */
const guard = 12345.678;

/** A view of `length` numbers with guards on both sides. */
function guarded(length: number): { view: Float64Array; intact: () => boolean } {
  const whole = new Float64Array(length + 2).fill(guard);
  return { view: whole.subarray(1, length + 1).fill(NaN), intact: () => whole[0] === guard && whole[length + 1] === guard };
}

const wave = (length: number, seed: number): Float64Array => Float64Array.from({ length }, (_, i) => Math.sin(1.7 * i + seed));
const dot = (x: Float64Array, y: Float64Array): number => x.reduce((sum, v, i) => sum + v * y[i], 0);

/**
 * Declares the conformance tests of a vector field: finite and repeatable values, buffers left alone beyond their ends, and
 * derivative kernels that agree with differences (`jvp`, `jacobian`) and with each other (`vjp` transposes `jvp`; parameter
 * gradients are added and not stored; tapes, also of steps, and batches give what single calls give), and no dependence outside of a stated band. To be
 * called in a vitest file.
 */
export function testVectorField(field: VectorField, options: TestVectorFieldOptions): void {
  const context = {
    field,
    t: options.t ?? 0.7,
    u: Float64Array.from(options.u),
    p: Float64Array.from(options.p ?? []),
    tolerance: options.tolerance ?? (options.dtype === "f32" ? 2e-3 : 1e-7),
    rounding: options.dtype === "f32" ? 5e8 : 1,
    step: options.dtype === "f32" ? 0.05 : 1e-3,
  };
  describe("vector field", () => {
    valueTests(context);
    if (field.provides.has("jvp")) jvpTests(context);
    if (field.provides.has("vjp")) vjpTests(context);
    if (field.provides.has("jacobian")) jacobianTests(context);
    if (field.bind(context.p).tape) tapeTests(context);
    if (field.bind(context.p).stepTape?.(rk4().tableau!)) stepTapeTests(context);
    if (field.batch) batchTests(context);
    if (field.bandwidth) bandTests(context, field.bandwidth);
  });
}

interface Context {
  readonly field: VectorField;
  readonly t: number;
  readonly u: Float64Array;
  readonly p: Float64Array;
  readonly tolerance: number;
  /** How many times the rounding errors of float64 are allowed. */
  readonly rounding: number;
  /** Of differences. */
  readonly step: number;
}

/** `f_u du + f_p dp` by fourth-order differences along the direction. */
function directional({ field, t, u, p, step }: Context, du: Float64Array, dp: Float64Array): Float64Array {
  const size = Math.max(1, ...u.map(Math.abs), ...p.map(Math.abs));
  const h = step / size;
  const at = (s: number): Float64Array => {
    const out = new Float64Array(u.length);
    field.bind(p.map((x, i) => x + s * dp[i])).rhs(t, u.map((x, i) => x + s * du[i]), out);
    return out;
  };
  const [a, b, c, d] = [at(h), at(-h), at(2 * h), at(-2 * h)];
  return a.map((x, i) => (8 * (x - b[i]) - (c[i] - d[i])) / (12 * h));
}

function expectClose(got: Float64Array, expected: Float64Array, tolerance: number): void {
  const scale = Math.max(1e-3, ...expected.map(Math.abs));
  got.forEach((x, i) => expect(Math.abs(x - expected[i]) / scale).toBeLessThan(tolerance));
}

function valueTests({ field, t, u, p }: Context): void {
  test("has the stated sizes and delivers the kernels it promises", () => {
    expect([u.length, p.length]).toEqual([field.dim, field.paramCount]);
    requireCapabilities("this test", [...field.provides], field);
    const bound = field.bind(p);
    for (const kernel of ["jvp", "vjp", "jacobian"] as const) expect(typeof bound[kernel]).toBe(field.provides.has(kernel) ? "function" : "undefined");
  });

  test("rhs writes every entry, finite, the same each time, and nothing else", () => {
    const [state, params] = [u.slice(), p.slice()];
    const bound = field.bind(params);
    const [first, second] = [guarded(u.length), guarded(u.length)];
    bound.rhs(t, state, first.view);
    bound.rhs(t + 0.1, state.map((x) => x + 0.1), second.view);
    bound.rhs(t, state, second.view);
    expect(first.view.every(Number.isFinite)).toBe(true);
    expect(second.view).toEqual(first.view);
    expect([first.intact(), second.intact()]).toEqual([true, true]);
    expect([state, params]).toEqual([u, p]);
  });
}

function jvpTests(context: Context): void {
  const { field, t, u, p, tolerance, rounding } = context;
  const zero = new Float64Array(p.length);

  test("jvp agrees with differences by u, by p and by both", () => {
    const bound = field.bind(p) as Required<BoundField>;
    const [du, dp] = [wave(u.length, 1), wave(p.length, 2)];
    for (const [a, b] of [[du, zero], [du.map(() => 0), dp], [du, dp]]) {
      const out = guarded(u.length);
      bound.jvp(t, u, a, b, out.view);
      expectClose(out.view, directional(context, a, b), tolerance);
      expect(out.intact()).toBe(true);
    }
  });

  test("jvp takes dp = null for zero", () => {
    const bound = field.bind(p) as Required<BoundField>;
    const [a, b] = [guarded(u.length).view, guarded(u.length).view];
    bound.jvp(t, u, wave(u.length, 1), null, a);
    bound.jvp(t, u, wave(u.length, 1), zero, b);
    expectClose(a, b, rounding * 1e-14);
  });
}

function vjpTests(context: Context): void {
  const { field, t, u, p, tolerance, rounding } = context;

  test("vjp is the transpose of the derivative", () => {
    const bound = field.bind(p) as Required<BoundField>;
    for (const seed of [3, 4, 5]) {
      const [w, du, dp] = [wave(u.length, seed), wave(u.length, seed + 0.3), wave(p.length, seed + 0.6)];
      const [outU, outP] = [guarded(u.length), guarded(p.length)];
      outP.view.fill(0);
      bound.vjp(t, u, w, outU.view, outP.view);
      const out = new Float64Array(u.length);
      const exact = field.provides.has("jvp");
      if (exact) bound.jvp(t, u, du, dp, out);
      else out.set(directional(context, du, dp));
      const scale = Math.max(1e-3, ...outU.view.map(Math.abs), ...outP.view.map(Math.abs)) * Math.max(1, u.length + p.length);
      expect(Math.abs(dot(w, out) - dot(outU.view, du) - dot(outP.view, dp)) / scale).toBeLessThan(exact ? rounding * 1e-12 : tolerance);
      expect([outU.intact(), outP.intact()]).toEqual([true, true]);
    }
  });

  test("vjp stores by u and adds by p", () => {
    const bound = field.bind(p) as Required<BoundField>;
    const w = wave(u.length, 6);
    const [outU, again] = [guarded(u.length).view, guarded(u.length).view];
    const [once, added] = [new Float64Array(p.length), new Float64Array(p.length).fill(0.25)];
    bound.vjp(t, u, w, outU, once);
    bound.vjp(t, u, w, again, added);
    expect(again).toEqual(outU);
    expectClose(added, once.map((x) => x + 0.25), rounding * 1e-13);
  });
}

function jacobianTests(context: Context): void {
  const { field, t, u, p, tolerance } = context;
  test("jacobian is the derivative by u, row by row", () => {
    const n = u.length;
    const out = guarded(n * n);
    (field.bind(p) as Required<BoundField>).jacobian(t, u, out.view);
    for (let j = 0; j < n; j++) {
      const column = directional(context, new Float64Array(n).with(j, 1), new Float64Array(p.length));
      expectClose(Float64Array.from({ length: n }, (_, i) => out.view[i * n + j]), column, tolerance);
    }
    expect(out.intact()).toBe(true);
  });
}

/** `count` states near `u`. */
const near = (u: Float64Array, count: number): Float64Array[] => Array.from({ length: count }, (_, k) => u.map((x, i) => x + 0.01 * Math.sin(k + 2.3 * i)));

function tapeTests({ field, t, u, p, rounding }: Context): void {
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

function stepTapeTests({ field, t, u, p, rounding }: Context): void {
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

function batchTests({ field, t, u, p, rounding }: Context): void {
  const n = u.length;

  test.each([1, 3, 4])("a batch of %i states gives what each gives alone", (count) => {
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

function bandTests(context: Context, { lower, upper }: Bandwidth): void {
  const { u, p } = context;
  test(`no component depends on one more than ${lower} before it or ${upper} after it`, () => {
    const outside: string[] = [];
    for (let j = 0; j < u.length; j++) {
      const column = directional(context, new Float64Array(u.length).with(j, 1), new Float64Array(p.length));
      column.forEach((x, i) => {
        if (x !== 0 && (i - j > lower || j - i > upper)) outside.push(`component ${i} by u[${j}]`);
      });
    }
    expect(outside).toEqual([]);
  });
}
