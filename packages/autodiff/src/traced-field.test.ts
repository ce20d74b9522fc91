import { odeProblem, rodas4, solve, type BoundField, type VectorField } from "@fluxion/ode-core";
import { testVectorField } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";
import { add, at, compileScalar, concat, constant, cos, dot, eulerLagrange, matmul, mul, reshape, sin, slice, softplus, stack, sub, sum, tanh, tensor, tracedField, transpose, type Tensor, type TracedRhs } from "./index.ts";

const [n, m] = [3, 4];

/** du = (p0 u1 + sin t, -p1 u0 u2 + p2^2, tanh(p3 u2) - u0 t). */
const f: TracedRhs = (t, u, p) => {
  const [a, b, c] = [at(u, 0), at(u, 1), at(u, 2)];
  return stack([
    add(mul(at(p, 0), b), sin(t)),
    sub(mul(at(p, 2), at(p, 2)), mul(at(p, 1), mul(a, c))),
    sub(tanh(mul(at(p, 3), c)), mul(a, t)),
  ]);
};
const plain = (t: number, [a, b, c]: ArrayLike<number> & Iterable<number>, p: ArrayLike<number>): number[] => [p[0] * b + Math.sin(t), p[2] ** 2 - p[1] * a * c, Math.tanh(p[3] * c) - a * t];

const [t0, u0, p0] = [0.7, Float64Array.of(0.4, -1.2, 0.9), Float64Array.of(1.5, -0.3, 0.8, 2)];
const [du, dp, w] = [Float64Array.of(0.3, -0.7, 1.1), Float64Array.of(-0.5, 0.2, 0.9, -1.3), Float64Array.of(1.2, 0.4, -0.6)];

const filled = (size: number, fill: (out: Float64Array) => void): Float64Array => {
  const out = new Float64Array(size).fill(NaN);
  fill(out);
  return out;
};
const expectNear = (found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-14): void => {
  expect(found.length).toBe(expected.length);
  for (let k = 0; k < expected.length; k++) expect(found[k]).toBeCloseTo(expected[k], Math.round(-Math.log10(tolerance)));
};
const inner = (x: ArrayLike<number>, y: ArrayLike<number>): number => Array.from(x).reduce((s, v, i) => s + v * y[i], 0);
const moved = (x: Float64Array, d: Float64Array, h: number): Float64Array => x.map((v, i) => v + h * d[i]);

