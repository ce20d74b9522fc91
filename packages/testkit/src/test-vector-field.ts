import { requireCapabilities, rk4, type Bandwidth, type BoundField, type VectorField } from "@fluxion/ode-core";
import { describe, expect, test } from "vitest";
import { directional, dot, expectClose, guarded, wave, type FieldContext } from "./field-context.ts";
import { batchTests, stepTapeTests, tapeTests } from "./tape-tests.ts";

/** Where a vector field is tested. */
export interface TestVectorFieldOptions {
  /** `u[n]`, a state at which the field is smooth. */
  readonly u: ArrayLike<number>;
  /** `p[m]`. Default: none. */
  readonly p?: ArrayLike<number> | undefined;
  /** Default 0.7. */
  readonly t?: number | undefined;
  /** Largest error of `jvp` and `jacobian` against differences, relative to the largest entry. Default 1e-7. */
  readonly tolerance?: number | undefined;
  /** The numbers that the kernels compute with. Rounding of float32 is allowed 5e8 times that of float64, and differences count to 2e-3. Default "f64". */
  readonly dtype?: "f64" | "f32" | undefined;
}

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

function valueTests({ field, t, u, p }: FieldContext): void {
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

function jvpTests(context: FieldContext): void {
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

function vjpTests(context: FieldContext): void {
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

function jacobianTests(context: FieldContext): void {
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

function bandTests(context: FieldContext, { lower, upper, order }: Bandwidth): void {
  const { u, p } = context;
  test(`no component depends on one more than ${lower} before it or ${upper} after it${order ? ", in order" : ""}`, () => {
    const outside: string[] = [];
    const place = Array.from(u.keys());
    order?.forEach((i, at) => (place[i] = at));
    for (let j = 0; j < u.length; j++) {
      const column = directional(context, new Float64Array(u.length).with(j, 1), new Float64Array(p.length));
      column.forEach((x, i) => {
        if (x !== 0 && (place[i] - place[j] > lower || place[j] - place[i] > upper)) outside.push(`component ${i} by u[${j}]`);
      });
    }
    expect(outside).toEqual([]);
  });
}