describe.each(["interpreter", "js", "wasm"] as const)("tracedField, %s", (backend) => {
  const field = (): VectorField => tracedField(f, { dim: n, paramCount: m, backend });
  const bound = (p = p0): BoundField => field().bind(p);

  test("evaluates the right-hand side", () => {
    expectNear(filled(n, (out) => bound().rhs(t0, u0, out)), plain(t0, u0, p0));
    expectNear(filled(n, (out) => bound().rhs(-2, w, out)), plain(-2, w, p0));
  });

  test("its jvp agrees with differences, with and without a parameter direction", () => {
    const h = 1e-5;
    const both = [h, -h].map((s) => plain(t0, moved(u0, du, s), moved(p0, dp, s)));
    expectNear(filled(n, (out) => bound().jvp!(t0, u0, du, dp, out)), both[0].map((x, i) => (x - both[1][i]) / (2 * h)), 1e-9);
    const own = [h, -h].map((s) => plain(t0, moved(u0, du, s), p0));
    expectNear(filled(n, (out) => bound().jvp!(t0, u0, du, null, out)), own[0].map((x, i) => (x - own[1][i]) / (2 * h)), 1e-9);
    expectNear(filled(n, (out) => bound().jvp!(t0, u0, du, new Float64Array(m), out)), filled(n, (out) => bound().jvp!(t0, u0, du, null, out)));
  });

  test("its vjp is the transpose: it writes outU and adds to outP", () => {
    const b = bound();
    const outP = Float64Array.of(10, 20, 30, 40);
    const outU = filled(n, (out) => b.vjp!(t0, u0, w, out, outP));
    const gradient = outP.map((x, k) => x - 10 * (k + 1));
    const [a, y, c] = u0;
    const slope = 1 - Math.tanh(p0[3] * c) ** 2;
    expectNear(gradient, [w[0] * y, -w[1] * a * c, 2 * p0[2] * w[1], w[2] * slope * c]);
    expectNear(outU, [-w[1] * p0[1] * c - w[2] * t0, w[0] * p0[0], -w[1] * p0[1] * a + w[2] * slope * p0[3]]);
    expectNear([inner(w, filled(n, (out) => b.jvp!(t0, u0, du, dp, out)))], [inner(outU, du) + inner(gradient, dp)]);
    b.vjp!(t0, u0, w, outU, outP);
    expectNear(outP.map((x, k) => x - 10 * (k + 1)), gradient.map((x) => 2 * x));
  });

  test("its jacobian is row-major and agrees with jvp and vjp", () => {
    const b = bound();
    const j = filled(n * n, (out) => b.jacobian!(t0, u0, out));
    for (let i = 0; i < n; i++) {
      const unit = Float64Array.from({ length: n }, (_, k) => (k === i ? 1 : 0));
      expectNear(filled(n, (out) => b.jvp!(t0, u0, unit, null, out)), [0, 1, 2].map((k) => j[k * n + i]));
      expectNear(filled(n, (out) => b.vjp!(t0, u0, unit, out, new Float64Array(m))), j.subarray(i * n, i * n + n));
    }
    expect(j[1]).toBe(p0[0]);
    expect(j[3]).toBeCloseTo(-p0[1] * u0[2], 14);
  });

  test("bound fields of different parameters do not disturb one another", () => {
    const shared = field();
    const others = [p0, Float64Array.of(-1, 2, 0.5, 0.1), Float64Array.of(3, 3, 3, 3)];
    const fields = others.map((p) => shared.bind(p));
    for (let round = 0; round < 3; round++) {
      fields.forEach((b, k) => {
        const p = others[k];
        expectNear(filled(n, (out) => b.rhs(round, u0, out)), plain(round, u0, p));
        const outP = new Float64Array(m);
        const outU = filled(n, (out) => b.vjp!(round, u0, w, out, outP));
        expectNear([inner(outU, du) + inner(outP, dp)], [inner(w, filled(n, (out) => b.jvp!(round, u0, du, dp, out)))]);
        expectNear(outP, filled(m, (out) => shared.bind(p).vjp!(round, u0, w, new Float64Array(n), out.fill(0))));
      });
    }
  });

  test("reads its parameters anew when bound again, and leaves all inputs alone", () => {
    const p = p0.slice();
    const before = [u0, du, dp, w].map((x) => x.slice());
    bound(p).rhs(t0, u0, new Float64Array(n));
    p[0] = -4;
    const b = bound(p);
    expectNear(filled(n, (out) => b.rhs(t0, u0, out)), plain(t0, u0, p));
    b.jvp!(t0, u0, du, dp, new Float64Array(n));
    b.vjp!(t0, u0, w, new Float64Array(n), new Float64Array(m));
    b.jacobian!(t0, u0, new Float64Array(n * n));
    expect([u0, du, dp, w]).toEqual(before);
    expect([...p]).toEqual([-4, ...p0.subarray(1)]);
  });

  test("refuses parameters, states and directions of a wrong length, alone and in batches, and is as good as before afterwards", () => {
    const wrong = (what: string, needed: number, found: number): unknown => expect.objectContaining({ code: "SHAPE_MISMATCH", message: `Cannot use ${what} as its length must be ${needed}: current length is ${found}` });
    for (const count of [1, 2, 7]) {
      const size = count * n;
      const one = count === 1 ? field() : field().batch!(count);
      const b = one.bind(p0);
      const u = Float64Array.from({ length: size }, (_, i) => Math.sin(i));
      const before = filled(size, (out) => b.rhs(t0, u, out));
      for (const length of [0, m - 1, m + 1]) expect(() => one.bind(new Float64Array(length))).toThrow(wrong("p", m, length));
      for (const length of [0, size - 1, size + 1, 2 * size]) {
        const [bad, out, outP] = [new Float64Array(length), new Float64Array(size), new Float64Array(m)];
        for (const call of [() => b.rhs(t0, bad, out), () => b.jvp!(t0, bad, u, null, out), () => b.vjp!(t0, bad, u, out, outP)]) expect(call).toThrow(wrong("u", size, length));
        if (count === 1) expect(() => b.jacobian!(t0, bad, new Float64Array(n * n))).toThrow(wrong("u", n, length));
        expect(() => b.jvp!(t0, u, bad, null, out)).toThrow(wrong("du", size, length));
        expect(() => b.vjp!(t0, u, bad, out, outP)).toThrow(wrong("w", size, length));
      }
      expect(() => b.jvp!(t0, u, u, new Float64Array(m - 1), new Float64Array(size))).toThrow(wrong("dp", m, m - 1));
      expect(filled(size, (out) => b.rhs(t0, u, out))).toEqual(before);
    }
  });

  test("needs no parameters, and need not use time, state or all parameters", () => {
    const free = tracedField((_t, u) => mul(u, u), { dim: 2, backend }).bind(new Float64Array(0));
    const outP = new Float64Array(0);
    expectNear(filled(2, (out) => free.rhs(0, Float64Array.of(3, 4), out)), [9, 16]);
    expectNear(filled(2, (out) => free.vjp!(0, Float64Array.of(3, 4), Float64Array.of(1, 10), out, outP)), [6, 80]);
    expectNear(filled(2, (out) => free.jvp!(0, Float64Array.of(3, 4), Float64Array.of(1, 10), outP, out)), [6, 80]);
    expectNear(filled(4, (out) => free.jacobian!(0, Float64Array.of(3, 4), out)), [6, 0, 0, 8]);
    const fixed = tracedField(() => tensor([1, 2]), { dim: 2, paramCount: 1, backend }).bind(Float64Array.of(5));
    expectNear(filled(2, (out) => fixed.rhs(0, Float64Array.of(3, 4), out)), [1, 2]);
    expectNear(filled(4, (out) => fixed.jacobian!(0, Float64Array.of(3, 4), out)), [0, 0, 0, 0]);
    const added = Float64Array.of(7);
    expectNear(filled(2, (out) => fixed.vjp!(0, Float64Array.of(3, 4), Float64Array.of(1, 1), out, added)), [0, 0]);
    expect(added[0]).toBe(7);
  });

  test("a field of a learned Lagrangian: all kernels agree", () => {
    const lagrangian = (p: Tensor) => (q: Tensor, v: Tensor): Tensor => add(sub(dot(v, v), dot(cos(q), slice(p, 0, 2))), softplus(dot(concat([sin(q), v]), slice(p, 2, 6))));
    const learned = tracedField((_t, u, p) => concat([slice(u, 2, 4), eulerLagrange(lagrangian(p))(slice(u, 0, 2), slice(u, 2, 4))]), { dim: 4, paramCount: 6, structure: "second-order", backend });
    const [u, p] = [Float64Array.of(0.3, -1, 0.8, 0.5), Float64Array.of(1, 2, 0.3, -0.4, 0.5, 0.6)];
    const b = learned.bind(p);
    const [x, y, z] = [Float64Array.of(1, 0.5, -0.3, 0.2), Float64Array.of(0.1, -0.2, 0.3, 0.4, -0.5, 0.6), Float64Array.of(0.7, -0.1, 0.9, -1.1)];
    const h = 1e-4;
    const [far, less, more, ahead] = [-2, -1, 1, 2].map((k) => filled(4, (out) => learned.bind(moved(p, y, k * h)).rhs(0, moved(u, x, k * h), out)));
    const forward = filled(4, (out) => b.jvp!(0, u, x, y, out));
    expectNear(forward, far.map((v, i) => (8 * (more[i] - less[i]) - (ahead[i] - v)) / (12 * h)), 1e-10);
    const outP = new Float64Array(6);
    const outU = filled(4, (out) => b.vjp!(0, u, z, out, outP));
    expectNear([inner(outU, x) + inner(outP, y)], [inner(z, forward)], 1e-13);
    const j = filled(16, (out) => b.jacobian!(0, u, out));
    expectNear([0, 1, 2, 3].map((i) => inner(j.subarray(4 * i, 4 * i + 4), x)), filled(4, (out) => b.jvp!(0, u, x, null, out)), 1e-13);
    expect(learned.structure).toBe("second-order");
  });

  test("compileScalar makes a function of plain arrays", () => {
    const energy = compileScalar((u, p) => mul(at(p, 0), sum(mul(u, u))), 3, 1, { backend });
    expect(energy(Float64Array.of(1, 2, 3), Float64Array.of(0.5))).toBe(7);
    expect(energy(Float64Array.of(0, 0, 1), Float64Array.of(4))).toBe(4);
  });
});

/** Right-hand sides whose sums have one result alone and several in a batch, of lengths that fill no vector or register tile. */
const summing: Record<string, readonly [dim: number, paramCount: number, f: TracedRhs]> = {
  "a sum": [5, 0, (_t, u) => sub(sum(sin(u)), u)],
  "a long sum": [37, 0, (_t, u) => sub(mul(sum(sin(u)), 0.1), u)],
  "sums along either axis": [35, 0, (_t, u) => {
    const x = sin(reshape(u, [5, 7]));
    return reshape(add(x, add(sum(x, [0]), reshape(sum(x, [1]), [5, 1]))), [35]);
  }],
  "sums over the outer axes": [24, 0, (_t, u) => {
    const x = sin(reshape(u, [3, 4, 2]));
    return reshape(add(x, add(reshape(sum(x, [0, 2]), [4, 1]), sum(x, [0, 1]))), [24]);
  }],
  "constants next to sums of the state": [3, 0, (_t, u) => concat([reshape(add(sum(u), 0.1), [1]), tensor([0.1]), constant(0.7, [1])])],
  "the sum of a transposed array": [12, 0, (_t, u) => add(u, sum(transpose(sin(reshape(u, [3, 4])))))],
  "inner products": [9, 0, (_t, u) => sub(sin(mul(u, dot(u, sin(u)))), dot(slice(u, 1, 9), slice(u, 0, 8)))],
  "a network of odd widths": [3, 9 * 3 + 9 * 9 + 9, (_t, u, p) => {
    const h = tanh(matmul(reshape(slice(p, 0, 27), [9, 3]), u));
    const g = tanh(matmul(reshape(slice(p, 27, 108), [9, 9]), h));
    return sub(matmul(slice(g, 0, 9), reshape(slice(p, 0, 27), [9, 3])), mul(u, dot(slice(p, 108, 117), g)));
  }],
};

describe.each([["wasm", "f64"], ["wasm", "f32"], ["js", "f64"], ["js", "f32"], ["interpreter", "f64"]] as const)("a state has the same bits in a batch and alone, %s %s", (backend, dtype) => {
  test.each(Object.entries(summing))("%s", (_name, [dim, paramCount, rhs]) => {
    const field = tracedField(rhs, { dim, paramCount, backend, dtype });
    const p = Float64Array.from({ length: paramCount }, (_, i) => Math.sin(1.7 * i + 0.3));
    const alone = field.bind(p);
    for (const count of [2, 3, 8, 50]) {
      const all = Float64Array.from({ length: count * dim }, (_, i) => Math.sin(2.3 * i * i + count));
      const together = filled(count * dim, (out) => field.batch!(count).bind(p).rhs(0, all, out));
      for (let k = 0; k < count; k++) {
        const own = filled(dim, (out) => alone.rhs(0, all.slice(k * dim, (k + 1) * dim), out));
        expect(together.slice(k * dim, (k + 1) * dim), `state ${k} of ${count}`).toEqual(own);
      }
    }
  });
});

describe("a batch of more states than are computed together", () => {
  testVectorField(tracedField(f, { dim: n, paramCount: m }).batch!(11), { u: Float64Array.from({ length: 11 * n }, (_, i) => Math.sin(2.3 * i)), p: p0 });
});

test("the function is traced once, whatever is made of it", () => {
  let calls = 0;
  const once = tracedField((t, u, p) => (calls++, f(t, u, p)), { dim: n, paramCount: m });
  const bound = once.bind(p0) as Required<BoundField>;
  bound.rhs(t0, u0, new Float64Array(n));
  bound.jvp(t0, u0, du, dp, new Float64Array(n));
  bound.jvp(t0, u0, du, null, new Float64Array(n));
  bound.vjp(t0, u0, w, new Float64Array(n), new Float64Array(m));
  bound.jacobian(t0, u0, new Float64Array(n * n));
  bound.tape();
  expect(calls).toBe(1);
});

test("says what it provides, and refuses what is no field", () => {
  const made = tracedField(f, { dim: n, paramCount: m });
  expect(made).toMatchObject({ dim: n, paramCount: m });
  expect([...made.provides].sort()).toEqual(["jacobian", "jvp", "vjp"]);
  expect("structure" in made).toBe(false);
  expect(() => tracedField(f, { dim: 0 })).toThrow("Cannot make a vector field as dim must be a whole number >= 1: current value is 0");
  expect(() => tracedField(f, { dim: n, paramCount: -1 })).toThrow("Cannot make a vector field as paramCount must be a whole number >= 0: current value is -1");
  expect(() => tracedField(f, { dim: n, backend: "none" as "auto" })).toThrow('"none" as it must be one of auto,');
  const wrong = tracedField((_t, u) => slice(u, 0, 2), { dim: n }).bind(new Float64Array(0));
  expect(() => wrong.rhs(0, u0, new Float64Array(n))).toThrow("Cannot trace the right-hand side as it must return [3]: current shape is [2]");
  expect(() => wrong.jacobian!(0, u0, new Float64Array(9))).toThrow("it must return [3]");
});

test("a stated bandwidth is checked, kept, and gives implicit methods their Jacobian in a few directions", () => {
  const points = 12;
  const heat: TracedRhs = (_t, u) => sub(concat([slice(u, 1, points), tensor([0])]), sub(mul(2, u), concat([tensor([0]), slice(u, 0, points - 1)])));
  const bandwidth = { lower: 1, upper: 1 };
  const [plainField, banded] = [tracedField(heat, { dim: points }), tracedField(heat, { dim: points, bandwidth })];
  expect(banded.bandwidth).toEqual(bandwidth);
  const start = Array.from({ length: points }, (_, i) => i % 3);
  const [all, few] = [plainField, banded].map((field) => solve(odeProblem(field, start, [0, 1]), rodas4()));
  expect(few.stats).toEqual(all.stats);
  expectNear(few.u.at(-1)!, all.u.at(-1)!, 1e-12);
  expect(() => tracedField(heat, { dim: points, bandwidth: { lower: 1, upper: points } })).toThrow("bandwidth must be whole numbers");
});

test("float32 kernels round the time, too: to sixteenths at 1e6, as documented", () => {
  const at0 = 1e6 + 1 / 32;
  const since = (dtype: "f64" | "f32", t: number): number => {
    const out = new Float64Array(1);
    tracedField((time, u) => mul(sub(time, 1e6), u), { dim: 1, dtype }).bind(new Float64Array(0)).rhs(t, Float64Array.of(1), out);
    return out[0];
  };
  expect([since("f64", at0), since("f64", 1e6 + 1 / 16)]).toEqual([1 / 32, 1 / 16]);
  expect([since("f32", at0), since("f32", 1e6 + 1 / 16)]).toEqual([0, 1 / 16]);
});
